"""What this process takes of its machine: memory, and its turn to compute."""

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
_LOOK_EVERY = 0.5


def memory_limit() -> int:
    """Give the bytes of memory that processes here may have together: the container's, or all."""
    return min(int(psutil.virtual_memory().total), _container_limit())


def memory_free() -> int:
    """Give the bytes of memory that are free to be taken now."""
    free = int(psutil.virtual_memory().available)
    used = _number(_CGROUP_V2 / "memory.current") or _number(_CGROUP_V1 / "memory.usage_in_bytes")
    return min(free, max(0, _container_limit() - used)) if used else free


def memory_used() -> int:
    """Give the bytes of memory that this process takes now."""
    return int(psutil.Process().memory_info().rss)


def memory_peak() -> int:
    """Give the most bytes of memory that this process ever took."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def memory_kills() -> int:
    """Count the processes that the kernel ended in this container because memory ran out."""
    for path in (_CGROUP_V2 / "memory.events", _CGROUP_V1 / "memory.oom_control"):
        with contextlib.suppress(OSError, ValueError):
            rows = dict(line.split() for line in path.read_text().splitlines())
            return int(rows.get("oom_kill", 0))
    return 0


def end_with(parent: int) -> None:
    """End this process, a child of ``parent``, when that one has gone; does not return before."""
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os._exit(1)


def give_way() -> None:
    """Let this process compute with what others leave: who types into a page is served first.

    An idle machine is used as before. Linux may share its cores out between sessions first, and
    look at niceness only within each; so a process that leads its session says it for that, too.
    Without the second, training took half of both cores from a page (benchmarks/LOG.md).
    """
    os.nice(_NICENESS)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # no Linux, or one that does not group by sessions
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
