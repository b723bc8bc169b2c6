"""How sure scores are: 95 % intervals by the percentile bootstrap over sentences.

Entities of one sentence depend on each other, so whole sentences are drawn, with replacement, as
many as there are (Efron and Tibshirani 1993, chapter 13; for NER: Koehn 2004 on paired tests).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_core.evaluation.error_analysis import strict_entities

SAMPLES = 1000
LEVEL = 0.95
NAMES = ("precision", "recall", "f1")

_SEED = 20260101


def sentence_counts(
    gold: Iterable[Iterable[Any]], found: Iterable[Iterable[Any]]
) -> NDArray[np.int64]:
    """Return the numbers of correct, predicted and gold entities of each sentence, ``(n, 3)``.

    >>> sentence_counts([{(0, 1, "PER")}, set()], [{(0, 1, "PER"), (2, 3, "LOC")}, set()]).tolist()
    [[1, 2, 1], [0, 0, 0]]
    """
    rows = [
        (len(known & seen), len(seen), len(known))
        for known, seen in zip(map(set, gold), map(set, found), strict=True)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def tag_counts(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> NDArray[np.int64]:
    """Return the counts of each sentence from its IOB2 tags, read as by the strict F1."""
    return sentence_counts(map(strict_entities, gold), map(strict_entities, predicted))


def resampled(
    counts: NDArray[np.int64], samples: int = SAMPLES, seed: int = _SEED
) -> NDArray[np.float64]:
    """Return precision, recall and F1 of each resampling, ``(samples, 3)``, between 0 and 1.

    Sentences with the same counts are alike, so how many of each kind are drawn is one multinomial
    draw: work and memory grow with the kinds, of which a million sentences have a few hundred. A
    score whose denominator is 0 is 0.
    """
    if not len(counts):
        return np.zeros((samples, 3))
    kinds, numbers = np.unique(counts, axis=0, return_counts=True)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(counts), numbers / len(counts), size=samples)
    correct, predicted, gold = (drawn @ kinds).T.astype(float)
    parts = ((correct, predicted), (correct, gold), (2 * correct, predicted + gold))
    scores = [
        np.divide(top, bottom, out=np.zeros(samples), where=bottom > 0) for top, bottom in parts
    ]
    return np.stack(scores, axis=1)


def intervals(
    counts: NDArray[np.int64], samples: int = SAMPLES, seed: int = _SEED
) -> dict[str, list[float]]:
    """Return the 95 % interval ``[lower, upper]`` of precision, recall and F1.

    ``counts`` are those of ``sentence_counts``. Without entities all intervals are ``[0, 0]``. With
    a few dozen sentences they are too narrow, as all bootstrap intervals are.
    """
    outside = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(resampled(counts, samples, seed), [outside, 100 - outside], axis=0)
    return {name: [float(low[number]), float(high[number])] for number, name in enumerate(NAMES)}
