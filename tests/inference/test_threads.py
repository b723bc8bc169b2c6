import threading

import pytest
import torch

from ner_core.inference import threads
from ner_core.inference.threads import parallel_map


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_the_items(two_threads):
    assert list(parallel_map(lambda number: number * number, range(50))) == [
        number * number for number in range(50)
    ]


def test_two_items_are_computed_at_the_same_time_on_a_core_each(two_threads):
    both = threading.Barrier(2)

    def compute(_):
        both.wait(10)
        return threading.current_thread(), torch.get_num_threads()

    found = list(parallel_map(compute, range(2)))
    assert len({thread for thread, _ in found}) == 2
    assert [count for _, count in found] == [1, 1]


def test_threads_that_come_later_still_use_all_cores(two_threads):
    list(parallel_map(str, range(4)))
    found = []
    later = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert found == [2]
    assert torch.get_num_threads() == 2


def test_one_item_uses_all_cores_of_the_caller(two_threads):
    assert list(parallel_map(lambda _: torch.get_num_threads(), [0])) == [2]


def test_a_fault_reaches_the_caller(two_threads):
    def compute(number):
        if number == 3:
            raise ValueError("three")
        return number

    results = parallel_map(compute, range(6))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_a_server_computes_on_one_core_each_and_batches_on_all(two_threads, monkeypatch):
    monkeypatch.setattr(threads, "_threads_before_limit", 1)
    threads.use_one_thread_per_call()
    assert torch.get_num_threads() == 1
    threads.use_one_thread_per_call()
    found = list(parallel_map(lambda _: threading.current_thread(), range(20)))
    assert torch.get_num_threads() == 1
    assert threading.current_thread() not in found
