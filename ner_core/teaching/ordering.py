"""The order in which texts are annotated: as given, at random, or the most useful first.

How useful a text is depends on how unsure the model is of it. For a word with the probability p of
its most likely tag, -log p is how much the model would be surprised to be right or wrong about it.

============  ==============================================================================
order         first come
============  ==============================================================================
``given``     the texts as they were added
``random``    a fixed random order
``unsure``    texts of which the model is unsure: the sum of -log p of the words, over the
              square root of their number, so that neither long nor short texts always win
``entities``  texts whose entities the model is unsure of: the mean of -log p over the words
              that may be in one
``mixed``     every second text at random, the others by ``unsure``, those first whose unsure
              words did not occur in the texts before them
============  ==============================================================================
"""

import math
import random
from collections.abc import Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple, get_args

from ner_core.annotations.decisions import text_id

Order = Literal["given", "random", "unsure", "entities", "mixed"]
ORDERS: tuple[Order, ...] = get_args(Order)

_MAYBE_ENTITY = 0.9
"""A word outside of entities may be in one if the model is less sure than this."""


class Read(NamedTuple):
    """A text as a model read it: its words, their most likely tags, and their probabilities."""

    words: Sequence[str]
    tags: Sequence[str]
    scores: Sequence[float]


def ordered(texts: Sequence[str], order: Order, reads: Sequence[Read] = ()) -> list[str]:
    """Return texts in an order. ``reads`` has each text as a model read it, where it is needed.

    Without ``reads`` there is no model yet, and the order of the texts is random instead of by how
    sure one is.
    """
    if order == "given":
        return list(texts)
    shuffled = sorted(texts, key=_chance)
    if order == "random" or not reads:
        return shuffled
    usefulness = _entity_doubt if order == "entities" else _doubt
    useful = {text: usefulness(read) for text, read in zip(texts, reads, strict=True)}
    ranked = sorted(texts, key=lambda text: -useful[text])
    if order != "mixed":
        return ranked
    varied = _varied(ranked, dict(zip(texts, reads, strict=True)))
    both = zip_longest(varied, shuffled)
    return list(dict.fromkeys(text for pair in both for text in pair if text is not None))


def _chance(text: str) -> float:
    """Return a number that is random and always the same for a text."""
    return random.Random(f"order {text_id(text)}").random()  # noqa: S311 - no secret


def _doubt(read: Read) -> float:
    return sum(map(_surprise, read.scores)) / math.sqrt(max(1, len(read.scores)))


def _entity_doubt(read: Read) -> float:
    maybe = [
        score
        for tag, score in zip(read.tags, read.scores, strict=True)
        if tag != "O" or score < _MAYBE_ENTITY
    ]
    return sum(map(_surprise, maybe)) / len(maybe) if maybe else 0.0


def _surprise(score: float) -> float:
    return -math.log(max(score, 1e-6))


def _varied(ranked: Sequence[str], reads: dict[str, Read]) -> list[str]:
    """Return ranked texts, those whose unsure words all occurred before put to the end."""
    seen: set[str] = set()
    fresh: list[str] = []
    known: list[str] = []
    for text in ranked:
        read = reads[text]
        unsure = {
            word.casefold()
            for word, score in zip(read.words, read.scores, strict=True)
            if score < _MAYBE_ENTITY
        }
        (fresh if unsure - seen or not unsure else known).append(text)
        seen |= unsure
    return fresh + known
