"""The process that executes one run: ``python -m ner_core worker RUN_DIR``."""

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from ner_core.errors import RunError
from ner_core.hub.token import take_over
from ner_core.runs import checkpoints, diagnosis, store
from ner_core.runs.events import Event, EventWriter
from ner_core.runs.log import log_line
from ner_core.system import locks, resources
from ner_core.system.interrupts import StopRequested, interruptible

LOCK_FD_VARIABLE = "NER_LOCK_FD"
"""Names the open file on which the launcher took the run's lock for its worker."""

_SLOT_POLL_SECONDS = 0.2
_NOTHING_LEARNED = {"best_step": None, "f1": None}


def execute(run_dir: Path) -> int:
    """Execute the run of a directory; gives the exit code.

    Holds the run's lock from beginning to end, waits for the machine's training slot, and always
    leaves a terminal event unless it is killed.
    """
    run = store.Run(run_dir.name, run_dir)
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
    if any(event.kind == "finished" for event in run.events()):
        os.close(lock)
        raise RunError(f"Expected a run that can go on, found {run.id}, which is finished.")
    events = EventWriter(run.events_path, print_event)

    def should_stop() -> bool:
        return terminated or run.stop_path.exists()

    use_one_gpu()
    slot = locks.Slot(store.home() / "slot.lock")
    try:
        if not wait_for_turn(run, slot, events, should_stop):
            return 0
        return train(run, events, should_stop)
    finally:
        slot.release()
        events.close()
        os.close(lock)


def use_one_gpu() -> None:
    """Let torch, once it is loaded, see one GPU only; several are for torchrun."""
    if "LOCAL_RANK" not in os.environ:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")


def wait_for_turn(
    run: store.Run, slot: locks.Slot, events: EventWriter, should_stop: Callable[[], bool]
) -> bool:
    """Wait for the machine's training slot; False, and a terminal event, if it was stopped."""
    waiting_for = None
    while not slot.try_acquire(run.id):
        if waiting_for != (holder := _named(slot.holder(), run)) and holder:
            waiting_for = holder
            events.append("queued", data={"waiting_for": holder})
        if should_stop():
            events.append("stopped", data=_NOTHING_LEARNED)
            return False
        time.sleep(_SLOT_POLL_SECONDS)
    return True


def train(run: store.Run, events: EventWriter, should_stop: Callable[[], bool]) -> int:
    """Train a run that is held and has its turn, up to a terminal event; return the exit code."""
    try:
        train_or_raise(run, events, should_stop)
    except Exception as error:
        with contextlib.suppress(OSError):  # the log may be what found no room
            traceback.print_exc()
        return diagnosis.explain(error)[1]
    return 0


def train_or_raise(run: store.Run, events: EventWriter, should_stop: Callable[[], bool]) -> None:
    """Do what ``train`` does, but raise what made the run fail, after its terminal event."""
    try:
        with interruptible(should_stop):
            # Late: loads torch, which takes seconds; the lock has to show before that we are alive.
            from ner_core.training.run import fit

        fit(run, events, should_stop)
    except StopRequested:
        events.append("stopped", data=_NOTHING_LEARNED)
    except Exception as error:
        fail(run, events, *diagnosis.explain(error))
        raise


def print_event(event: Event) -> None:
    """Print an event into output.log, where the output of a worker goes."""
    print(log_line(event))


def _named(holder: str, run: store.Run) -> str:
    """Name the run that is waited for, unless it is somebody else's: its name is theirs to tell."""
    if not holder or (store.exists(holder) and store.get(holder).owner == run.owner):
        return holder
    return store.ANOTHER


def fail(run: store.Run, events: EventWriter, message: str, code: int) -> int:
    """Leave a terminal event that says why, also where there is no room left; the exit code."""
    folder = run.checkpoints_dir
    checkpoints.prune(folder, checkpoints.newest(folder))  # half a checkpoint takes room
    step = max((event.step for event in run.events()), default=0)
    with contextlib.suppress(OSError):  # then the run shows as interrupted, and the disk as full
        events.append("failed", step, {"message": message, "exit_code": code})
    return code


def main(run_dir: str) -> int:
    """Run ``execute`` with readable output."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    resources.give_way()
    take_over()
    return execute(Path(run_dir).absolute())
