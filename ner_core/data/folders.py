"""Find the splits of a folder: files named after them, folders, or files that belong together."""

from pathlib import Path

from ner_core.data.readers.formats import folder_format
from ner_core.data.readers.rows import listed
from ner_core.data.splits import (
    SPLIT_NAMES,
    data_files,
    find_splits,
    missing_parts,
    shards_of,
    split_of,
)
from ner_core.errors import DataError

_INNER = "data"  # where datasets on the Hub have their files
_DEEPEST = 5


def find_places(
    folder: Path, depth: int = 0
) -> tuple[dict[str, list[Path]], dict[str, tuple[str, ...]]]:
    """Return the files, or folders of brat and the like, of each split, and remarks on it.

    A remark says which files were left out or are missing. Raises DataError as ``find_splits``.
    """
    if folder_format(folder):
        return {"all": [folder]}, {}
    if any(split_of(file.name) for file in data_files(folder)):
        return _of_files(folder)
    if found := _of_folders(folder):
        return found, {}
    inner = _inner(folder)
    return find_places(inner, depth + 1) if inner and depth < _DEEPEST else _of_files(folder)


def _inner(folder: Path) -> Path | None:
    """Return the folder in a folder that has nothing else: its only one, or the one for data."""
    if data_files(folder):
        return None
    inside = [entry for entry in folder.iterdir() if entry.is_dir() and entry.name[:1] != "."]
    named = [entry for entry in inside if entry.name == _INNER]
    return (named or inside)[0] if len(inside) == 1 or named else None


def _of_files(folder: Path) -> tuple[dict[str, list[Path]], dict[str, tuple[str, ...]]]:
    found = {split: shards_of(file) for split, file in find_splits(folder).items()}
    used = {file for files in found.values() for file in files}
    others = [file.name for file in data_files(folder) if file not in used]
    remarks: dict[str, tuple[str, ...]] = {}
    for split, files in found.items():
        if missing := missing_parts(files[0]):
            remarks[split] = (f"{missing} of its parts are missing from the folder. Download them",)
    if others:
        first = next(iter(found))
        remark = (
            "some files in the folder were left out, because their names don't say which split "
            f"they are: {listed(others)}. Rename or remove them"
        )
        remarks[first] = (*remarks.get(first, ()), remark)
    return found, remarks


def _of_folders(folder: Path) -> dict[str, list[Path]]:
    """Return the splits that are folders, such as ``train/`` and ``dev/``."""
    found: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        split = split_of(entry.name) if entry.is_dir() else None
        if split is None:
            continue
        files = [entry] if folder_format(entry) else data_files(entry)
        if not files:
            continue
        if split in found:
            raise DataError(
                f"There are two {split} folders in {folder.name}: {found[split][0].parent.name} "
                f"and {entry.name}. Remove one of them."
            )
        if len(files) > 1 and files != shards_of(files[0]):
            names = listed(file.name for file in files)
            raise DataError(
                f"The folder {entry.name} in {folder.name} has several files: {names}. Choose one "
                "of them, or put all sentences of a split into one file."
            )
        found[split] = files
    return {split: found[split] for split in SPLIT_NAMES if split in found}
