"""The rows of a table as text: where its first line is, how a line is split, rows over lines."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from ner_core.counting import many
from ner_core.data.readers.spans import UnreadableError
from ner_core.data.readers.text import is_blank, numbered_lines

DELIMITERS = ",;\t"
LONGEST_FIELD = 1_000_000

# Excel writes the delimiter into a first line.
_EXCEL = re.compile("sep=.")
_LONGEST_NAME = 40
_MOST_WORDS_OF_A_NAME = 3
# A number or a date, and what ends like a sentence, though not like "No.".
_VALUE = re.compile(r"[\W\d_]*\d[\W\d_]*|.*(?:\w{3}\.|[!?…。！？])[\"'”’»)]*")


def first_line(lines: Iterator[tuple[int, str]]) -> tuple[int, str]:
    """Return the first line that is not blank nor an instruction to Excel, else ``(0, "")``."""
    found = ((n, line) for n, line in lines if not is_blank(line) and not _EXCEL.fullmatch(line))
    return next(found, (0, ""))


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line; a quotation mark that closes nothing stands for itself."""
    if '"' not in line:
        return line.split(delimiter)
    _allow_long_fields()
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return line.split(delimiter)


def looks_like_header(cells: Sequence[str], below: Iterable[Sequence[str]]) -> bool:
    """Return whether a table's first row names its columns; ``below`` are rows that follow.

    Names are short, differ from each other, and stand in their column once.

    >>> looks_like_header(["", "remarks"], [["0", "Ann left"]])
    True
    >>> looks_like_header(["1", "Bob"], []), looks_like_header(["x", "Ann lives in Oslo"], [])
    (False, False)
    """
    names = {place: cell.strip() for place, cell in enumerate(cells) if cell.strip()}
    if not names or len(set(names.values())) < len(names):
        return False
    if not all(map(_is_name, names.values())):
        return False
    return not any(
        place < len(row) and row[place].strip() == name
        for row in below
        for place, name in names.items()
    )


def _is_name(cell: str) -> bool:
    return (
        len(cell) <= _LONGEST_NAME
        and len(cell.split()) <= _MOST_WORDS_OF_A_NAME
        and not _VALUE.fullmatch(cell)
    )


def table_rows(path: Path, delimiter: str, above: int) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the rows below the first ``above`` lines, each with the line that it starts in.

    A field in quotation marks may go over several lines. What is wrong with a row comes in its
    place, as the message of a Fault.
    """
    last = above

    def lines() -> Iterator[str]:
        nonlocal last
        for number, line in islice(numbered_lines(path), above, None):
            last = number
            yield line + "\n"

    _allow_long_fields()
    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    while True:
        start = last + 1
        try:
            yield start, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield (
                start,
                f"a field is longer than {LONGEST_FIELD:,} characters. Perhaps a quotation mark "
                "isn't closed, or not doubled inside: correct it.",
            )


def check_width(cells: Sequence[str], width: int, needed: int) -> None:
    """Raise UnreadableError for a row without the column ``needed``, or with more than ``width``.

    Empty cells at the end of a row do not count.
    """
    if needed >= len(cells):
        remedy = "Give every row the same columns"
    elif any(cells[width:]):
        remedy = "Put quotation marks around what holds the delimiter"
    else:
        return
    raise UnreadableError(
        f"this row has {many(len(cells), 'column')}, but the first line has {width}. {remedy}."
    )


def _allow_long_fields() -> None:
    # The limit is one for the whole process: it is raised, never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))
