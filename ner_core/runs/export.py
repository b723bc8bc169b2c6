"""A run as files to download: the model folder as one zip, its report, its events.

They lie in ``$NER_HOME/exports/``, the only folder of the store that the page serves files from.
"""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ner_core.errors import RunError
from ner_core.runs import store
from ner_core.runs.run import Run
from ner_core.system import atomic

KEPT_ARCHIVES = 4
"""How many runs stay in the exports folder: a model is large, and packed again in seconds."""

# The kind of file comes before the long id: a narrow screen shows both ends of a name.
_ARCHIVE, _REPORT, _EVENTS = ("", ".zip"), ("report-", ".json"), ("events-", ".jsonl")
_SPARE_BYTES = 16 * 2**20
_LONGEST_WRITE_SECONDS = 3600.0
# Weights barely get smaller, and would take minutes to compress.
_STORED = frozenset({".safetensors", ".bin", ".onnx"})


def exports_dir() -> Path:
    """Return the folder with what can be downloaded; it exists once there is something."""
    return store.home() / "exports"


def export_run(run: Run, folder: Path | None = None) -> list[Path]:
    """Write the downloads of a run into ``folder``, and return them; None is the exports folder.

    They are the archive of the model if there is a model, the report if there is one, and the
    events. Raises RunError if there is none of them, or no room for them.
    """
    folder = folder or exports_dir()
    run = store.get(run.id)
    exported = [archive_model(run, folder)] if run.model_dir.is_dir() else []
    with _explained(run, folder):
        for source, kind in ((run.report_path, _REPORT), (run.events_path, _EVENTS)):
            if source.is_file():
                copy = partial(shutil.copyfile, source)
                target = folder / run.id.join(kind)
                exported.append(_write(run, target, source.stat().st_size, copy))
    if not exported:
        raise RunError(
            f"Run {run.id} has nothing to download yet, no events and no model. Wait until it "
            "starts."
        )
    _prune(folder, run.id)
    return exported


def archive_model(run: Run, folder: Path) -> Path:
    """Pack a run's model into ``<run id>.zip`` in ``folder``, and return its path.

    It holds one folder of the run's name: ``model/`` as transformers loads it, and beside it the
    run's ``report.json`` and ``config.json``. An archive of the same files is used again. Raises
    RunError if there is no model, or no room for the archive.
    """
    run = store.get(run.id)  # files get the name of the run: the id is checked
    target = folder / run.id.join(_ARCHIVE)
    with _explained(run, folder):
        members = _members(run)
        mark = _fingerprint(members)
        if _comment(target) == mark:
            os.utime(target)  # the archives that were asked for last are the ones that are kept
            return target
        size = sum(path.stat().st_size for path in members.values())
        return _write(run, target, size, partial(_pack, run.id, members, mark))


def drop_exports(run_id: str, folder: Path | None = None) -> None:
    """Delete what was exported of a run, if anything was, from where ``export_run`` put it."""
    for path in _exports_of(folder or exports_dir(), run_id):
        path.unlink(missing_ok=True)


def _members(run: Run) -> dict[str, Path]:
    """Return the files by their names inside the archive, in a fixed order; links are left out."""
    found = sorted(path for path in run.model_dir.rglob("*") if _is_plain(path))
    if not found:
        raise RunError(
            f"Run {run.id} has no model. A run has one once it finishes, or is stopped after its "
            "first evaluation."
        )
    beside = [path for path in (run.report_path, run.config_path) if _is_plain(path)]
    return {path.relative_to(run.path).as_posix(): path for path in [*found, *beside]}


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _fingerprint(members: dict[str, Path]) -> bytes:
    """Return what tells these files from any others: by name, size and time."""
    digest = hashlib.sha256()
    for name, path in members.items():
        stat = path.stat()
        digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest().encode()


def _comment(path: Path) -> bytes | None:
    """Return the fingerprint of an archive; None if there is none, or it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment
    except (OSError, zipfile.BadZipFile):
        return None


def _pack(run_id: str, members: dict[str, Path], mark: bytes, staging: Path) -> None:
    with zipfile.ZipFile(staging, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        archive.comment = mark
        for name, source in members.items():
            stored = source.suffix in _STORED
            how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.write(source, f"{run_id}/{name}", compress_type=how)


def _write(run: Run, target: Path, size: int, write: Callable[[Path], object]) -> Path:
    """Write a file and return it. Raises RunError if there is no room for it."""
    folder = target.parent
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE_BYTES:
        raise RunError(
            f"The files of run {run.id} need {_megabytes(size + _SPARE_BYTES)} at {folder}, but "
            f"only {_megabytes(free)} are free. Delete a run, or set NER_HOME to another folder."
        )
    with atomic.staged(target) as staging:
        write(staging)
    return target


@contextmanager
def _explained(run: Run, folder: Path) -> Iterator[None]:
    """Raise RunError with what failed where files are read and written."""
    try:
        yield
    except OSError as error:
        raise RunError(
            f"Can't write the files of run {run.id} to {folder}: {error.strerror}. Make room, or "
            "set NER_HOME to another folder."
        ) from None


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"


def _prune(folder: Path, run_id: str) -> None:
    """Delete all but the latest exports, of this run and a few others, and unfinished ones."""
    atomic.delete_leftovers(folder, _LONGEST_WRITE_SECONDS)
    newest: dict[str, float] = {}
    for path in folder.iterdir():
        if owner := _owner(path.name):
            newest[owner] = max(_changed(path), newest.get(owner, 0.0))
    others = sorted((name for name in newest if name != run_id), key=lambda name: -newest[name])
    for name in others[KEPT_ARCHIVES - 1 :]:
        for path in _exports_of(folder, name):
            path.unlink(missing_ok=True)


def _exports_of(folder: Path, run_id: str) -> list[Path]:
    return [folder / run_id.join(kind) for kind in (_ARCHIVE, _REPORT, _EVENTS)]


def _owner(name: str) -> str | None:
    """Return the id of the run that an exported file belongs to; None for any other file."""
    for before, after in (_ARCHIVE, _REPORT, _EVENTS):
        if name.startswith(before) and name.endswith(after):
            return name.removeprefix(before).removesuffix(after)
    return None


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
