"""The process that executes one run: ``python -m ner_core worker RUN_DIR``."""

import errno
import os
import signal
import sys
import time
import traceback
from pathlib import Path

from ner_core import locks, runs
from ner_core.errors import NerError, RunError
from ner_core.events import TERMINAL, EventWriter

LOCK_FD_VARIABLE = "NER_LOCK_FD"
"""Names the open file on which the launcher took the run's lock for its worker."""

_SLOT_POLL_SECONDS = 0.2


def execute(run_dir: Path) -> int:
    """Execute the run of a directory; gives the exit code.

    Holds the run's lock from beginning to end, waits for the machine's training slot, and always
    leaves a terminal event unless it is killed.
    """
    run = runs.Run(run_dir.name, run_dir)
    if not (run_dir / "config.json").is_file():
        raise RunError(f"Expected a run directory with a config.json, found none at {run_dir}.")
    terminated = False

    def on_signal(_number: int, _frame: object) -> None:
        nonlocal terminated
        terminated = True

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    inherited = os.environ.pop(LOCK_FD_VARIABLE, None)
    lock = locks.acquire(run.lock_path) if inherited is None else int(inherited)
    os.set_inheritable(lock, False)  # processes that the training starts must not keep it
    ended = [event.kind for event in run.events() if event.kind in TERMINAL]
    if ended:
        os.close(lock)
        raise RunError(f"Expected a run that has not ended, found {run.id}, which is {ended[-1]}.")
    events = EventWriter(run.events_path)

    def should_stop() -> bool:
        return terminated or run.stop_path.exists()

    if "LOCAL_RANK" not in os.environ:  # several GPUs are for torchrun; here one is enough
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")
    slot = locks.Slot(runs.home() / "slot.lock")
    try:
        waiting_for = None
        while not slot.try_acquire(run.id):
            if waiting_for != (holder := slot.holder()) and holder:
                waiting_for = holder
                events.append("queued", data={"waiting_for": holder})
            if should_stop():
                events.append("stopped", data={"best_step": None, "f1": None})
                return 0
            time.sleep(_SLOT_POLL_SECONDS)

        from ner_core import train  # imports torch, seconds after the lock shows that we live

        train.fit(run, events, should_stop)
    except Exception as error:
        message, code = explain(error)
        traceback.print_exc()
        events.append("failed", data={"message": message, "exit_code": code})
        return code
    finally:
        slot.release()
        events.close()
        os.close(lock)
    return 0


def explain(error: Exception) -> tuple[str, int]:
    """Say in a sentence what went wrong and what to do; also the exit code (2: the user can)."""
    if isinstance(error, NerError):
        return str(error), 2
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "The memory did not suffice; choose a smaller batch_size or max_length.", 2
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full; make room, then start the run again.", 2
    name = type(error).__name__
    return f"A fault of NER Studio ended the run ({name}); output.log of the run has details.", 1


def main(run_dir: str) -> int:
    """Run ``execute`` with readable output."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return execute(Path(run_dir).absolute())
