"""What Stop does: a run ends as soon as it can and keeps the best model so far.

A stop is requested by the file ``stop`` in the run's directory, or by a signal to its worker. The
worker looks for it after each step (``training/callback.py``); work without steps, such as reading
data or an evaluation, is interrupted (``system/interrupts.py``). A stopped run can be resumed from
its last checkpoint.
"""

import signal
from collections.abc import Callable

from ner_core.errors import RunError
from ner_core.runs.store import ACTIVE, Run


def stop(run: Run) -> None:
    """Request that a run stops. Raises RunError if it has already ended."""
    status = run.status()
    if status not in ACTIVE:
        raise RunError(
            f"The run {run.id} cannot be stopped because it is {status}. "
            "Choose one that is running."
        )
    run.stop_path.touch()


def stop_requested(run: Run) -> Callable[[], bool]:
    """Return a function that tells the worker of a run, which is this process, whether to stop.

    From now on SIGTERM and SIGINT request a stop instead of ending the process.
    """
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: signals.append(received))
    return lambda: bool(signals) or run.stop_path.exists()
