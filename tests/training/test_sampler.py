from hypothesis import given
from hypothesis import strategies as st

from ner_core.training.sampler import EpochSampler


def order(size, seed, epoch, lengths=None, batch_size=1):
    return list(EpochSampler(size, seed, lambda: epoch, lengths, batch_size))


@given(st.integers(1, 200), st.integers(0, 2**32 - 1), st.integers(0, 50))
def test_each_epoch_reads_everything_once_and_always_in_the_same_order(size, seed, epoch):
    found = order(size, seed, epoch)
    assert sorted(found) == list(range(size))
    assert found == order(size, seed, epoch)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=200), st.integers(1, 16))
def test_by_length_everything_is_read_once_too(lengths, batch_size):
    found = order(len(lengths), 42, 0, lengths, batch_size)
    assert sorted(found) == list(range(len(lengths)))


def test_epochs_and_seeds_differ():
    orders = [order(100, seed, epoch) for seed in (1, 2) for epoch in (0, 1)]
    assert len({tuple(found) for found in orders}) == 4


def test_neighbours_have_similar_lengths():
    lengths = [1 + (37 * number) % 200 for number in range(800)]
    spread = []
    for found in (order(800, 1, 0), order(800, 1, 0, lengths, 8)):
        batches = [found[begin : begin + 8] for begin in range(0, 800, 8)]
        spread.append(
            sum(max(lengths[i] for i in b) - min(lengths[i] for i in b) for b in batches) / 100
        )
    assert spread[1] < spread[0] / 5


def test_the_epoch_is_asked_for_when_reading_begins():
    epochs = iter((0, 1))
    sampler = EpochSampler(50, 3, lambda: next(epochs))
    assert list(sampler) == order(50, 3, 0)
    assert list(sampler) == order(50, 3, 1)
    assert len(sampler) == 50
