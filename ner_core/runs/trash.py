"""Deleted runs that can be brought back for a while; see ``system.trash``."""

from pathlib import Path

from ner_core.errors import RunError
from ner_core.runs import store
from ner_core.runs.run import Run
from ner_core.system import trash

KEPT_SECONDS = 600.0


def trash_dir() -> Path:
    """Return the folder of deleted runs, on the same disk as the runs; it exists once needed."""
    return store.runs_dir() / trash.NAME


def put_aside(run: Run) -> None:
    """Delete a run so that ``restore`` can bring it back. Raises RunError if it is at work."""
    with store.held(run, "deleted"):
        trash.put_aside(run.path)
    sweep()


def find(run_id: str) -> Run:
    """Return the deleted run with this id, the last one of several. Raises RunError if it is gone.

    Its files are where ``path`` says; nothing but ``restore`` should be done with it.
    """
    found = trash.find(store.runs_dir(), run_id)
    if found is None:
        raise missing()
    return Run(run_id, found)


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
    trash.sweep(store.runs_dir(), KEPT_SECONDS)
