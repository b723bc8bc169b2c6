"""Scoring the model during training: on the validation split or on a fixed subset of it."""

from collections.abc import Collection
from typing import Any

import numpy as np
from datasets import Dataset

from ner_core import tags
from ner_core.evaluation.scoring import (
    leave_out_undecided,
    predict_tags,
    score_tags,
    tag_names,
)
from ner_core.inference.tagger import Tagger

SAMPLES = 4
_SAMPLE_WORDS = range(5, 31)


class Validation:
    """Scores a model on the validation split, or on a fixed random subset of it.

    The best model is chosen by its F1 on the subset, which a full evaluation computes too, so that
    all evaluations of a run can be compared. A split of up to ``subset_size`` sentences is its own
    subset. ``samples`` are a few sentences of the subset whose entities are shown during training.
    Entities of the types in ``unscored``, which nobody annotated, are neither right nor wrong.
    """

    def __init__(
        self, split: Dataset, subset_size: int, seed: int, unscored: Collection[str] = ()
    ) -> None:
        self.unscored = unscored
        self.texts: list[list[str]] = split["tokens"][:]
        self.gold = tag_names(split)
        size = min(subset_size, len(self.texts))
        chosen = np.random.default_rng(seed).permutation(len(self.texts))[:size]
        self.subset = sorted(int(index) for index in chosen)
        self._sample_indices = self._choose_samples()

    @property
    def samples(self) -> list[dict[str, Any]]:
        """The sample sentences: ``tokens``, and ``gold`` as [start, end, label] in words."""
        return [
            {"tokens": self.texts[index], "gold": _spans(self.gold[index])}
            for index in self._sample_indices
        ]

    def score(self, tagger: Tagger, full: bool) -> dict[str, Any]:
        """Score all sentences or the subset; return the data of an ``evaluated`` event.

        ``selection_f1`` is the strict F1 on the subset, None if that has no entity; ``samples`` are
        the entities found in the sample sentences.
        """
        full = full or len(self.subset) == len(self.texts)
        indices = list(range(len(self.texts))) if full else self.subset
        gold = [self.gold[index] for index in indices]
        predicted, loss = predict_tags(tagger, [self.texts[index] for index in indices], gold)
        gold, predicted = leave_out_undecided(gold, predicted, self.unscored)
        scores = {"split": "validation", "subset": not full, "loss": loss}
        scores |= score_tags(gold, predicted)
        found = dict(zip(indices, predicted, strict=True))
        scores["samples"] = [_spans(found[index]) for index in self._sample_indices]
        part = scores
        if full and len(self.subset) < len(self.texts):
            part = score_tags(
                [gold[index] for index in self.subset], [predicted[index] for index in self.subset]
            )
        return {**scores, "selection_f1": part["f1"] if part["support"] else None}

    def _choose_samples(self) -> list[int]:
        """Return the indices of a few short sentences with many and varied entity types."""
        found = {index: _decode(self.gold[index]) for index in self.subset}
        fitting = [index for index in self.subset if len(self.texts[index]) in _SAMPLE_WORDS]
        fitting.sort(key=lambda index: len({span.label for span in found[index]}), reverse=True)
        chosen: list[int] = []
        seen: set[frozenset[str]] = set()
        for index in fitting:
            types = frozenset(span.label for span in found[index])
            if types not in seen:
                chosen.append(index)
                seen.add(types)
        # If there are too few sets of types, take any sentences with entities.
        chosen += [index for index in fitting if index not in chosen and found[index]]
        return sorted(chosen[:SAMPLES])


def _spans(names: list[str]) -> list[list[Any]]:
    return [list(span) for span in _decode(names)]


def _decode(names: list[str]) -> list[tags.Span]:
    return tags.decode(tags.undecided_as_outside(names))
