"""Scoring a model while it learns: the validation split, all of it or a fixed part."""

from typing import Any

import numpy as np
from datasets import Dataset

from ner_core import tags as tagging
from ner_core.evaluation.scoring import predict_tags, score_tags, tag_names
from ner_core.inference.tagger import Tagger

SAMPLES = 4
_SAMPLE_WORDS = range(5, 31)


class Validation:
    """Scores the model in training on the validation split, all of it or a fixed subset.

    Models are compared on the subset, so that any two evaluations of a run can be: a full
    evaluation scores the subset as well. Up to ``subset_size`` sentences they are the same. A few
    sentences of the subset, ``samples``, are there to be watched.
    """

    def __init__(self, split: Dataset, subset_size: int, seed: int) -> None:
        self.texts: list[list[str]] = split["tokens"][:]
        self.gold = tag_names(split)
        size = min(subset_size, len(self.texts))
        chosen = np.random.default_rng(seed).permutation(len(self.texts))[:size]
        self.subset = sorted(int(index) for index in chosen)
        self._watched = self._choose_samples()

    @property
    def samples(self) -> list[dict[str, Any]]:
        """The sentences to be watched: ``tokens``, and ``gold`` as [start, end, label] in words."""
        return [
            {"tokens": self.texts[index], "gold": _spans(self.gold[index])}
            for index in self._watched
        ]

    def score(self, tagger: Tagger, full: bool) -> dict[str, Any]:
        """Score all sentences or the subset; ``selection_f1`` is the subset's strict F1.

        ``samples`` are the entities found in the watched sentences now.
        """
        full = full or len(self.subset) == len(self.texts)
        indices = list(range(len(self.texts))) if full else self.subset
        gold = [self.gold[index] for index in indices]
        predicted, loss = predict_tags(tagger, [self.texts[index] for index in indices], gold)
        scores = {"split": "validation", "subset": not full, "loss": loss}
        scores |= score_tags(gold, predicted)
        found = dict(zip(indices, predicted, strict=True))
        scores["samples"] = [_spans(found[index]) for index in self._watched]
        if full and len(self.subset) < len(self.texts):
            part = score_tags(
                [gold[index] for index in self.subset], [predicted[index] for index in self.subset]
            )
            return {**scores, "selection_f1": part["f1"]}
        return {**scores, "selection_f1": scores["f1"]}

    def _choose_samples(self) -> list[int]:
        """Choose sentences that fit on a screen and have much to find, each of other types."""
        found = {index: tagging.decode(self.gold[index]) for index in self.subset}
        fitting = [index for index in self.subset if len(self.texts[index]) in _SAMPLE_WORDS]
        fitting.sort(key=lambda index: len({span.label for span in found[index]}), reverse=True)
        chosen: list[int] = []
        seen: set[frozenset[str]] = set()
        for index in fitting:
            types = frozenset(span.label for span in found[index])
            if types not in seen:
                chosen.append(index)
                seen.add(types)
        # Where types are few, any sentence with entities will do.
        chosen += [index for index in fitting if index not in chosen and found[index]]
        return sorted(chosen[:SAMPLES])


def _spans(tags: list[str]) -> list[list[Any]]:
    return [[span.start, span.end, span.label] for span in tagging.decode(tags)]
