"""What readers yield, and the options they take."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FaultCode = Literal["unreadable", "invalid", "overlap", "misaligned", "empty", "odd", "guess"]


@dataclass(frozen=True)
class Sentence:
    """One sentence as it stands in a source: words and their tags as written.

    ``lines`` has the line of each word, from 1 (in formats with rows, the number of the row).
    ``document`` numbers the documents of a source as they come; it is 0 throughout in formats that
    have none.
    """

    tokens: list[str]
    tags: list[str]
    lines: list[int]
    document: int = 0


@dataclass(frozen=True)
class Fault:
    """Something wrong at one place of a source; the rest can still be read.

    ``unreadable``: the row (line, sentence) was left out. ``misaligned``: a span of characters
    began or ended inside a word, which was split there. ``overlap``: a span was left out because it
    overlaps another one. ``invalid``: a tag broke the scheme, and was repaired. ``empty``: a row
    had no words. ``odd``: something in the file is probably a mistake, and was read all the same.
    ``guess``: a choice that the file does not settle (which column has the tags); the user is told.
    Of the last two, ``line`` may be 0: the whole file. ``message`` says what is wrong and what to
    do; it begins in lower case, so that a file and a line can be put before it. ``text`` is what
    stands there.
    """

    code: FaultCode
    line: int
    message: str
    text: str = ""


Record = Sentence | Fault


@dataclass(frozen=True)
class ReadOptions:
    """What the content of a source does not say, given by a person.

    ``token_column`` and ``tag_column`` are names of columns, or their numbers from 1 in formats
    without names. ``label_names`` are the tags that numbers stand for, in their order from 0.
    """

    token_column: str | None = None
    tag_column: str | None = None
    label_names: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, token_column: str | None, tag_column: str | None, label_names: str | None
    ) -> "ReadOptions":
        """Return the options from what a person typed: ``label_names`` separated by commas.

        >>> ReadOptions.of(None, "ner", "O, B-PER").label_names
        ('O', 'B-PER')
        """
        names = tuple(split_names(label_names)) if label_names else ()
        return cls(token_column, tag_column, names)


def split_names(given: str) -> list[str]:
    """Return names that commas separate; one in quotation marks may have commas in it.

    >>> split_names('O, "B-PER,old"')
    ['O', 'B-PER,old']
    """
    try:
        cells = next(csv.reader([given], skipinitialspace=True, strict=True), [])
    except csv.Error:
        cells = given.split(",")
    return [cell.strip() for cell in cells]


Reader = Callable[[Path, ReadOptions], Iterator[Record]]
