"""Interrupting work that has no steps: reading data, loading a model, evaluating."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_POLL_SECONDS = 0.25


class StopRequested(BaseException):
    """Raised in the main thread, wherever it is, when the run is to stop.

    Not an Exception, so that a library that catches its own errors does not catch this one.
    """


@contextmanager
def interruptible(should_stop: Callable[[], bool]) -> Iterator[None]:
    """Raise StopRequested inside the block as soon as ``should_stop`` returns True.

    Only the main thread of a process can be interrupted; in others the block runs to its end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over = threading.Event()
    armed = True

    def interrupt(_number: int, _frame: object) -> None:
        if armed:
            raise StopRequested

    def poll() -> None:
        while not over.wait(_POLL_SECONDS):
            if should_stop():
                signal.pthread_kill(main, signal.SIGUSR1)
                return

    main = threading.main_thread().ident or 0
    before = signal.signal(signal.SIGUSR1, interrupt)
    poller = threading.Thread(target=poll, name="stop-poller", daemon=True)
    poller.start()
    try:
        yield
    finally:
        armed = False
        over.set()
        poller.join()
        signal.signal(signal.SIGUSR1, before)
