"""Plain text without annotations, which would otherwise be read as columns that make no sense."""

import re
from collections import Counter
from pathlib import Path

from ner_core.data.readers.text import head_lines, is_blank
from ner_core.errors import DataError

_TAG = re.compile(r"O|[BIESLU]-\S+")
_END_OF_SENTENCE = re.compile(r"""[.!?…。！？]["'”’»)]*""")
_FEWEST_WORDS = 4
_LOOK_AT_LINES = 1000


def refuse_plain_text(path: Path, head: bytes) -> None:
    """Raise DataError, with what to do, if a file is text that nobody annotated."""
    if looks_like_plain_text(head):
        raise DataError(
            f"{path.name} is plain text without annotations. To train on it, first annotate it: "
            "write a word and its tag on each line, or use a tool such as Label Studio. To find "
            "entities in it, use the Highlight tab or `python -m ner_core predict --file`."
        )


def looks_like_plain_text(head: bytes) -> bool:
    r"""Return whether a file has sentences and no tags, judged by its first bytes.

    The lines of sentences end as sentences do, or have different numbers of words. Columns have
    tabs, or tags, or as many cells on each line.

    >>> looks_like_plain_text(b"Ann lives in Oslo.\nIt rained the whole day.\n")
    True
    >>> looks_like_plain_text(b"Ann NNP B-NP B-PER\nran VBD B-VP O\n")
    False
    """
    lines = [line for line in head_lines(head) if not is_blank(line)][:_LOOK_AT_LINES]
    if not lines or any("\t" in line for line in lines):
        return False
    rows = [line.split() for line in lines]
    long = [row for row in rows if len(row) >= _FEWEST_WORDS]
    tagged = sum(any(map(_TAG.fullmatch, row)) for row in rows)
    if 2 * len(long) < len(rows) or 10 * tagged > len(rows):
        return False
    ended = sum(bool(_END_OF_SENTENCE.search(row[-1][1:])) for row in long)
    alike = max(Counter(map(len, rows)).values())
    return 2 * ended > len(long) or 2 * alike <= len(rows)
