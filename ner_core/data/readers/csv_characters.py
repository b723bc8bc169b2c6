"""Texts that a table has character by character, each with its tag, as doccano writes them."""

from collections.abc import Iterable, Iterator

from ner_core import tags
from ner_core.data.readers.sentence import Fault, Record
from ner_core.data.readers.span_offsets import Annotated
from ner_core.data.readers.spans import CharSpan
from ner_core.errors import DataError


def is_characters(words: Iterable[str]) -> bool:
    """Return whether the words of a table are the characters of texts: all one, some blank."""
    seen = list(words)
    blanks = sum(word == " " for word in seen)
    return all(len(word) <= 1 for word in seen) and 0 < len(seen) < 20 * blanks


def text_of_characters(rows: list[tuple[str, str, int]]) -> Iterator[Annotated | Record]:
    """Yield the text of characters (empty: a line end) with their tags and lines; none of none."""
    if not rows:
        return
    line = rows[0][2]
    try:
        spans = tags.decode([tag for _, tag, _ in rows])
    except DataError as error:
        yield Fault("unreadable", line, str(error))
        return
    text = "".join(character or "\n" for character, _, _ in rows)
    yield Annotated(text, [CharSpan(*span) for span in spans], line)
