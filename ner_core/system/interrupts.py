"""Ending at once what has no steps to stop between: reading data, loading a model, evaluating."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_EVERY = 0.25


class StopRequested(BaseException):
    """Raised in the main thread, wherever it is, when the run is asked to stop.

    No Exception: a library that catches those must not take it for one of its own.
    """


@contextmanager
def interruptible(should_stop: Callable[[], bool]) -> Iterator[None]:
    """Raise StopRequested inside the block as soon as ``should_stop`` says so.

    Only the main thread of a process can be interrupted; elsewhere the block runs to its end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over = threading.Event()
    armed = True

    def interrupt(_number: int, _frame: object) -> None:
        if armed:
            raise StopRequested

    def watch() -> None:
        while not over.wait(_LOOK_EVERY):
            if should_stop():
                signal.pthread_kill(main, signal.SIGUSR1)
                return

    main = threading.main_thread().ident or 0
    before = signal.signal(signal.SIGUSR1, interrupt)
    watcher = threading.Thread(target=watch, name="stop-watcher", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        armed = False
        over.set()
        watcher.join()
        signal.signal(signal.SIGUSR1, before)
