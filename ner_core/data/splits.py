"""Which file of a folder is which split."""

import re
from pathlib import Path

from ner_core.errors import DataError

SPLIT_NAMES: dict[str, frozenset[str]] = {
    "train": frozenset({"train", "training"}),
    "validation": frozenset({"validation", "valid", "dev", "devel", "development", "val", "testa"}),
    "test": frozenset({"test", "testb"}),
}
_NOT_DATA = re.compile(r"(readme|licen[cs]e|\.).*|.*\.(md|py|pdf|zip|gz|sha256)", re.IGNORECASE)


def split_of(name: str) -> str | None:
    """Tell the split that a file name speaks of, if it does.

    >>> split_of("eng.testa"), split_of("wnut17_test.conll"), split_of("wikigold.conll.txt")
    ('validation', 'test', None)
    """
    parts = set(re.split(r"[._\- ]+", name.lower()))
    return next((split for split, names in SPLIT_NAMES.items() if parts & names), None)


def find_splits(folder: Path) -> dict[str, Path]:
    """Find the files of the splits of a folder by their names.

    A single file whose name speaks of no split gives ``{"all": file}``. Raises DataError if the
    folder cannot be read, no file is recognised, or two files claim one split.
    """
    try:
        files = sorted(
            entry
            for entry in folder.iterdir()
            if entry.is_file() and not _NOT_DATA.fullmatch(entry.name)
        )
    except OSError as error:
        raise DataError(
            f"Expected a folder that can be read at {folder}, found: {error.strerror}."
        ) from None
    if len(files) == 1:
        return {split_of(files[0].name) or "all": files[0]}
    found: dict[str, Path] = {}
    for file in files:
        split = split_of(file.name)
        if split is None:
            continue
        if split in found:
            raise DataError(
                f"Expected one {split} file in {folder.name}, found {found[split].name} and "
                f"{file.name}; take one of them away."
            )
        found[split] = file
    if not found:
        listing = ", ".join(file.name for file in files[:5]) or "no files"
        raise DataError(
            f"Expected files named train, validation (or dev, valid, testa) and test in "
            f"{folder.name}, found {listing}; rename them."
        )
    return {split: found[split] for split in SPLIT_NAMES if split in found}
