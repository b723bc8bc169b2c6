"""Computing on the cores of a CPU: how many threads a computation gets, and batches side by side.

Small matrix products gain little from being cut up between cores: two batches at a time on two
cores, a core each, are a fifth faster than one after the other on both (benchmarks/LOG.md).
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")

_before_sharing = 1
_starting = threading.Lock()


def one_core_each() -> None:
    """Let each computation of this process use one core, as a server does that has many visitors.

    Together they get more done in this way, and a core that another process takes holds up one of
    them, not all. Batches side by side still use all cores.
    """
    global _before_sharing
    _before_sharing = max(_before_sharing, torch.get_num_threads())
    torch.set_num_threads(1)


def count() -> int:
    """Tell on how many cores ``on_all_cores`` computes."""
    return max(torch.get_num_threads(), _before_sharing)


def on_all_cores(compute: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """Call a function for each item, several at a time; gives the results in their order."""
    threads = count()
    if threads == 1 or len(items) < 2:
        return map(compute, items)
    with _starting:
        pool = _pool(threads)
    return _in_turns(pool, compute, items, threads + 1)


def _in_turns(
    pool: ThreadPoolExecutor, compute: Callable[[T], R], items: Sequence[T], most: int
) -> Iterator[R]:
    """Have few items computed at a time, so that others who ask meanwhile get their turn."""
    under_way: deque[Future[R]] = deque()
    for item in items:
        if len(under_way) == most:
            yield under_way.popleft().result()
        under_way.append(pool.submit(compute, item))
    while under_way:
        yield under_way.popleft().result()


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    """Start threads that compute on one core each."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="ner-cores")
    of_all = torch.get_num_threads()
    all_started = threading.Barrier(threads)

    def start() -> None:
        torch.get_num_threads()  # a thread's first use of torch would set it to that of all
        torch.set_num_threads(1)
        all_started.wait()

    wait([pool.submit(start) for _ in range(threads)])
    # What one thread sets is also what threads get that come later: for these as it was.
    torch.set_num_threads(of_all)
    return pool
