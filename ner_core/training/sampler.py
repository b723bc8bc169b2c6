"""The order in which training windows are read: another one each epoch, always the same again."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch.utils.data import Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices


class EpochSampler(Sampler[int]):
    """Gives the indices of an epoch, shuffled by nothing but the seed and the epoch's number.

    So a run that goes on in the middle of an epoch, in another process, reads what it had still to
    read; transformers' own sampler takes whatever the global generator gives. With ``lengths``,
    windows of similar length are neighbours, so that a batch needs little padding. ``epoch`` tells
    the number of the epoch that begins, from 0.
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
        # A large odd factor keeps the seeds of neighbouring epochs and runs apart.
        mixed = (self.seed + 0x9E3779B97F4A7C15 * (self.epoch() + 1)) % 2**63
        generator = torch.Generator().manual_seed(mixed)
        if self.lengths is None:
            return iter(torch.randperm(self.size, generator=generator).tolist())
        return iter(get_length_grouped_indices(self.lengths, self.batch_size, generator=generator))
