"""The loss of a token classifier whose rare tags count more."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from ner_core.config import ClassWeights
from ner_core.models.windows import IGNORED


def class_weights(
    labels: Iterable[Sequence[int]], label_count: int, mode: ClassWeights
) -> torch.Tensor | None:
    """Return a weight for each label id, or None for ``mode="none"``.

    ``labels`` are the label ids of the training windows, -100 where a sub-token has none. A label's
    weight is one over its share (``inverse``) or over the square root of that (``sqrt``), scaled so
    that the mean weight of a labelled sub-token is 1. A label that does not occur gets 0.
    """
    if mode == "none":
        return None
    counts = np.zeros(label_count)
    for row in labels:
        numbers = np.asarray(row)
        counts += np.bincount(numbers[numbers != IGNORED], minlength=label_count)
    power = 0.5 if mode == "sqrt" else 1.0
    weights = np.where(counts > 0, np.maximum(counts, 1) ** -power, 0)
    weights *= counts.sum() / max(1e-12, (weights * counts).sum())
    return torch.tensor(weights, dtype=torch.float32)


class WeightedLoss:
    """Weighted cross-entropy, with the signature of the Trainer's ``compute_loss_func``."""

    def __init__(self, weights: torch.Tensor) -> None:
        self.weights = weights

    def __call__(
        self, outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the mean loss over the labelled sub-tokens of a step, in nats."""
        logits = outputs["logits"].float()
        total = functional.cross_entropy(
            logits.view(-1, logits.shape[-1]),
            labels.view(-1),
            weight=self.weights.to(logits.device),
            ignore_index=IGNORED,
            reduction="sum",
        )
        # Over the whole corpus the mean weight is 1, so this divides by the number of sub-tokens.
        labelled = (labels != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
        return total / labelled
