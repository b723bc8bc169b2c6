"""The default learning rate."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

ADAPTER_FACTOR = 3
"""A LoRA adapter is trained with so many times the rate of full fine-tuning."""


def default_learning_rate(config: "PreTrainedConfig", adapter: bool = False) -> float:
    """Return the peak learning rate for fine-tuning an encoder, or for training an adapter on it.

    It depends on the width of the encoder, by a power law through two points: 3e-4 at width 384
    (measured best for MiniLM with batches of 32) and 5e-5 at width 768 (within the range that
    Devlin et al. 2019 give for BERT-base). It is kept between 1e-5 and 1e-3, and multiplied by
    ``ADAPTER_FACTOR`` for an adapter.
    """
    width = getattr(config, "hidden_size", None) or getattr(config, "dim", None) or 768
    rate = 3e-4 * (384 / width) ** math.log2(6)
    rate = min(1e-3, max(1e-5, rate)) * (ADAPTER_FACTOR if adapter else 1)
    return float(f"{rate:.1e}")
