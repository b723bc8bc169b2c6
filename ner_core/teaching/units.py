"""Cut texts into what is annotated at a time: sentences, paragraphs, or the texts as they are."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

import sentencex

from ner_core.words import paragraphs, split_words

Unit = Literal["sentences", "paragraphs", "lines", "rows"]
UNITS: tuple[Unit, ...] = get_args(Unit)

LONGEST = 2000
"""Characters of a piece: a longer one is cut between words, since nobody reads it at once."""

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


def cut(texts: Iterable[str], unit: Unit, language: str = "en") -> Iterator[str]:
    """Yield the pieces of texts, without the blanks around them; empty ones are left out.

    ``sentences`` are found by sentencex, which knows the abbreviations of ``language`` (a code such
    as ``en``; others are read by general rules) and rather leaves two sentences together than cut
    one. ``paragraphs`` end at blank lines. ``rows`` are the texts as they are.
    """
    for text in texts:
        for piece in _pieces(text, unit, language):
            yield from filter(None, map(str.strip, _shortened(piece)))


def _pieces(text: str, unit: Unit, language: str) -> list[str]:
    if unit == "sentences":
        text = text.encode(errors="replace").decode()  # half a surrogate pair is no text
        return [str(piece) for piece in sentencex.segment(language, text)]
    if unit == "lines":
        return text.splitlines()
    return _BLANK_LINE.split(text) if unit == "paragraphs" else [text]


def _shortened(text: str) -> Iterator[str]:
    """Yield a text in parts of at most ``LONGEST`` characters, cut between words if possible."""
    if len(text) <= LONGEST:
        yield text
        return
    start = end = 0
    for part in paragraphs(text, split_words(text)):
        for word in part:
            if word.end - start > LONGEST and end > start:
                yield text[start:end]
                start = word.start
            end = word.end
    yield text[start:]
