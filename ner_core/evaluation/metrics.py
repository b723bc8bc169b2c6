"""Entity scores: precision, recall and F1.

A predicted entity is correct only if its words and its type are exactly those of a gold entity.
Scores are micro-averaged over all entities. Token accuracy is reported too, but does not measure
quality: most words are O, so a model that finds nothing scores high on it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from seqeval.metrics import accuracy_score, f1_score
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2, Entities


class Counts(NamedTuple):
    """The numbers of correct, predicted and gold entities."""

    correct: int = 0
    predicted: int = 0
    gold: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Return the sum of these counts and others."""
        return Counts(*map(sum, zip(self, other, strict=True)))

    def scores(self) -> dict[str, float]:
        """Return precision, recall and F1; a score whose denominator is 0 is 0.

        >>> Counts(correct=1, predicted=2, gold=1).scores()
        {'precision': 0.5, 'recall': 1.0, 'f1': 0.6666666666666666}
        """
        total = self.predicted + self.gold
        return {
            "precision": self.correct / self.predicted if self.predicted else 0.0,
            "recall": self.correct / self.gold if self.gold else 0.0,
            "f1": 2 * self.correct / total if total else 0.0,
        }


def entity_scores(
    references: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """Score IOB2 tags, one list per sentence, with seqeval in its strict mode.

    Strict: an entity starts with ``B-``; ``I-`` without it is no entity. For ``f1_lenient`` it is
    one, as in seqeval's default mode and in conlleval. Return ``precision``, ``recall``, ``f1``,
    ``f1_lenient``, ``accuracy`` (of tokens), ``support`` (gold entities), ``sentences`` and
    ``per_type``, which has precision, recall, f1 and support of each type that occurs. Raise
    ValueError if references and predictions differ in the number of tags of a sentence.

    >>> scores = entity_scores([["B-PER", "I-PER", "O"]], [["I-PER", "I-PER", "O"]])
    >>> scores["f1"], scores["f1_lenient"]
    (0.0, 1.0)
    """
    gold = [list(tags) for tags in references] or [[]]  # seqeval fails on an empty list
    found = [list(tags) for tags in predictions] or [[]]
    if [len(tags) for tags in gold] != [len(tags) for tags in found]:
        raise ValueError("references and predictions have different lengths")
    # Parsing the tags takes most of the time, so it is done once for both averages.
    strict: dict[str, Any] = {
        "scheme": IOB2,
        "zero_division": 0,
        "entities_true": Entities(gold, IOB2),
        "entities_pred": Entities(found, IOB2),
    }
    micro = precision_recall_fscore_support(gold, found, average="micro", **strict)
    columns = precision_recall_fscore_support(gold, found, average=None, **strict)
    types = sorted(strict["entities_true"].unique_tags | strict["entities_pred"].unique_tags)
    per_type = {
        label: {
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(f1),
            "support": int(support),
        }
        for label, precision, recall, f1, support in zip(types, *columns, strict=True)
    }
    return {
        "precision": float(micro[0]),
        "recall": float(micro[1]),
        "f1": float(micro[2]),
        "f1_lenient": float(f1_score(gold, found, zero_division=0)),
        "accuracy": float(accuracy_score(gold, found)) if any(gold) else 0.0,
        "support": sum(row["support"] for row in per_type.values()),
        "sentences": len(references),
        "per_type": per_type,
    }


def span_scores(
    references: Iterable[Collection[tuple[int, int, str]]],
    predictions: Iterable[Collection[tuple[int, int, str]]],
) -> dict[str, Any]:
    """Score spans ``(start, end, label)``, one collection per text, by exact span and type.

    Return ``precision``, ``recall``, ``f1``, ``support`` and ``per_type``, see ``entity_scores``.
    """
    correct: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    for reference, prediction in zip(references, predictions, strict=True):
        correct.update(label for _, _, label in set(reference) & set(prediction))
        predicted.update(label for _, _, label in set(prediction))
        gold.update(label for _, _, label in set(reference))
    per_type: dict[str, dict[str, Any]] = {}
    total = Counts()
    for label in sorted({*predicted, *gold}):
        counts = Counts(correct[label], predicted[label], gold[label])
        total = total.plus(counts)
        per_type[label] = {**counts.scores(), "support": counts.gold}
    return {**total.scores(), "support": total.gold, "per_type": per_type}
