"""Read the texts of a file: lines, a column of a table, or the values of a key of JSON Lines.

==================  ============================================  ==============================
file                a text is                                     left out
==================  ============================================  ==============================
JSON, JSON Lines    a string, or what an object has under a key   blank lines
``.csv``, ``.tsv``  what a row has in a column                    blank rows
any other           a line, or all of the file                    nothing: a blank line is a text
==================  ============================================  ==============================

What else a row has, such as its id, comes with its text. JSON is recognised by how a file begins,
whatever its name; a table only by its name, because prose has commas too.
"""

import contextlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ner_core.data.readers.json_lines import looks_like_json
from ner_core.data.readers.json_values import Value, decoded, json_values
from ner_core.data.readers.rows import known_column, listed
from ner_core.data.readers.sentence import Fault
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import numbered_lines
from ner_core.data.text_tables import (
    NAME_IT,
    TEXT_COLUMNS,
    TextRow,
    first_row,
    table_columns,
    table_texts,
)
from ner_core.errors import DataError

_HEAD_BYTES = 64 * 1024
_JSON_NAMES = (".json", ".jsonl", ".ndjson")
_TABLE_NAMES = (".csv", ".tsv")
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


class Texts:
    """The texts of rows, to go through once, and what else their rows have, to ask for later."""

    def __init__(self, rows: Iterable[TextRow]) -> None:
        self._rows = rows
        self._others: deque[Mapping[str, Any]] = deque()

    def __iter__(self) -> Iterator[str]:
        for row in self._rows:
            self._others.append(row.others)
            yield row.text

    def next_others(self) -> Mapping[str, Any]:
        """Return what the row of the next text has: of the first one, then of the second one, …"""
        return self._others.popleft()


def read_texts(path: str | Path, column: str | None = None, whole: bool = False) -> Iterator[str]:
    """Yield the texts of a file; see ``read_rows``."""
    return (row.text for row in read_rows(path, column, whole))


def read_rows(
    path: str | Path, column: str | None = None, whole: bool = False
) -> Iterator[TextRow]:
    """Yield the texts of a file, in UTF-8, or UTF-16 with a byte order mark, with what else their
    rows have.

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
            f"{path.name} is {'JSON' if is_json else 'a table'}, and only a file of lines can be "
            "read as one text. Read it row by row."
        )
    if is_json:
        yield from _json_texts(path, head, column)
    elif is_table:
        yield from table_texts(path, column)
    elif column is not None:
        raise DataError(
            f"{path.name} has lines of text, and {shown(column)} can only be taken from a table "
            "(.csv, .tsv) or JSON Lines. Leave the column out."
        )
    elif whole:
        text = "".join(line for _, line in numbered_lines(path, with_ends=True, western=False))
        yield from [TextRow(text, {})] if text else []
    else:
        yield from (TextRow(line, {}) for _, line in numbered_lines(path, western=False))


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
        first = first_row(path)
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


def other_columns(path: str | Path, column: str | None = None) -> list[str]:
    """Return the names that ``read_rows`` has beside the texts, in the order of the file.

    A file of JSON is read for it, as far as it can be. Raises DataError as ``read_rows``.
    """
    path = Path(path)
    head = _head(path)
    if not _is_json(path, head):
        return table_columns(path, column) if path.suffix.lower() in _TABLE_NAMES else []
    names: dict[str, None] = {}
    with contextlib.suppress(DataError):  # raised again when the texts are read
        for row in _json_texts(path, head, column):
            names.update(dict.fromkeys(row.others))
    return list(names)


def _head(path: Path) -> bytes:
    """Return the first bytes of a file. Raises DataError if it is not a file, or not text."""
    try:
        if path.is_fifo():  # it is read more than once
            raise DataError(f"{path} is a pipe. Write it to a file first.")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"The file {path} cannot be read: {reason}.") from None
    for mark, name in _OTHER_FILES:
        if head.startswith(mark):
            raise DataError(
                f"{path.name} is not plain text but {name}. Save it as .txt, .csv or .jsonl."
            )
    return head


def _is_json(path: Path, head: bytes) -> bool:
    return looks_like_json(head) or path.suffix.lower() in _JSON_NAMES


# JSON


def _json_texts(path: Path, head: bytes, column: str | None) -> Iterator[TextRow]:
    for row in _json_rows(path, head):
        if isinstance(row, Fault):
            raise DataError(f"{path.name}, line {row.line}: {row.message}")
        try:
            text = _row_of(row.value, column)
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


def _row_of(value: Any, column: str | None) -> TextRow:
    if isinstance(value, str):
        return TextRow(value, {})
    if not isinstance(value, dict):
        raise UnreadableError(
            f'{shown(value)} is neither a string nor an object such as {{"text": "..."}}. Correct '
            "the row."
        )
    key = _text_key(value, column)
    if key is None:
        wanted = shown(column) if column is not None else f"such as {TEXT_COLUMNS[0]}"
        keys = f"only {listed(map(shown, value))}" if value else "no key at all"
        raise UnreadableError(
            f"there is no key {wanted} with a text, {keys}. Correct the row, or name the key of "
            f"the texts: {NAME_IT}."
        )
    text = value[key]
    if not isinstance(text, str | None):
        raise UnreadableError(
            f"the value of {shown(key)} is {shown(text)} and not a text. Correct the row, or name "
            f"another key: {NAME_IT}."
        )
    return TextRow(text or "", {str(name): value[name] for name in value if name != key})


def _text_key(row: Mapping[str, Any], column: str | None) -> str | None:
    if column is not None:
        return column if column in row else None
    if isinstance(row.get(TEXT_COLUMNS[0]), str):
        return TEXT_COLUMNS[0]
    keys = [key for key, value in row.items() if isinstance(value, str | None)]
    place = known_column(keys, TEXT_COLUMNS)
    return None if place is None else keys[place]
