"""Read the texts of a file: lines, a column of a table, or the values of a key of JSON Lines.

==================  ============================================  ==============================
file                a text is                                     left out
==================  ============================================  ==============================
JSON, JSON Lines    a string, or what an object has under a key   blank lines
``.csv``, ``.tsv``  what a row has in a column                    blank rows
any other           a line, or all of the file                    nothing: a blank line is a text
==================  ============================================  ==============================

JSON is recognised by how a file begins, whatever its name; a table only by its name, because prose
has commas too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
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
from ner_core.data.readers.json_lines import looks_like_json
from ner_core.data.readers.json_values import Value, decoded, json_values
from ner_core.data.readers.rows import chosen_column, known_column, listed
from ner_core.data.readers.sentence import Fault
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import numbered_lines
from ner_core.errors import DataError

TEXT_COLUMNS = (
    *("text", "sentence", "content", "body", "message", "comment", "review", "description"),
    *("paragraph", "title"),
)
"""Usual names for a column or key of texts, normalised; the first that a file has is used."""

_HEAD_BYTES = 64 * 1024
_ROWS_SAMPLED = 200
_NAME_IT = "--text-column on the command line, column in Python, “Column of the texts” on the page"
_JSON_NAMES = (".json", ".jsonl", ".ndjson")
_TABLE_NAMES = (".csv", ".tsv")
# The delimiter of a table with one column: no text has a NUL, so it splits nothing.
_NO_DELIMITER = "\0"
_OTHER_FILES = (
    (b"PK\x03\x04", "a zip archive, as Excel and Word write it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "Parquet"),
)


class TextColumns(NamedTuple):
    """The columns or keys that texts can be read from, and the one that is used by default.

    ``names`` is empty if there is nothing to choose; ``default`` is None if one has to be chosen.
    In a table without a header the names are numbers, from 1, and ``examples`` the cells of its
    first row. ``lines`` is true for a file of lines, which can be read as one text instead.
    """

    names: list[str]
    default: str | None
    examples: Sequence[str] = ()
    lines: bool = False


class _Table(NamedTuple):
    """The column of a table with its texts, from 0 (``place``); ``above`` counts header lines."""

    delimiter: str
    width: int
    above: int
    place: int


class _FirstRow(NamedTuple):
    """A table's first row, the number of its line, and whether it names the columns."""

    number: int
    delimiter: str
    cells: list[str]
    is_header: bool


def read_texts(path: str | Path, column: str | None = None, whole: bool = False) -> Iterator[str]:
    """Yield the texts of a file, in UTF-8, or UTF-16 with a byte order mark.

    ``column`` names the column or key of the texts; without it, the first of TEXT_COLUMNS that the
    file has is used, or a table's only column. A number, from 1, is a column of a table without a
    header, whose first row then is a text as well. An object's null is an empty text. ``whole``
    makes one text of a file of lines, with its line ends.

    Only one text is in memory at a time, unless the file is one JSON document. Raises DataError,
    from the first text on, if the file cannot be read, is not text, has no such column, has a row
    that cannot be read, or with ``whole`` is not a file of lines.
    """
    path = Path(path)
    head = _head(path)
    is_json, is_table = _is_json(path, head), path.suffix.lower() in _TABLE_NAMES
    if whole and (is_json or is_table):
        raise DataError(
            f"{path.name} is {'JSON' if is_json else 'a table'} and can't be read as one text. "
            "Read it row by row."
        )
    if is_json:
        yield from _json_texts(path, head, column)
    elif is_table:
        yield from _table_texts(path, column)
    elif column is not None:
        raise DataError(
            f"{path.name} has lines of text, so it has no column {shown(column)}. Leave the "
            "column out, or choose a table (.csv, .tsv) or JSON Lines."
        )
    elif whole:
        text = "".join(line for _, line in numbered_lines(path, with_ends=True, western=False))
        yield from [text] if text else []
    else:
        yield from (line for _, line in numbered_lines(path, western=False))


def text_columns(path: str | Path) -> TextColumns:
    """Return the columns or keys that texts can be read from, judged by the first rows of a file.

    There is nothing to choose only if ``read_texts`` needs no choice. Raises DataError if the file
    cannot be read, or its first row has no text.
    """
    path = Path(path)
    head = _head(path)
    if _is_json(path, head):
        names = _keys(path, head)
    elif path.suffix.lower() in _TABLE_NAMES:
        first = _first_row(path)
        if len(first.cells) > 1 and not first.is_header:
            numbers = [str(number) for number in range(1, len(first.cells) + 1)]
            return TextColumns(numbers, None, first.cells)
        names = [cell.strip() for cell in first.cells] if len(first.cells) > 1 else []
    else:
        return TextColumns([], None, lines=True)
    names = list(dict.fromkeys(filter(None, names)))
    place = known_column(names, TEXT_COLUMNS)
    if len(names) > 1:
        return TextColumns(names, None if place is None else names[place])
    if names and place is None:
        return TextColumns(names, names[0])
    next(read_texts(path), None)  # raises now if something is wrong with the first row
    return TextColumns([], None)


