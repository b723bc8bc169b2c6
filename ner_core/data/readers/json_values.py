"""The values of a JSON file, one after the other: JSON Lines, or one JSON document."""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from ner_core.data.readers.json_shapes import is_tagged_words, wrapped_rows
from ner_core.data.readers.literals import python_literal
from ner_core.data.readers.sentence import Fault
from ner_core.data.readers.spans import shown
from ner_core.data.readers.text import shorten
from ner_core.errors import DataError

# What open() makes of a byte that is not UTF-8, with errors="surrogateescape" (PEP 383).
_BAD_BYTE = re.compile("[\udc80-\udcff]")


class Value(NamedTuple):
    """One row: its value and its number, from 1: the line, or the place in the document's list.

    ``in_list``: the number is that place, and not a line.
    """

    number: int
    value: Any
    in_list: bool = False


class _NotJsonError(ValueError):
    """What is wrong (lower case, no remedy), and the line within the text, from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def json_values(path: Path) -> Iterator[Value | Fault]:
    """Read the rows of a JSON file, in UTF-8, UTF-16 or UTF-32, with or without a BOM.

    One JSON document gives the elements of its list, or of the list that it is wrapped around (see
    ``wrapped_rows``); any other object is one row. Lists and objects as Python prints them count as
    JSON. Otherwise each line is a row (JSON Lines, https://jsonlines.org),
    streamed, and a line that is no JSON gives a Fault. Which of the two it is, the first line that
    is not blank tells: JSON Lines if it is complete and others follow. Where a key stands twice in
    an object the last counts, as in Python's ``json``.

    Raises DataError if the file cannot be opened or decoded, or is neither of the two.
    """
    encoding = "utf-8"
    try:
        with path.open("rb") as raw:
            # RFC 4627, section 3: a BOM or the places of zero bytes tell.
            encoding = json.detect_encoding(raw.read(4))
        errors = "surrogateescape" if encoding.startswith("utf-8") else "strict"
        with path.open(encoding=encoding, errors=errors) as file:
            yield from _values(path.name, file)
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeError:
        raise DataError(
            f"{path.name}: the file starts as {encoding[:6].upper()}, but isn't "
            f"{encoding[:6].upper()} text throughout. Save it as UTF-8."
        ) from None


def decoded(head: bytes) -> str:
    """Decode the first bytes of a file as ``json_values`` would, passing over what is no text."""
    return head.decode(json.detect_encoding(head), errors="ignore")


def _values(name: str, file: TextIO) -> Iterator[Value | Fault]:
    lines = _filled(enumerate(file, start=1))
    number, first = next(lines, (0, ""))
    if not number:
        return
    if first.lstrip()[0] not in "{[(":
        raise DataError(
            f"{name}, line {number}: the file begins with {shown(first.strip())}, so it isn't a "
            "JSON object or list. Choose another file."
        )
    try:
        value = _parse(first)
    except _NotJsonError:
        # Either a document over several lines or a broken line: only the whole tells them apart.
        yield from _document_or_lines(name, number, first + file.read())
        return
    second = next(lines, None)
    if second is None:
        yield from _elements(value, number)
        return
    yield Value(number, value)
    yield from _rows([second])
    yield from _rows(lines)


def _document_or_lines(name: str, number: int, text: str) -> Iterator[Value | Fault]:
    try:
        value = _parse(text)
    except _NotJsonError as error:
        lines = list(_filled(enumerate(text.split("\n"), start=number)))
        following = lines[1][1].strip() if len(lines) > 1 else ""
        # In a document, a second line that opens as the first did is followed by a comma.
        if following[:1] != lines[0][1].lstrip()[0] or following.endswith(","):
            remedy = "Correct the file."
            if following[:1] == lines[0][1].lstrip()[0] == "{":
                remedy = (
                    "Remove the commas at the ends of the lines, or put [ and ] around everything."
                )
            elif re.search(r",\s*[\]}]", text):
                remedy = "Remove the comma before a bracket that closes."
            raise DataError(f"{name}, line {number + error.line - 1}: {error}. {remedy}") from None
        yield from _rows(lines)
    else:
        yield from _elements(value, number)


def _elements(document: Any, number: int) -> Iterator[Value]:
    """Yield the rows of a document; one that is a row itself keeps its line."""
    rows = document
    if isinstance(document, dict):
        inside = wrapped_rows(document)
        rows = document if inside is None else inside
    if not isinstance(rows, list) or is_training_pair(rows) or is_tagged_words(rows):
        yield Value(number, rows)
        return
    for place, row in enumerate(rows, start=1):
        yield Value(place, row, in_list=True)


def is_training_pair(value: Any) -> bool:
    """Return whether a list is a row of spaCy 2, ``["text", {"entities": [...]}]``."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], dict | list)
    )


def _rows(lines: Iterable[tuple[int, str]]) -> Iterator[Value | Fault]:
    for number, line in lines:
        try:
            yield Value(number, _parse(line.rstrip()))
        except _NotJsonError as error:
            yield Fault("unreadable", number, f"{error}. Correct the line.", shorten(line.strip()))


def _filled(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in lines if shorten(line.strip()))


def _parse(text: str) -> Any:
    """Parse one JSON value; raise _NotJsonError, whatever the text."""
    if not text.isascii() and (bad := _BAD_BYTE.search(text)):
        raise _NotJsonError(
            f"the byte 0x{ord(bad[0]) - 0xDC00:02x} is not UTF-8 text",
            text.count("\n", 0, bad.start()) + 1,
        )
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        with contextlib.suppress(ValueError):
            if "'" in text or "(" in text:  # what Python prints
                return python_literal(text)
        found = text[error.pos :].strip()
        raise _NotJsonError(
            f"the JSON {f'is not valid at {shown(found)}' if found else 'ends too early'} "
            f"({error.msg.lower()}, column {error.colno})",
            error.lineno,
        ) from None
    except RecursionError:
        raise _NotJsonError("the JSON has lists or objects nested too deeply") from None
    except ValueError:  # Python's limit for whole numbers: 4,300 digits
        raise _NotJsonError("the JSON has a number of thousands of digits") from None
