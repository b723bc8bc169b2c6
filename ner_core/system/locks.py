"""File locks: who works on a run, and who may train on this machine.

All are ``flock`` locks: the kernel releases them when their holder ends, however it ends, so a lock
can neither be forgotten nor go stale. An open file that is locked stays locked in a child process
that inherits it: a run can be handed to its worker without a moment in which nobody holds it.
"""

import fcntl
import os
import time
from pathlib import Path

from ner_core.errors import RunError

# is_held() takes the lock for an instant, which must not turn a worker away.
_PATIENCE_SECONDS = 1.0


def is_held(path: Path) -> bool:
    """Tell whether a process holds the lock of this file."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def acquire(path: Path) -> int:
    """Take the lock of a run and give the open file that holds it; closing it gives it back.

    Raises RunError if another process has it.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(fd)
                raise RunError(
                    f"Expected a run that nobody works on, found {path.parent.name} at work."
                ) from None
            time.sleep(0.01)
        else:
            return fd


class Slot:
    """The right to train: one worker of a run store has it, the others wait for it.

    The file holds the id of the run that took it last, so that those who wait can name it.
    """

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def try_acquire(self, run_id: str) -> bool:
        """Take the slot for a run if it is free."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        # In this order the file is never empty for one who reads it meanwhile.
        os.pwrite(self._fd, run_id.encode(), 0)
        os.ftruncate(self._fd, len(run_id))
        return True

    def holder(self) -> str:
        """Name the run that has the slot."""
        return os.pread(self._fd, 200, 0).decode(errors="replace")

    def release(self) -> None:
        """Give the slot back."""
        os.close(self._fd)
