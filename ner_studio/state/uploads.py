"""Copies of uploaded files, which runs can read after the page is closed."""

import hashlib
import re
import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ner_core.errors import DataError
from ner_core.runs import store
from ner_core.system import atomic

MOST_FILES = 3
MOST_BYTES = 100 * 2**20
_PART_BYTES = 2**20


def keep(paths: Sequence[str]) -> str:
    """Copy uploaded files to ``NER_HOME``; return their path, which ``ner_core`` reads as data.

    A folder is named by the hash of its contents, so the same upload is kept once. Raises DataError
    if there are no files, or too many, or they are too large.
    """
    if not paths:
        raise DataError("There is no file with annotated sentences yet. Choose one.")
    if len(paths) > MOST_FILES:
        raise DataError(
            f"{len(paths)} files were chosen, and at most {MOST_FILES} can be used (train, "
            "validation, test). Remove some of them."
        )
    files = [Path(path) for path in paths]
    size = sum(file.stat().st_size for file in files)
    if size > MOST_BYTES:
        raise DataError(
            f"The files have {size / 2**20:.1f} MB, and the page reads at most "
            f"{MOST_BYTES // 2**20} MB. Train on them from the command line."
        )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        state = file.stat()
        digest.update(_hash(file, state.st_size, state.st_mtime_ns))
    folder = store.home() / "uploads" / f"upload-{digest.hexdigest()[:12]}"
    try:
        _copy(files, folder)
    except OSError as error:
        raise DataError(
            f"The upload could not be copied to {folder.parent}: {error.strerror}. Make room, or "
            "set NER_HOME to another folder."
        ) from None
    kept = sorted(folder.iterdir())
    return str(kept[0] if len(kept) == 1 else folder)


@lru_cache(maxsize=64)
def _hash(file: Path, _size: int, _mtime_ns: int) -> bytes:
    """Return the hash of a file, computed once: forms ask for it each time a field is left."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while part := content.read(_PART_BYTES):
            digest.update(part)
    return digest.digest()


def _copy(files: Sequence[Path], folder: Path) -> None:
    """Copy files into a folder that appears whole, also if others copy the same files now."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with atomic.staged(folder, replace=False) as staging:
            staging.mkdir(mode=0o700)
            for number, file in enumerate(files):
                name = _safe_name(file.name)
                # Two names may become one.
                target = staging / (f"{number}-{name}" if (staging / name).exists() else name)
                shutil.copyfile(file, target)
    except OSError:
        if not folder.is_dir():  # otherwise another request has copied the same files
            raise


def _safe_name(name: str) -> str:
    """Return a file name of plain letters and digits, which still tells the split.

    >>> _safe_name("../Eng.testa"), _safe_name("Übung.conll")
    ('eng-testa.txt', 'bung-conll.txt')
    """
    return f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')[:60] or 'data'}.txt"
