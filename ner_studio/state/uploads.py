"""Copies of uploaded files, which runs can read after the page is closed.

They keep their names, which people know: runs are named after them, and findings tell the file.
"""

import hashlib
import re
import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ner_core.data.splits import is_data_name, split_of
from ner_core.errors import DataError
from ner_core.runs import names, store
from ner_core.system import atomic

MOST_FILES = 3
MOST_BYTES = 100 * 2**20
_PART_BYTES = 2**20
_LONGEST_NAME = 150  # in bytes
_LONGEST_ENDING = 20


def keep(paths: Sequence[str]) -> str:
    """Copy uploaded files to ``NER_HOME``; return their path, which ``ner_core`` reads as data.

    A folder is named by the hash of its contents, so the same upload is kept once; several files
    are in a folder inside it that has the name that they have in common. Raises DataError if there
    are no files, or too many, or they are too large.
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
    digest = hashlib.sha256(b"names kept")  # apart from uploads that were kept under other names
    for file in files:
        digest.update(file.name.encode())
        state = file.stat()
        digest.update(_hash(file, state.st_size, state.st_mtime_ns))
    folder = store.home() / "uploads" / f"upload-{digest.hexdigest()[:12]}"
    inner = _name_in_common(files) if len(files) > 1 else ""
    try:
        _copy(files, folder, inner)
    except OSError as error:
        raise DataError(
            f"The upload could not be copied to {folder.parent}: {error.strerror}. Make room, or "
            "set NER_HOME to another folder."
        ) from None
    (kept,) = folder.iterdir()
    return str(kept)


@lru_cache(maxsize=64)
def _hash(file: Path, _size: int, _mtime_ns: int) -> bytes:
    """Return the hash of a file, computed once: forms ask for it each time a field is left."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while part := content.read(_PART_BYTES):
            digest.update(part)
    return digest.digest()


def _copy(files: Sequence[Path], folder: Path, inner: str) -> None:
    """Copy files into a folder that appears whole, also if others copy the same files now.

    ``inner`` is the folder inside it that they are in, "" for none.
    """
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with atomic.staged(folder, replace=False) as staging:
            staging.mkdir(mode=0o700)
            target = staging / inner
            target.mkdir(exist_ok=True)
            for file in files:
                shutil.copyfile(file, _free(target, _safe_name(file.name, bool(inner))))
    except OSError:
        if not folder.is_dir():  # otherwise another request has copied the same files
            raise


def _free(folder: Path, name: str) -> Path:
    """Return a place for a file of this name in a folder: two names may become one."""
    place, number = folder / name, 2
    while place.exists():
        place, number = folder / f"{number}-{name}", number + 1
    return place


def _safe_name(name: str, among_others: bool = False) -> str:
    """Return the name of a file as its owner knows it, without what is unsafe in a name.

    Of several files, some are not read as data because of their names, which then get an ending.

    >>> _safe_name("../Menu reviews (1).jsonl"), _safe_name(".x"), _safe_name("a.py", True)
    ('Menu reviews (1).jsonl', 'x', 'a.py.txt')
    """
    name = names.clean(re.split(r"[/\\]", name)[-1]).lstrip(". ") or "data.txt"
    if among_others and not is_data_name(name):
        name = f"{name}.txt"
    # File systems count bytes; the ending may tell the split.
    stem, ending = Path(name).stem, Path(name).suffix
    ending = ending.encode()[:_LONGEST_ENDING].decode(errors="ignore")
    while len((stem + ending).encode()) > _LONGEST_NAME:
        stem = stem[:-1]
    return stem + ending


def _name_in_common(files: Sequence[Path]) -> str:
    """Return the name that files share apart from their splits and endings.

    >>> _name_in_common([Path("menu_train.conll"), Path("menu_dev.conll")])
    'menu'
    >>> _name_in_common([Path("train.conll"), Path("dev.conll")])
    'uploaded files'
    """
    found = set()
    for file in files:
        name = names.clean(file.name if split_of(file.suffix) else file.stem)
        words = re.split(r"[._\- ]+", name)
        found.add(" ".join(word for word in words if word and not split_of(word)))
    common = found.pop() if len(found) == 1 else ""
    return _safe_name(common) if common else names.UPLOADED
