"""The resources of this process: its memory, and its share of the CPU."""

import contextlib
import os
import resource
import sys
import time
from pathlib import Path

import psutil

_CGROUP_V2 = Path("/sys/fs/cgroup")
_CGROUP_V1 = Path("/sys/fs/cgroup/memory")
_AUTOGROUP = Path("/proc/self/autogroup")
_NICENESS = 10
POLL_SECONDS = 0.5


def memory_limit() -> int:
    """Return the bytes of memory that all processes may have: the container's limit, or all."""
    return min(int(psutil.virtual_memory().total), _container_limit())


def memory_free() -> int:
    """Return the bytes of memory that are free now."""
    free = int(psutil.virtual_memory().available)
    used = _number(_CGROUP_V2 / "memory.current") or _number(_CGROUP_V1 / "memory.usage_in_bytes")
    return min(free, max(0, _container_limit() - used)) if used else free


def memory_used() -> int:
    """Return the bytes of memory that this process uses now."""
    return int(psutil.Process().memory_info().rss)


def memory_peak() -> int:
    """Return the peak of memory that this process has used so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def memory_kills() -> int:
    """Return how many processes of this container the kernel killed because memory ran out."""
    for path in (_CGROUP_V2 / "memory.events", _CGROUP_V1 / "memory.oom_control"):
        with contextlib.suppress(OSError, ValueError):
            rows = dict(line.split() for line in path.read_text().splitlines())
            return int(rows.get("oom_kill", 0))
    return 0


def exit_with(parent: int) -> None:
    """End this process when its parent, the process ``parent``, has ended; never return."""
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os._exit(1)


def lower_priority() -> None:
    """Let other processes have the CPU first, so that a page answers while a run trains.

    If nothing else runs, this makes no difference. Linux may share the CPU between sessions first
    and apply niceness only inside each of them (autogroup), so a process that leads its session
    lowers the priority of the session too. Without that, training took half of both cores from a
    page (benchmarks/LOG.md).
    """
    os.nice(_NICENESS)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # not Linux, or without autogroup
            _AUTOGROUP.write_text(str(_NICENESS), encoding="ascii")


def _container_limit() -> int:
    limits = (
        _number(_CGROUP_V2 / "memory.max"),
        _number(_CGROUP_V1 / "memory.limit_in_bytes"),
    )
    return min((limit for limit in limits if limit), default=sys.maxsize)


def _number(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):  # not there, or "max"
        return int(path.read_text())
    return None
