"""Uploaded files, kept where a run can still read them when the page is long gone."""

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
    """Copy uploaded files into the run store; gives a source that ``ner_core`` reads.

    A folder is named by the hash of its contents, so the same upload is kept once. Raises DataError
    if there is nothing, or too much, to keep.
    """
    if not paths:
        raise DataError("Expected a file with annotated sentences, found none; choose one.")
    if len(paths) > MOST_FILES:
        raise DataError(
            f"Expected at most {MOST_FILES} files (train, validation, test), found {len(paths)}; "
            "take some away."
        )
    files = [Path(path) for path in paths]
    size = sum(file.stat().st_size for file in files)
    if size > MOST_BYTES:
        raise DataError(
            f"Expected at most {MOST_BYTES // 2**20} MB, found {size / 2**20:.1f} MB; "
            "train on it from the command line."
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
            f"Expected room for the upload at {folder.parent}, found: {error.strerror}; make room, "
            "or set NER_HOME to another folder."
        ) from None
    kept = sorted(folder.iterdir())
    return str(kept[0] if len(kept) == 1 else folder)


@lru_cache(maxsize=64)
def _hash(file: Path, _size: int, _mtime_ns: int) -> bytes:
    """Hash a file's content, once: a form asks for its files whenever one of its fields is left."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while part := content.read(_PART_BYTES):
            digest.update(part)
    return digest.digest()


def _copy(files: Sequence[Path], folder: Path) -> None:
    """Copy files into a folder that appears whole or not at all, whoever else copies the same."""
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
        if not folder.is_dir():  # otherwise somebody else was faster with the same files
            raise


def _safe_name(name: str) -> str:
    """Keep of a file's name what tells its split, as plain letters and digits.

    >>> _safe_name("../Eng.testa"), _safe_name("Übung.conll")
    ('eng-testa.txt', 'bung-conll.txt')
    """
    return f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')[:60] or 'data'}.txt"
