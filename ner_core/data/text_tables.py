"""The texts of a table: a column of .csv or .tsv, and what else its rows have."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from ner_core.data.readers.csv_rows import (
    DELIMITERS,
    check_width,
    first_line,
    looks_like_header,
    split_line,
    table_rows,
)
from ner_core.data.readers.rows import chosen_column, known_column, listed
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import numbered_lines
from ner_core.errors import DataError

TEXT_COLUMNS = (
    *("text", "sentence", "content", "body", "message", "comment", "review", "description"),
    *("paragraph", "title"),
)
"""Usual names for a column or key of texts, normalised; the first that a file has is used."""

NAME_IT = "--text-column on the command line, column in Python, “Column of the texts” on the page"
"""Where the column of the texts is named, for messages."""

_ROWS_SAMPLED = 200
# The delimiter of a table with one column: no text has a NUL, so it splits nothing.
_NO_DELIMITER = "\0"


class TextRow(NamedTuple):
    """A text, and what else its row has, by the names of the columns or keys."""

    text: str
    others: Mapping[str, Any]


class FirstRow(NamedTuple):
    """A table's first row, the number of its line, and whether it names the columns."""

    number: int
    delimiter: str
    cells: list[str]
    is_header: bool


class _Table(NamedTuple):
    """The column of a table with its texts, from 0 (``place``); ``above`` counts header lines."""

    delimiter: str
    width: int
    above: int
    place: int
    names: Sequence[str]


def table_texts(path: Path, column: str | None) -> Iterator[TextRow]:
    """Yield the texts of a table with the other cells of their rows; see ``read_rows``."""
    table = _table(path, column)
    for number, cells in table_rows(path, table.delimiter, table.above):
        if isinstance(cells, str):
            raise DataError(f"{path.name}, line {number}: {cells}")
        if not cells or (table.width > 1 and not any(cell.strip() for cell in cells)):
            continue
        try:
            check_width(cells, table.width, table.place)
        except UnreadableError as error:
            raise DataError(f"{path.name}, line {number}: {error}") from None
        # Empty cells at the end of a row may be missing.
        others = dict(zip_longest(table.names, cells[: table.width], fillvalue=""))
        del others[table.names[table.place]]
        yield TextRow(cells[table.place], others)


def table_columns(path: Path, column: str | None) -> list[str]:
    """Return the names of a table's columns without that of its texts."""
    table = _table(path, column)
    return [name for place, name in enumerate(table.names) if place != table.place]


def first_row(path: Path) -> FirstRow:
    """Return the first row of a table that is not blank."""
    number, line = first_line(numbered_lines(path, western=False))
    named = (mark for mark in DELIMITERS if _known(split_line(line, mark)))
    delimiter = next(named, max(DELIMITERS, key=line.count))
    cells = split_line(line, delimiter)
    if len(cells) == 1:
        cells = split_line(line, _NO_DELIMITER)
        return FirstRow(number, _NO_DELIMITER, cells, _known(cells))
    below = (row for _, row in islice(table_rows(path, delimiter, number), _ROWS_SAMPLED))
    if _known(cells) or looks_like_header(cells, (row for row in below if isinstance(row, list))):
        return FirstRow(number, delimiter, cells, True)
    # A text can have several lines; the name of a column cannot.
    _, row = next(table_rows(path, delimiter, number - 1))
    return FirstRow(number, delimiter, row if isinstance(row, list) else cells, False)


def _known(names: Sequence[str]) -> bool:
    return known_column(names, TEXT_COLUMNS) is not None


def _table(path: Path, column: str | None) -> _Table:
    number, delimiter, cells, _ = first_row(path)
    width = len(cells)
    above = number
    place = known_column(cells, TEXT_COLUMNS)
    if column is not None:
        # Only a table without a header has its columns named by numbers.
        by_number = place is None and column in map(str, range(1, width + 1))
        above = max(number - 1, 0) if by_number else number
        place = chosen_column(column, [] if by_number else cells, width, path)
    elif place is None and width == 1:
        above, place = max(number - 1, 0), 0
    if place is None:
        raise DataError(
            f"{path.name} has no column such as text or sentence, only "
            f"{listed(map(shown, cells))}. Name the column of the texts, by its number from 1 if "
            f"it has no name: {NAME_IT}."
        )
    names = _different(cells if above == number else [""] * width)
    return _Table(delimiter, width, above, place, names)


def _different(names: Sequence[str]) -> list[str]:
    """Return names that differ: one that is blank is its number, one that was there gets one.

    >>> _different(["id", "", "id"])
    ['id', 'column 2', 'id (column 3)']
    """
    found: list[str] = []
    for number, name in enumerate(map(str.strip, names), 1):
        name = name or f"column {number}"
        while name in found:
            name = f"{name} (column {number})"
        found.append(name)
    return found
