"""The order of the training windows: different in each epoch, the same in each repetition."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch.utils.data import Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices


class EpochSampler(Sampler[int]):
    """Yields the indices of an epoch, in an order that depends only on the seed and the epoch.

    A run that is resumed in the middle of an epoch therefore reads the rest of that epoch; the
    sampler of transformers depends on the state of the global generator. With ``lengths``, windows
    of similar length are neighbours, so that batches need little padding. ``epoch`` is called when
    an epoch begins and returns its number, from 0.
    """

    def __init__(
        self,
        size: int,
        seed: int,
        epoch: Callable[[], int],
        lengths: Sequence[int] | None = None,
        batch_size: int = 1,
    ) -> None:
        self.size = size
        self.seed = seed
        self.epoch = epoch
        self.lengths = list(lengths) if lengths is not None else None
        self.batch_size = batch_size

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[int]:
        # The large odd factor gives neighbouring epochs and seeds different generators.
        mixed = (self.seed + 0x9E3779B97F4A7C15 * (self.epoch() + 1)) % 2**63
        generator = torch.Generator().manual_seed(mixed)
        if self.lengths is None:
            return iter(torch.randperm(self.size, generator=generator).tolist())
        return iter(get_length_grouped_indices(self.lengths, self.batch_size, generator=generator))
