"""Deleted runs that can be brought back for a while.

Deleting on the page moves a run into ``runs/.trash/``, where it is no run any more, and undoing it
moves it back. ``sweep`` deletes what was there for ``KEPT_SECONDS``. Several servers and commands
may do all of this at once: each step is one rename, which one of them does.
"""

import contextlib
import secrets
import shutil
import time
from pathlib import Path

from ner_core.errors import RunError
from ner_core.runs import store
from ner_core.runs.run import Run

KEPT_SECONDS = 600.0

_LEAVING = ".gone-"


def trash_dir() -> Path:
    """Return the folder of deleted runs, on the same disk as the runs; it exists once needed."""
    return store.runs_dir() / ".trash"


def put_aside(run: Run) -> None:
    """Delete a run so that ``restore`` can bring it back. Raises RunError if it is at work."""
    with store.held(run, "deleted"):
        trash_dir().mkdir(exist_ok=True)
        run.path.rename(trash_dir() / f"{run.id}.{time.time_ns()}")
    sweep()


def find(run_id: str) -> Run:
    """Return the deleted run with this id, the last one of several. Raises RunError if it is gone.

    Its files are where ``path`` says; nothing but ``restore`` should be done with it.
    """
    found = [path for path in _deleted() if path.name.rpartition(".")[0] == run_id]
    if not found:
        raise missing()
    return Run(run_id, max(found, key=_deleted_at))


def missing() -> RunError:
    """Return the error that says that a deleted run is gone."""
    return RunError("This run can't be brought back any more: its files were deleted.")


def restore(deleted: Run) -> Run:
    """Bring a run back that ``find`` returned. Raises RunError if it is gone or its id is taken."""
    target = store.runs_dir() / deleted.id
    if target.exists():
        raise RunError(
            f"This run can't be brought back: there is another one with the id {deleted.id}. "
            "Delete that one first."
        )
    try:
        deleted.path.rename(target)
    except OSError:  # swept or restored by somebody else
        raise missing() from None
    return Run(deleted.id, target)


def sweep() -> None:
    """Delete the files of runs that were deleted ``KEPT_SECONDS`` ago, and what was left of others.

    Others may sweep, delete and restore at the same time.
    """
    oldest = time.time_ns() - int(KEPT_SECONDS * 1e9)
    for path in _deleted():
        if _deleted_at(path) <= oldest:
            # Under another name first: nobody restores a run with a part of its files.
            with contextlib.suppress(OSError):
                path.rename(trash_dir() / f"{_LEAVING}{secrets.token_hex(4)}")
    # Also those of a process that was killed while it deleted them.
    for folder in (trash_dir(), store.runs_dir()):
        for path in folder.glob(f"{_LEAVING}*"):
            shutil.rmtree(path, ignore_errors=True)


def _deleted() -> list[Path]:
    return [path for path in trash_dir().glob("*.*") if _deleted_at(path)]


def _deleted_at(path: Path) -> int:
    """Return when a run was deleted, in nanoseconds since the epoch; 0 if it is no deleted run."""
    run_id, _, time_ns = path.name.rpartition(".")
    return int(time_ns) if run_id and time_ns.isdecimal() else 0
