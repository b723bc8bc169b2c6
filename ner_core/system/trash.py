"""Deleted folders that can be brought back for a while.

Deleting moves a folder into a trash folder beside it, and undoing it moves it back. ``sweep``
deletes what was there for long enough. Several servers and commands may do all of this at once:
each step is one rename, which one of them does.
"""

import contextlib
import secrets
import shutil
import time
from pathlib import Path

NAME = ".trash"
"""Of the trash folder."""

_LEAVING = ".gone-"


def put_aside(folder: Path) -> None:
    """Move a folder into the trash beside it. Raises OSError if it can't be moved."""
    trash = folder.parent / NAME
    trash.mkdir(exist_ok=True)
    folder.rename(trash / f"{folder.name}.{time.time_ns()}")


def find(parent: Path, name: str) -> Path | None:
    """Return the place of a deleted folder, the last one of this name; None if it is gone."""
    found = [path for path in _deleted(parent) if path.name.rpartition(".")[0] == name]
    return max(found, key=_deleted_at) if found else None


def sweep(parent: Path, kept_seconds: float) -> None:
    """Delete what was put aside ``kept_seconds`` ago, and what was left of others.

    Others may put aside, restore and sweep at the same time.
    """
    oldest = time.time_ns() - int(kept_seconds * 1e9)
    for path in _deleted(parent):
        if _deleted_at(path) <= oldest:
            # Under another name first: nobody restores a folder with a part of its files.
            with contextlib.suppress(OSError):
                path.rename(path.with_name(f"{_LEAVING}{secrets.token_hex(4)}"))
    # Also those of a process that was killed while it deleted them.
    for folder in (parent / NAME, parent):
        for path in folder.glob(f"{_LEAVING}*"):
            shutil.rmtree(path, ignore_errors=True)


def delete(folder: Path) -> None:
    """Delete a folder at once. Raises OSError if it can't be moved out of the way."""
    # Under another name first: it is never seen with a part of its files.
    leaving = folder.with_name(f"{_LEAVING}{secrets.token_hex(4)}")
    folder.rename(leaving)
    shutil.rmtree(leaving, ignore_errors=True)


def _deleted(parent: Path) -> list[Path]:
    return [path for path in (parent / NAME).glob("*.*") if _deleted_at(path)]


def _deleted_at(path: Path) -> int:
    """Return when a folder was deleted, in nanoseconds since the epoch; 0 if it was not."""
    name, _, time_ns = path.name.rpartition(".")
    return int(time_ns) if name and time_ns.isdecimal() else 0
