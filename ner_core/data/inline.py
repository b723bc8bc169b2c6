"""Inline mark-up: one sentence a line, ``[Angela Merkel](PER) flew to [Nairobi](LOC) .``."""

import re
from collections.abc import Iterator
from pathlib import Path

from ner_core.data.sentence import Sentence, numbered_lines
from ner_core.errors import DataError
from ner_core.tags import OUTSIDE

ENTITY = re.compile(r"\[([^\[\]]+)\]\(([^()\[\]\s]+)\)")


def read_inline(path: Path) -> Iterator[Sentence]:
    """Read the sentences of a file with inline mark-up; the tags are IOB2.

    Words are separated by blanks; where mark-up touches other text, the word ends there. Raises
    DataError, with the line number, for brackets that are no mark-up.
    """
    for number, line in numbered_lines(path):
        tokens: list[str] = []
        tags: list[str] = []
        position = 0
        for match in ENTITY.finditer(line):
            outside = _words(path, number, line[position : match.start()])
            inside, label = match[1].split(), match[2]
            if not inside or label == OUTSIDE or re.match("[BIESLU]-", label):
                raise DataError(
                    f"{path.name}, line {number}: expected words and an entity type such as "
                    f"[Nairobi](LOC), found {match[0]!r}; correct it."
                )
            tokens += outside + inside
            tags += [OUTSIDE] * len(outside)
            tags += [f"{'I' if index else 'B'}-{label}" for index in range(len(inside))]
            position = match.end()
        rest = _words(path, number, line[position:])
        tokens += rest
        tags += [OUTSIDE] * len(rest)
        if tokens:
            yield Sentence(tokens, tags, [number] * len(tokens))


def _words(path: Path, number: int, text: str) -> list[str]:
    if "[" in text or "](" in text:
        raise DataError(
            f"{path.name}, line {number}: expected entities marked as [Nairobi](LOC), "
            f"found {text.strip()[:40]!r}; close the brackets, or leave them out."
        )
    return text.split()
