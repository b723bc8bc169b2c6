"""File locks: which process executes a run, and which one may train in this run store.

All are ``flock`` locks. The kernel releases them when their holder ends, however it ends, so a lock
is never left over. A process that inherits a locked open file keeps it locked, so a run's lock
passes to its worker without a moment in which nobody holds it.
"""

import fcntl
import os
import time
from pathlib import Path

from ner_core.errors import RunError

# is_held() acquires the lock for an instant, which must not turn a worker away.
_PATIENCE_SECONDS = 1.0


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock of this file."""
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
    """Acquire the lock of a run; return the open file that holds it until it is closed.

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
                    f"Another process is using the run {path.parent.name}. Wait until it ends."
                ) from None
            time.sleep(0.01)
        else:
            return fd


class Slot:
    """A lock that one process of a run store holds while others wait for it.

    Its file contains the name of the last holder, such as a run's id, which those who wait show.
    """

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def try_acquire(self, name: str) -> bool:
        """Acquire the slot under a name; return False if another process has it."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        # In this order the file is never empty for a process that reads it meanwhile.
        os.pwrite(self._fd, name.encode(), 0)
        os.ftruncate(self._fd, len(name))
        return True

    def holder(self) -> str:
        """Return the name of the last holder."""
        return os.pread(self._fd, 200, 0).decode(errors="replace")

    def release(self) -> None:
        """Release the slot."""
        os.close(self._fd)
