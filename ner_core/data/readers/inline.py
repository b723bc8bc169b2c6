"""Inline mark-up: one sentence a line, ``[Angela Merkel](PER) flew to [Nairobi](LOC) .``."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ner_core.data.readers.rows import or_refuse
from ner_core.data.readers.sentence import Fault, ReadOptions, Record, Sentence
from ner_core.data.readers.text import head_lines, is_blank, numbered_lines, shorten
from ner_core.tags import OUTSIDE

_ENTITY = re.compile(r"\[([^\[\]]+)\]\(([^()\[\]\s]+)\)")
_LOOK_AT_LINES = 1000


def looks_like_inline(head: bytes) -> bool:
    """Return whether entities are marked inside the sentences of a file, judged by its first bytes.

    A line of columns may hold mark-up, too; it ends in a tag.
    """
    for line in islice(head_lines(head), _LOOK_AT_LINES):
        if re.match(r"#(\s|$)", line):
            continue  # a comment of CoNLL, which may hold anything
        last = line.split()[-1] if line.strip() else ""
        if _ENTITY.search(line) and not re.fullmatch("O|[BIESLU]-.+", last):
            return True
    return False


def read_inline(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of a file with inline mark-up; the tags are IOB2.

    Words are separated by blanks; where mark-up touches other text, the word ends there. A line
    with brackets that are no mark-up is a Fault. Raises DataError if no line can be read; of the
    options none applies.
    """
    yield from or_refuse(path, _records(path))


def _records(path: Path) -> Iterator[Record]:
    for number, line in numbered_lines(path):
        if is_blank(line):
            continue
        record = _parse(line, number)
        if isinstance(record, str):
            yield Fault("unreadable", number, record, shorten(line.strip()))
        else:
            yield record


def _parse(line: str, number: int) -> Sentence | str:
    """Return the sentence of a line, or what is wrong with it."""
    tokens: list[str] = []
    tags: list[str] = []
    position = 0
    for match in _ENTITY.finditer(line):
        outside = line[position : match.start()]
        inside, label = match[1].split(), match[2]
        if message := _stray_bracket(outside):
            return message
        if not inside or label == OUTSIDE or re.match("[BIESLU]-", label):
            return (
                f"{shorten(match[0])!r} doesn't mark words with an entity type, as [Nairobi](LOC) "
                "does. Correct it."
            )
        tokens += [*outside.split(), *inside]
        tags += [OUTSIDE] * len(outside.split())
        tags += [f"{'I' if index else 'B'}-{label}" for index in range(len(inside))]
        position = match.end()
    rest = line[position:]
    if message := _stray_bracket(rest):
        return message
    tokens += rest.split()
    tags += [OUTSIDE] * len(rest.split())
    return Sentence(tokens, tags, [number] * len(tokens))


def _stray_bracket(text: str) -> str | None:
    """Return what is wrong with text beside the mark-up, None if nothing is."""
    if "[" not in text and "](" not in text:
        return None
    return (
        f"the brackets in {shorten(text.strip())!r} don't mark an entity, as in [Nairobi](LOC). "
        "Close the brackets, or leave them out."
    )
