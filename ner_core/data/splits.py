"""Find the files of the splits in a folder, and cut a validation part from train."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ner_core.data.readers.foreign import refuse_foreign
from ner_core.data.readers.text import head_of
from ner_core.errors import DataError

SPLIT_NAMES: dict[str, frozenset[str]] = {
    "train": frozenset({"train", "training", "trn"}),
    "validation": frozenset({"validation", "valid", "dev", "devel", "development", "val", "testa"}),
    "test": frozenset({"test", "testb", "tst"}),
}
VALIDATION_PART = 0.1
_FEWEST_DOCUMENTS = 10
_LOOK_AT_FILES = 5

_NOT_DATA = re.compile(
    r"(readme|licen[cs]e|\.|dataset_infos?\.json|dataset_dict\.json|state\.json).*|.*\.(md|py|pdf|zip|sha256)",
    re.IGNORECASE,
)


_ENDING = re.compile(r"(data|dataset|set|split|file|corpus)\d*$")
_PART = re.compile(r"(.*)-\d{5}-of-(\d{5})(\..*)?")


def split_of(name: str) -> str | None:
    """Return the split that a file name names, None if it names none or several.

    >>> split_of("eng.testa"), split_of("wnut17_test.conll"), split_of("wikigold.conll.txt")
    ('validation', 'test', None)
    >>> split_of("TrainData.json"), split_of("devset2.txt"), split_of("train_test.csv")
    ('train', 'validation', None)
    """
    # As it is written, then with TrainData as two words, then without what names end in.
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    parts = [set(re.split(r"[._\- ]+", text.lower())) for text in (name, spaced)]
    parts.append({_ENDING.sub("", part) for part in set().union(*parts)})
    for there in parts:
        found = [split for split, names in SPLIT_NAMES.items() if there & names]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def is_data_name(name: str) -> bool:
    """Return whether a file of this name in a folder may be data, and not a read-me or a program.

    >>> is_data_name("train.jsonl"), is_data_name("README.md"), is_data_name("convert.py")
    (True, False, False)
    """
    return not _NOT_DATA.fullmatch(name)


def find_splits(folder: Path) -> dict[str, Path]:
    """Return the files of the splits of a folder, found by their names.

    For a single file whose name names no split that is ``{"all": file}``. Raises DataError if the
    folder cannot be read, no file is recognised, or two files are named after one split.
    """
    files = data_files(folder)
    if files and files == shards_of(files[0]):
        return {split_of(files[0].name) or "all": files[0]}
    found: dict[str, Path] = {}
    for file in files:
        split = split_of(file.name)
        if split is None:
            continue
        if split in found and file in shards_of(found[split]):
            continue
        if split in found:
            raise DataError(
                f"There are two {split} files in {folder.name}: {found[split].name} and "
                f"{file.name}. Remove one of them, or choose one file instead of the folder."
            )
        found[split] = file
    if not found:
        for file in files[:_LOOK_AT_FILES]:
            refuse_foreign(file, head_of(file))
        listing = ", ".join(file.name for file in files[:5]) or "no files"
        raise DataError(
            f"No file in {folder.name} is named train, validation (or dev, valid, testa) or test: "
            f"found {listing}. Rename the files."
        )
    return {split: found[split] for split in SPLIT_NAMES if split in found}


def data_files(folder: Path) -> list[Path]:
    """Return the files of a folder that may be data. Raises DataError if it cannot be read.

    A file that is also there unpacked (``train.conll`` beside ``train.conll.gz``) is left out.
    """
    try:
        names = {entry.name for entry in folder.iterdir()}
        return sorted(
            entry
            for entry in folder.iterdir()
            if entry.is_file()
            and is_data_name(entry.name)
            and (entry.suffix != ".gz" or entry.name.removesuffix(".gz") not in names)
        )
    except OSError as error:
        raise DataError(
            f"The folder {folder} cannot be read: {error.strerror}. Check its name and permissions."
        ) from None


def shards_of(file: Path) -> list[Path]:
    """Return all the parts of a file such as ``train-00000-of-00002.parquet``, or only the file."""
    found = _PART.fullmatch(file.name)
    if not found:
        return [file]
    like = (_PART.fullmatch(entry.name) for entry in file.parent.iterdir())
    names = sorted(match[0] for match in like if match and match.groups() == found.groups())
    return [file.with_name(name) for name in names]


def missing_parts(file: Path) -> int:
    """Return how many parts of a file are not there, by its name."""
    found = _PART.fullmatch(file.name)
    return int(found[2]) - len(shards_of(file)) if found else 0


@dataclass(frozen=True)
class Cut:
    """The rows of each part, in order; ``documents`` are those in validation, 0 if cut by rows."""

    train: list[int]
    validation: list[int]
    documents: int


def cut_validation(documents: Sequence[int], seed: int) -> Cut:
    """Return a cut of train with a tenth of its rows, at least one, in the validation part.

    ``documents`` has the document of each row. If there are at least 10, whole documents are
    chosen: names recur within a document, and a model would be scored on names that it has seen in
    training. Otherwise rows are chosen. The same seed and data give the same cut.
    """
    wanted = max(1, round(len(documents) * VALIDATION_PART))
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose, no secret
    sizes: dict[int, int] = {}
    for document in documents:
        sizes[document] = sizes.get(document, 0) + 1
    if len(sizes) < _FEWEST_DOCUMENTS:
        rows = set(rng.sample(range(len(documents)), wanted))
        return _cut([row in rows for row in range(len(documents))], 0)
    order = list(sizes)
    rng.shuffle(order)
    chosen: set[int] = set()
    taken = 0
    for document in order:
        # A document that would make the part much too large is skipped. The smallest of 10 or more
        # documents never is, since it has at most a tenth of the rows.
        if taken + sizes[document] <= 1.5 * wanted:
            chosen.add(document)
            taken += sizes[document]
        if taken >= wanted:
            break
    return _cut([document in chosen for document in documents], len(chosen))


def _cut(validates: Sequence[bool], documents: int) -> Cut:
    train = [row for row, chosen in enumerate(validates) if not chosen]
    validation = [row for row, chosen in enumerate(validates) if chosen]
    return Cut(train, validation, documents)
