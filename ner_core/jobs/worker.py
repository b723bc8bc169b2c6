"""The process that executes one run: ``python -m ner_core worker RUN_DIR``."""

import contextlib
import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ner_core.errors import RunError
from ner_core.hub.token import take_over
from ner_core.jobs.stop import stop_requested
from ner_core.runs import checkpoints, diagnosis, store
from ner_core.runs.events import Event, EventWriter
from ner_core.runs.log import log_line
from ner_core.runs.run import Run
from ner_core.system import locks, resources
from ner_core.system.interrupts import StopRequested, interruptible

LOCK_FD_VARIABLE = "NER_LOCK_FD"
"""The environment variable with the open file of the run's lock, which the worker inherits."""

_POLL_SECONDS = 0.2
_NO_MODEL = {"best_step": None, "f1": None}


def execute(run_dir: Path) -> int:
    """Execute the run of a directory and return the exit code.

    Holds the run's lock from beginning to end, waits for the training slot of the run store, and
    writes a terminal event unless the process is killed.
    """
    run = Run(run_dir.name, run_dir)
    if not run.config_path.is_file():
        raise RunError(f"{run_dir} isn't a run: it has no config.json. Choose a run's directory.")
    should_stop = stop_requested(run)
    inherited = os.environ.pop(LOCK_FD_VARIABLE, None)
    lock = locks.acquire(run.lock_path) if inherited is None else int(inherited)
    os.set_inheritable(lock, False)  # processes that the training starts must not keep it
    try:
        check_not_finished(run)
        use_one_gpu()
        slot = locks.Slot(store.home() / "slot.lock")
        try:
            with closing(EventWriter(run.events_path, print_event)) as events:
                if not wait_for_turn(run, slot, events, should_stop):
                    return 0
                return train(run, events, should_stop)
        finally:
            slot.release()
    finally:
        os.close(lock)


def use_one_gpu() -> None:
    """Let torch see only one GPU when it is loaded, unless torchrun uses several."""
    if "LOCAL_RANK" not in os.environ:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")


def wait_for_turn(
    run: Run, slot: locks.Slot, events: EventWriter, should_stop: Callable[[], bool]
) -> bool:
    """Wait for the training slot; return False, after a terminal event, if the run is stopped."""
    waiting_for = None
    while not slot.try_acquire(run.id):
        if waiting_for != (holder := _public_name(slot.holder(), run)) and holder:
            waiting_for = holder
            events.append("queued", data={"waiting_for": holder})
        if should_stop():
            events.append("stopped", data=_NO_MODEL)
            return False
        time.sleep(_POLL_SECONDS)
    return True


def train(run: Run, events: EventWriter, should_stop: Callable[[], bool]) -> int:
    """Train a run that has its turn, up to a terminal event; return the exit code."""
    try:
        train_or_raise(run, events, should_stop)
    except Exception as error:
        with contextlib.suppress(OSError):  # the disk may be full
            traceback.print_exc()
        return diagnosis.explain(error)[1]
    return 0


def train_or_raise(run: Run, events: EventWriter, should_stop: Callable[[], bool]) -> None:
    """Train as ``train`` does, but raise the exception that made the run fail."""
    try:
        with interruptible(should_stop):
            # torch takes seconds to load, in which the run can be stopped.
            from ner_core.training.run import fit

        fit(run, events, should_stop)
    except StopRequested:
        events.append("stopped", data=_NO_MODEL)
    except Exception as error:
        fail(run, events, *diagnosis.explain(error))
        raise


def print_event(event: Event) -> None:
    """Print an event; a worker's output goes to the run's output.log."""
    print(log_line(event))


def fail(run: Run, events: EventWriter, message: str, code: int) -> int:
    """Write the event ``failed``, also if the disk was full; return the exit code."""
    folder = run.checkpoints_dir
    checkpoints.prune(folder, checkpoints.newest(folder))  # an incomplete checkpoint takes room
    step = max((event.step for event in run.events()), default=0)
    with contextlib.suppress(OSError):  # then the run shows as interrupted, and the disk as full
        events.append("failed", step, {"message": message, "exit_code": code})
    return code


def queue_again(run: Run) -> None:
    """Let a run that this process holds no longer count as stopped, failed or interrupted.

    Does nothing for a new run. Raises RunError if it is finished.
    """
    check_not_finished(run)
    run.stop_path.unlink(missing_ok=True)
    if before := run.events():
        with closing(EventWriter(run.events_path)) as events:
            events.append("queued", before[-1].step, {"waiting_for": None})


def check_not_finished(run: Run) -> None:
    """Raise RunError if a run is finished: its model and its scores stay as they are."""
    if any(event.kind == "finished" for event in run.events()):
        raise not_resumable(run, "finished")


def not_resumable(run: Run, status: str) -> RunError:
    """Return the error for a run that cannot be resumed because of its status."""
    return RunError(
        f"Can't resume the run {run.id}: it is {status}. Choose one that was stopped, failed or "
        "was interrupted."
    )


def main(run_dir: str) -> int:
    """Execute a run as a process with low priority; return the exit code."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    resources.lower_priority()
    take_over()
    return execute(Path(run_dir).absolute())


def _public_name(holder: str, run: Run) -> str:
    """Return the run that is waited for; the names of other owners' runs are not shown."""
    if not holder or (store.exists(holder) and store.get(holder).owner == run.owner):
        return holder
    return store.ANOTHER
