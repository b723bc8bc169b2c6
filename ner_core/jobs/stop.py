"""What Stop does: a run ends as soon as it can and keeps the best model so far.

A stop is requested by the file ``stop`` in the run's directory, or by a signal to its worker. The
worker looks for it after each step (``training/loop.py``); work without steps, such as reading
data or an evaluation, is interrupted (``system/interrupts.py``). A stopped run can be resumed from
its last checkpoint.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ner_core.errors import RunError
from ner_core.runs.run import Run
from ner_core.runs.status import ACTIVE


def stop(run: Run) -> None:
    """Request that a run stops. Raises RunError if it has already ended."""
    status = run.status()
    if status not in ACTIVE:
        raise RunError(f"Can't stop the run {run.id}: it is {status}. Choose one that is running.")
    run.stop_path.touch()


def stop_requested(run: Run) -> Callable[[], bool]:
    """Return a function that tells the worker of a run, which is this process, whether to stop.

    From now on SIGTERM and SIGINT request a stop instead of ending the process.
    """
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: signals.append(received))
    return lambda: bool(signals) or run.stop_path.exists()


@contextmanager
def stopped_by_ctrl_c(run: Run) -> Iterator[None]:
    """Let Ctrl-C request a stop of the run during the block; a second one raises KeyboardInterrupt.

    Does nothing outside the main thread, which alone gets signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(_number: int, _frame: object) -> None:
        if run.stop_path.exists():
            raise KeyboardInterrupt
        run.stop_path.touch()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
