"""CoNLL columns: a word a line, its tag in the last column, a blank line between sentences."""

import re
from collections.abc import Iterator
from pathlib import Path

from ner_core.data.sentence import Sentence, numbered_lines
from ner_core.errors import DataError

_TAG = re.compile(r"O|[BIESLU]-\S+")


def read_conll(path: Path) -> Iterator[Sentence]:
    """Read the sentences of a CoNLL file; the tags are those of the file, unchecked.

    Columns are separated by tabs where a line has one, otherwise by blanks. ``-DOCSTART-`` lines
    and comments (``# ...``) are passed over. Raises DataError, with the line number, for a line
    without a tag or with another number of columns than the lines before it.
    """
    sentence = Sentence([], [], [])
    width = 0
    for number, line in numbered_lines(path):
        # A document's mark ends the sentence before it, as a blank line does.
        if not line.strip() or line.startswith("-DOCSTART-"):
            if sentence.tokens:
                yield sentence
                sentence = Sentence([], [], [])
            continue
        columns = _columns(line)
        if _is_comment(columns, line, width):
            continue
        _check_columns(path, number, columns, width)
        width = len(columns)
        sentence.tokens.append(columns[0])
        sentence.tags.append(columns[-1])
        sentence.lines.append(number)
    if sentence.tokens:
        yield sentence


def _columns(line: str) -> list[str]:
    if "\t" in line:
        return [column.strip(" ") for column in line.rstrip("\t ").split("\t")]
    # Only blanks separate: other white space, a no-break space for one, may be part of a word.
    return re.split(" +", line.strip(" "))


def _is_comment(columns: list[str], line: str, width: int) -> bool:
    """Tell a comment from a line whose word is ``#``."""
    if not re.match(r"#(\s|$)", line):
        return False
    looks_like_a_word = len(columns) == (width or 2) and _TAG.fullmatch(columns[-1])
    return not looks_like_a_word


def _check_columns(path: Path, number: int, columns: list[str], width: int) -> None:
    where = f"{path.name}, line {number}"
    if len(columns) == 1:
        shown = columns[0] if len(columns[0]) <= 40 else columns[0][:40] + "…"
        raise DataError(
            f"{where}: expected a word and its tag, separated by a blank or a tab, found one "
            f"column ({shown!r}); put the tag in the last column."
        )
    if width and len(columns) != width:
        raise DataError(
            f"{where}: expected {width} columns as in the lines before, found {len(columns)}; "
            "give every line the same columns, the tag last."
        )
    if not columns[0].strip():
        raise DataError(f"{where}: expected a word in the first column, found nothing.")
