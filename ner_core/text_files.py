"""The texts of a file: lines, a column of a table, or a key of JSON Lines.

==================  ============================================  ==============================
file                a text is                                     left out
==================  ============================================  ==============================
JSON, JSON Lines    a string, or what an object has under a key   blank lines
``.csv``, ``.tsv``  what a row has in a column                    blank rows
any other           a line                                        nothing: a blank line is a text
==================  ============================================  ==============================

JSON is recognised by how a file begins, whatever its name; a table only by its name, since prose
has commas too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ner_core.data.csv_rows import DELIMITERS, check_width, first_line, split_line, table_rows
from ner_core.data.json_lines import looks_like_json
from ner_core.data.json_values import Value, decoded, json_values
from ner_core.data.rows import chosen_column, known_column, listed, normalised
from ner_core.data.sentence import Fault
from ner_core.data.spans import UnreadableError, shown
from ner_core.data.text import numbered_lines
from ner_core.errors import DataError

TEXT_COLUMNS = (
    *("text", "sentence", "content", "body", "message", "comment", "review", "description"),
    *("paragraph", "title"),
)
"""Names that a column or key of texts has, normalised; the first that is there counts."""

_HEAD_BYTES = 64 * 1024
_JSON_NAMES = (".json", ".jsonl", ".ndjson")
_TABLE_NAMES = (".csv", ".tsv")
# No text holds a NUL, so this splits nothing: the delimiter of a table with one column.
_NO_DELIMITER = "\0"
_OTHER_FILES = (
    (b"PK\x03\x04", "a zip archive, as Excel and Word write it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "Parquet"),
)


class TextColumns(NamedTuple):
    """The columns or keys that texts may be taken from, and the one taken unless one is named.

    ``names`` is empty where there is nothing to choose; ``default`` is None where one has to be.
    """

    names: list[str]
    default: str | None


class _Table(NamedTuple):
    """Where a table has its texts: columns from 0, and the number of lines above the first row."""

    delimiter: str
    width: int
    above: int
    place: int


def read_texts(path: str | Path, column: str | None = None) -> Iterator[str]:
    """Read the texts of a file one after the other, in UTF-8, or UTF-16 with a byte order mark.

    ``column`` names the column or key of the texts; without it, the first of TEXT_COLUMNS that is
    there counts, or a table's only column. A number, from 1, is a column of a table without a
    header, whose first row then is a text as well. An object's null is an empty text.

    Nothing but the text at hand is kept in memory, unless the file is one JSON document. Raises
    DataError, when the first text is asked for or further on, if the file cannot be read, is no
    text, has no such column, or a row of it cannot be read.
    """
    path = Path(path)
    head = _head(path)
    if _is_json(path, head):
        yield from _json_texts(path, head, column)
    elif path.suffix.lower() in _TABLE_NAMES:
        yield from _table_texts(path, column)
    elif column is not None:
        raise DataError(
            f"{path.name}: expected a table (.csv, .tsv) or JSON Lines to take {shown(column)} "
            "from, found lines of text; leave the column out."
        )
    else:
        yield from (line for _, line in numbered_lines(path))


def text_columns(path: str | Path) -> TextColumns:
    """Tell which columns or keys the texts of a file may be taken from, by its first row.

    Raises DataError if that cannot be read.
    """
    path = Path(path)
    head = _head(path)
    names: list[str] = []
    if _is_json(path, head):
        first = next(_json_rows(path, head), None)
        if isinstance(first, Value) and isinstance(first.value, dict):
            names = [key for key, text in first.value.items() if isinstance(text, str)]
    elif path.suffix.lower() in _TABLE_NAMES:
        names = list(dict.fromkeys(filter(None, map(str.strip, _first_row(path)[2]))))
    if len(names) < 2:
        return TextColumns([], None)
    place = known_column(names, TEXT_COLUMNS)
    return TextColumns(names, None if place is None else names[place])


def _head(path: Path) -> bytes:
    """Read the first bytes of a file. Raises DataError if it is none, or no text."""
    try:
        if path.is_fifo():  # it is read more than once
            raise DataError(f"Expected a file at {path}, found a pipe; write it to a file first.")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"Expected a file that can be read at {path}, found: {reason}.") from None
    for mark, name in _OTHER_FILES:
        if head.startswith(mark):
            raise DataError(
                f"{path.name}: expected a file of plain text, found {name}; save it as .txt, .csv "
                "or .jsonl."
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


def _json_rows(path: Path, head: bytes) -> Iterator[Value | Fault]:
    """Give the values of JSON or JSON Lines, and of lines that are strings, which are JSON too."""
    if decoded(head).lstrip()[:1] != '"':
        yield from json_values(path)
        return
    for number, line in numbered_lines(path):
        if line.strip():
            try:
                yield Value(number, json.loads(line))
            except (ValueError, RecursionError):
                message = f"expected a string of JSON, found {shown(line)}; correct the line."
                yield Fault("unreadable", number, message)


def _text_of(value: Any, column: str | None) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        raise UnreadableError(
            f'expected a string or an object such as {{"text": "..."}}, found {shown(value)}; '
            "correct the row."
        )
    key = _text_key(value, column)
    if key is None:
        wanted = shown(column) if column is not None else f"a key such as {TEXT_COLUMNS[0]}"
        keys = listed(map(shown, value)) if value else "none"
        raise UnreadableError(
            f"expected {wanted} with a text, found {keys}; name the key with --text-column."
        )
    text = value[key]
    if not isinstance(text, str | None):
        raise UnreadableError(
            f"expected a text under {shown(key)}, found {shown(text)}; correct the row, or name "
            "another key with --text-column."
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


def _first_row(path: Path) -> tuple[int, str, list[str]]:
    """Give the number of a table's first line, its delimiter, and what stands in the line."""
    number, line = first_line(numbered_lines(path))
    named = (mark for mark in DELIMITERS if _known(split_line(line, mark)))
    delimiter = next(named, max(DELIMITERS, key=line.count))
    cells = split_line(line, delimiter)
    if len(cells) == 1:
        return number, _NO_DELIMITER, split_line(line, _NO_DELIMITER)
    return number, delimiter, cells


def _known(names: Sequence[str]) -> bool:
    return known_column(names, TEXT_COLUMNS) is not None


def _table(path: Path, column: str | None) -> _Table:
    number, delimiter, cells = _first_row(path)
    width = len(cells)
    above = number
    place = known_column(cells, TEXT_COLUMNS)
    if column is not None:
        # A column that is given by its number is one of a table without a header.
        named = normalised([column])[0] in normalised(cells)
        above = number if named or place is not None else max(number - 1, 0)
        place = chosen_column(column, cells, width, path)
    elif place is None and width == 1:
        above, place = max(number - 1, 0), 0
    if place is None:
        raise DataError(
            f"{path.name}: expected a column such as text or sentence, found "
            f"{listed(map(shown, cells))}; name the column of the texts with --text-column."
        )
    return _Table(delimiter, width, above, place)
