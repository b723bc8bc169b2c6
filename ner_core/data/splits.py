"""Which file of a folder is which split."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ner_core.errors import DataError

SPLIT_NAMES: dict[str, frozenset[str]] = {
    "train": frozenset({"train", "training"}),
    "validation": frozenset({"validation", "valid", "dev", "devel", "development", "val", "testa"}),
    "test": frozenset({"test", "testb"}),
}
VALIDATION_PART = 0.1
_FEWEST_DOCUMENTS = 10

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


@dataclass(frozen=True)
class Cut:
    """Train cut in two: the rows of each part, in order; ``documents`` put aside, 0 if by rows."""

    train: list[int]
    validation: list[int]
    documents: int


def cut_validation(documents: Sequence[int], seed: int) -> Cut:
    """Choose the validation part of rows whose documents are given: a tenth, at least one row.

    Where there are at least 10 documents whole ones are chosen, so that no document is on both
    sides: names recur within a document, and a model would be scored on what it has seen. Otherwise
    rows are chosen. The same for the same seed and data.
    """
    wanted = max(1, round(len(documents) * VALIDATION_PART))
    chance = random.Random(seed)  # noqa: S311 - a choice that can be repeated, no secret
    sizes: dict[int, int] = {}
    for document in documents:
        sizes[document] = sizes.get(document, 0) + 1
    if len(sizes) < _FEWEST_DOCUMENTS:
        rows = set(chance.sample(range(len(documents)), wanted))
        return _cut([row in rows for row in range(len(documents))], 0)
    order = list(sizes)
    chance.shuffle(order)
    chosen: set[int] = set()
    taken = 0
    for document in order:
        # One that is too large for what is wanted is passed over, so that a tenth stays a tenth.
        # Of 10 or more the smallest never is: it has at most a tenth of the rows.
        if taken + sizes[document] <= 1.5 * wanted:
            chosen.add(document)
            taken += sizes[document]
        if taken >= wanted:
            break
    return _cut([document in chosen for document in documents], len(chosen))


def _cut(aside: Sequence[bool], documents: int) -> Cut:
    train = [row for row, chosen in enumerate(aside) if not chosen]
    validation = [row for row, chosen in enumerate(aside) if chosen]
    return Cut(train, validation, documents)
