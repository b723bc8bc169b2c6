"""Which threshold on the scores of entities gives the best F1."""

from collections.abc import Iterator, Sequence

from ner_core.evaluation.error_analysis import strict_entities
from ner_core.evaluation.metrics import Counts

STEPS = 20
LEAST_GAIN = 0.01
"""The F1 that a threshold has to gain; less may be chance, and each one hides entities."""


def best_threshold(
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    scores: Sequence[Sequence[float]],
) -> dict[str, float]:
    """Return the threshold with the best strict F1: the lowest of the best, in steps of 0.05.

    ``gold`` and ``predicted`` are IOB2 tags, ``scores`` the probabilities of the predicted tags. An
    entity's score is the mean of its words, as in ``ner_core.entities``. ``best_f1`` is the
    threshold, ``f1`` the F1 there and ``f1_of_all`` that of all entities. The threshold is 0 unless
    it gains ``LEAST_GAIN``.

    >>> gold, predicted = [["B-PER", "O", "O"]], [["B-PER", "O", "B-LOC"]]
    >>> best_threshold(gold, predicted, [[0.9, 0.9, 0.42]])
    {'best_f1': 0.45, 'f1': 1.0, 'f1_of_all': 0.6666666666666666}
    """
    found = list(_scored(gold, predicted, scores))
    wanted = sum(len(strict_entities(tags)) for tags in gold)
    f1s = []
    for step in range(STEPS):
        kept = [correct for score, correct in found if score >= step / STEPS]
        f1s.append(Counts(sum(kept), len(kept), wanted).scores()["f1"])
    best = f1s.index(max(f1s))
    if f1s[best] - f1s[0] < LEAST_GAIN:
        best = 0
    return {"best_f1": best / STEPS, "f1": f1s[best], "f1_of_all": f1s[0]}


def _scored(
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    scores: Sequence[Sequence[float]],
) -> Iterator[tuple[float, bool]]:
    """Yield the score of each predicted entity, and whether it is correct."""
    for expected, tags, of_words in zip(gold, predicted, scores, strict=True):
        right = set(strict_entities(expected))
        for span in strict_entities(tags):
            yield sum(of_words[span.start : span.end]) / (span.end - span.start), span in right
