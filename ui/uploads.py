"""Uploaded files, kept where a run can still read them when the page is long gone."""

import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ner_core import DataError, runs

MOST_FILES = 3
MOST_BYTES = 100 * 2**20


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
            f"Expected at most {MOST_BYTES // 2**20} MB, found {size // 2**20} MB; "
            "train on it from the command line."
        )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    folder = runs.home() / "uploads" / digest.hexdigest()[:16]
    if not folder.is_dir():
        staging = folder.with_suffix(".new")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        for file in files:
            name = _safe_name(file.name)
            # Two names may become one.
            target = staging / name if not (staging / name).exists() else staging / f"2-{name}"
            shutil.copyfile(file, target)
        staging.rename(folder)
    kept = sorted(folder.iterdir())
    return str(kept[0] if len(kept) == 1 else folder)


def _safe_name(name: str) -> str:
    """Keep of a file's name what tells its split, as plain letters and digits.

    >>> _safe_name("../Eng.testa"), _safe_name("Übung.conll")
    ('eng-testa.txt', 'bung-conll.txt')
    """
    return f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')[:60] or 'data'}.txt"
