"""Entities: what is found in a text."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from ner_core.tags import Span, decode, decode_predicted
from ner_core.word_joining import join_words
from ner_core.words import Word


class Entity(NamedTuple):
    """A named entity in a text, in characters, half-open: ``text == source[start:end]``.

    ``score`` is the mean probability of its words' tags, from 0 to 1.
    """

    start: int
    end: int
    label: str
    score: float
    text: str


def as_text(words: Sequence[str], spans: Iterable[Span]) -> tuple[str, list[Span]]:
    """Return the words joined by one blank each, and the spans in characters of that text.

    >>> as_text(["in", "New", "York", "."], [Span(1, 3, "LOC")])
    ('in New York .', [Span(start=3, end=11, label='LOC')])
    """
    starts = list(accumulate((len(word) + 1 for word in words), initial=0))
    return " ".join(words), [
        Span(starts[span.start], starts[span.end] - 1, span.label) for span in spans
    ]


def as_written(words: Sequence[str], spans: Iterable[Span]) -> tuple[str, list[Span]]:
    """Return the words joined as people write them, and the spans in characters of that text.

    >>> as_written(["in", "New", "York", "."], [Span(1, 3, "LOC")])
    ('in New York.', [Span(start=3, end=11, label='LOC')])
    """
    text, places = join_words(words)
    return text, [
        Span(places[span.start].start, places[span.end - 1].end, span.label) for span in spans
    ]


def entities_of(
    text: str, words: Sequence[Word], tags: Sequence[str], scores: Sequence[float], iob2: bool
) -> list[Entity]:
    """Return the entities of a text from the tags and scores of its words: sorted, disjoint.

    Each has a letter or a digit.

    ``iob2`` says that the tags are those of a model trained here, in which an I- never starts an
    entity; see ``tags.decode_predicted``.
    """
    spans = decode_predicted(tags) if iob2 else decode(tags)
    found = []
    for span in spans:
        start, end = words[span.start].start, words[span.end - 1].end
        if not any(map(str.isalnum, text[start:end])):
            continue  # a mark or a picture names nothing
        score = sum(scores[span.start : span.end]) / (span.end - span.start)
        found.append(Entity(start, end, span.label, score, text[start:end]))
    return found
