"""A run in a process of its own on this machine."""

import os
import subprocess
import sys
import threading

from ner_core.errors import RunError
from ner_core.hub.token import handed_over
from ner_core.jobs.worker import LOCK_FD_VARIABLE, queue_again
from ner_core.runs.run import Run
from ner_core.system import locks
from ner_core.system.environment import worker_environment


def start_process(run: Run) -> "subprocess.Popen[bytes]":
    """Start the worker of a new or a resumed run, and return at once.

    It has a session of its own, so it outlives this process and its terminal. The run's lock is
    acquired here and inherited by the worker: the run is held from now on. Raises RunError if
    another process holds the run, or if it is finished.
    """
    lock = locks.acquire(run.lock_path)
    try:
        queue_again(run)
        return _spawn(run, lock)
    except OSError as error:
        raise RunError(
            f"Couldn't start the worker of {run.id}: {error.strerror}. Make room, then resume the "
            "run."
        ) from None
    finally:
        os.close(lock)


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
    # A page does not wait for its workers; this thread does, so that none becomes a zombie.
    threading.Thread(target=process.wait, name=f"reap-{run.id}", daemon=True).start()
    return process
