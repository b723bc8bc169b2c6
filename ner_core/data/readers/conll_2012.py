"""CoNLL-2012 (OntoNotes): entities as brackets in the eleventh column, ``(PERSON*`` and ``*)``."""

import re
from collections.abc import Iterator
from pathlib import Path

from ner_core.data.readers import rows
from ner_core.data.readers.sentence import ReadOptions, Record
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import head_lines, is_blank, numbered_lines

_WORD, _ENTITY = 3, 10  # https://conll.cemantix.org/2012/data.html
_CELL = re.compile(r"(?:\((?P<type>[^()*\s]+))?\*?(?P<end>\))?")
_BEGIN = "#begin document"


def looks_like_conll_2012(head: bytes) -> bool:
    """Return whether a file begins with a document of CoNLL-2012."""
    lines = [line for line in head_lines(head) if not is_blank(line)]
    return len(lines) > 1 and lines[0].startswith(_BEGIN) and len(lines[1].split()) > _ENTITY


def read_conll_2012(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of such a file; the tags are IOB2. No option applies.

    A line without these columns, or with other brackets, makes its sentence a Fault. Raises
    DataError if no sentence can be read.
    """
    yield from rows.or_refuse(path, _records(path))


def _records(path: Path) -> Iterator[Record]:
    sentence = rows.Growing()
    document = 0
    inside: str | None = None
    for number, line in numbered_lines(path):
        if is_blank(line) or line.startswith("#"):
            yield from sentence.end(document)
            document += line.startswith(_BEGIN)
            inside = None
            continue
        columns = line.split()
        try:
            _check_width(columns)
            tag, inside = _tag(columns[_ENTITY], inside)
            word = rows.checked_word(columns[_WORD])
        except UnreadableError as error:
            sentence.spoil(number, str(error), line)
        else:
            sentence.add(word, tag, number)
    yield from sentence.end(document)


def _check_width(columns: list[str]) -> None:
    if len(columns) <= _ENTITY:
        raise UnreadableError(
            f"this line has only {len(columns)} columns; CoNLL-2012 has 11 or more. Correct it."
        )


def _tag(cell: str, inside: str | None) -> tuple[str, str | None]:
    """Return the tag of a word, and the type of the entity that goes on after it."""
    found = _CELL.fullmatch(cell)
    if cell == "-":
        return "O", None
    if found is None or (found["type"] and inside) or (found["end"] and not (found[1] or inside)):
        raise UnreadableError(
            f"{shown(cell)} in column {_ENTITY + 1} doesn't begin or end an entity, as (PERSON* "
            "and *) do. Correct it."
        )
    if found["type"]:
        tag, inside = f"B-{found['type']}", found["type"]
    else:
        tag = f"I-{inside}" if inside else "O"
    return tag, None if found["end"] else inside
