"""A worker as a process of its own on this machine."""

import os
import subprocess
import sys
import threading

from ner_core.errors import RunError
from ner_core.hub.token import handed_over
from ner_core.jobs.worker import LOCK_FD_VARIABLE
from ner_core.runs.events import EventWriter
from ner_core.runs.run import Run
from ner_core.system import locks
from ner_core.system.environment import worker_environment


def start(run: Run) -> "subprocess.Popen[bytes]":
    """Start the worker of a run, which may have been at work before, and return at once.

    It lives in a session of its own, so it outlives this process and its terminal. The run's lock
    is taken here and handed over: from this moment on the run is held. Raises RunError if another
    worker has it, or if the run is finished.
    """
    lock = locks.acquire(run.lock_path)
    try:
        return _start_held(run, lock)
    finally:
        os.close(lock)


def _start_held(run: Run, lock: int) -> "subprocess.Popen[bytes]":
    """Start the worker of a run whose lock is held here."""
    try:
        begin(run)
        return _spawn(run, lock)
    except OSError as error:
        raise RunError(
            f"Expected to start the worker of {run.id}, found: {error.strerror}; make room, "
            "then resume the run."
        ) from None


def begin(run: Run) -> None:
    """Make a run that is held here one at work: no longer stopped, failed or interrupted.

    Raises RunError if it is finished.
    """
    before = run.events()
    if any(event.kind == "finished" for event in before):
        raise RunError(f"Expected a run that can go on, found {run.id}, which is finished.")
    run.stop_path.unlink(missing_ok=True)
    if before:
        events = EventWriter(run.events_path)
        try:
            events.append("queued", before[-1].step, {"waiting_for": None})
        finally:
            events.close()


def _spawn(run: Run, lock: int) -> "subprocess.Popen[bytes]":
    environment = {**worker_environment(), LOCK_FD_VARIABLE: str(lock)}
    with run.log_path.open("ab") as log, handed_over() as (token, pipe):
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "ner_core", "worker", str(run.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock, *pipe),
            env=environment | token,
        )
    # Nobody waits for a worker that a page started: this thread does, so that it leaves no zombie.
    threading.Thread(target=process.wait, name=f"reap-{run.id}", daemon=True).start()
    return process