def _head(path: Path) -> bytes:
    """Return the first bytes of a file. Raises DataError if it is not a file, or not text."""
    try:
        if path.is_fifo():  # it is read more than once
            raise DataError(f"{path} is a pipe. Write it to a file first.")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"Can't read the file {path}: {reason}.") from None
    for mark, name in _OTHER_FILES:
        if head.startswith(mark):
            raise DataError(
                f"{path.name} is {name}, not plain text. Save it as .txt, .csv or .jsonl."
            )
    return head


def _is_json(path: Path, head: bytes) -> bool:
    return looks_like_json(head) or path.suffix.lower() in _JSON_NAMES


# JSON


def _json_texts(path: Path, head: bytes, column: str | None) -> Iterator[str]:
    for row in _json_rows(path, head):
        if isinstance(row, Fault):
            raise DataError(f"{path.name}, line {row.line}: {row.message}")
        try:
            text = _text_of(row.value, column)
        except UnreadableError as error:
            raise DataError(f"{path.name}, line {row.number}: {error}") from None
        yield text


def _keys(path: Path, head: bytes) -> list[str]:
    """Return the keys of the first object whose value is a text or null."""
    first = next(_json_rows(path, head), None)
    if not isinstance(first, Value) or not isinstance(first.value, dict):
        return []
    return [key for key, text in first.value.items() if isinstance(text, str | None)]


def _json_rows(path: Path, head: bytes) -> Iterator[Value | Fault]:
    """Yield the values of JSON or JSON Lines, and of lines that are JSON strings."""
    if decoded(head).lstrip()[:1] != '"':
        yield from json_values(path)
        return
    for number, line in numbered_lines(path, western=False):
        if line.strip():
            try:
                yield Value(number, json.loads(line))
            except (ValueError, RecursionError):
                message = f"{shown(line)} is not a JSON string. Correct the line."
                yield Fault("unreadable", number, message)


def _text_of(value: Any, column: str | None) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        raise UnreadableError(
            f'{shown(value)} isn\'t a string or an object such as {{"text": "..."}}. Correct '
            "the row."
        )
    key = _text_key(value, column)
    if key is None:
        wanted = shown(column) if column is not None else f"such as {TEXT_COLUMNS[0]}"
        keys = f"only {listed(map(shown, value))}" if value else "no key at all"
        raise UnreadableError(
            f"there is no key {wanted} with a text, {keys}. Correct the row, or name the key of "
            f"the texts: {_NAME_IT}."
        )
    text = value[key]
    if not isinstance(text, str | None):
        raise UnreadableError(
            f"the value of {shown(key)} is {shown(text)} instead of a text. Correct the row, or "
            f"name another key: {_NAME_IT}."
        )
    return text or ""


def _text_key(row: Mapping[str, Any], column: str | None) -> str | None:
    if column is not None:
        return column if column in row else None
    if isinstance(row.get(TEXT_COLUMNS[0]), str):
        return TEXT_COLUMNS[0]
    keys = [key for key, value in row.items() if isinstance(value, str | None)]
    place = known_column(keys, TEXT_COLUMNS)
    return None if place is None else keys[place]


# Tables


def _table_texts(path: Path, column: str | None) -> Iterator[str]:
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
        yield cells[table.place]


def _first_row(path: Path) -> _FirstRow:
    number, line = first_line(numbered_lines(path, western=False))
    named = (mark for mark in DELIMITERS if _known(split_line(line, mark)))
    delimiter = next(named, max(DELIMITERS, key=line.count))
    cells = split_line(line, delimiter)
    if len(cells) == 1:
        cells = split_line(line, _NO_DELIMITER)
        return _FirstRow(number, _NO_DELIMITER, cells, _known(cells))
    below = (row for _, row in islice(table_rows(path, delimiter, number), _ROWS_SAMPLED))
    if _known(cells) or looks_like_header(cells, (row for row in below if isinstance(row, list))):
        return _FirstRow(number, delimiter, cells, True)
    # A text can have several lines; the name of a column cannot.
    _, row = next(table_rows(path, delimiter, number - 1))
    return _FirstRow(number, delimiter, row if isinstance(row, list) else cells, False)


def _known(names: Sequence[str]) -> bool:
    return known_column(names, TEXT_COLUMNS) is not None


def _table(path: Path, column: str | None) -> _Table:
    number, delimiter, cells, _ = _first_row(path)
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
            f"it has no name: {_NAME_IT}."
        )
    return _Table(delimiter, width, above, place)
