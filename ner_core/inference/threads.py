"""CPU threads of inference: how many a computation uses, and batches in parallel.

Small matrix products gain little from being split between threads: two batches in parallel on two
cores, with one thread each, are 20 % faster than one after the other on both (benchmarks/LOG.md).
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

_threads_before_limit = 1
_pool_lock = threading.Lock()


def use_one_thread_per_call() -> None:
    """Make each computation of this process use one thread, for a server with many visitors.

    Several visitors together get more done this way, and a core that is taken by another process
    slows down one computation rather than all. ``parallel_map`` still uses all cores.
    """
    global _threads_before_limit
    _threads_before_limit = max(_threads_before_limit, torch.get_num_threads())
    torch.set_num_threads(1)


def num_threads() -> int:
    """Return the number of threads that ``parallel_map`` uses."""
    return max(torch.get_num_threads(), _threads_before_limit)


def parallel_map(compute: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """Call a function for each item, on all cores; yield the results in the order of the items."""
    threads = num_threads()
    if threads == 1 or len(items) < 2:
        return map(compute, items)
    with _pool_lock:
        pool = _pool(threads)
    return _bounded_map(pool, compute, items, threads + 1)


def _bounded_map(
    pool: ThreadPoolExecutor, compute: Callable[[T], R], items: Sequence[T], max_pending: int
) -> Iterator[R]:
    """Submit a few items at a time, so that other callers of the pool are served in between."""
    pending: deque[Future[R]] = deque()
    for item in items:
        if len(pending) == max_pending:
            yield pending.popleft().result()
        pending.append(pool.submit(compute, item))
    while pending:
        yield pending.popleft().result()


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    """Start a pool whose threads compute with one torch thread each."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="ner-inference")
    torch_threads = torch.get_num_threads()
    all_started = threading.Barrier(threads)

    def start() -> None:
        torch.get_num_threads()  # the first use of torch in a thread would reset the number
        torch.set_num_threads(1)
        all_started.wait()

    wait([pool.submit(start) for _ in range(threads)])
    # set_num_threads also sets the number for threads that start later: restore it for those.
    torch.set_num_threads(torch_threads)
    return pool
