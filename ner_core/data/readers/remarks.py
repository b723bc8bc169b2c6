"""What is odd in texts, or was guessed about a file, said once a file."""

import re
from collections.abc import Iterable, Iterator

from ner_core.data.readers.sentence import Fault, FaultCode
from ner_core.data.readers.text import shorten

_HTML = re.compile(r"&(?:amp|lt|gt|quot|nbsp|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_ESCAPED_LINE = re.compile(r"[.!?]\\n|\\r\\n|\w\\n(?=[A-Z\s]|$)")


class Remarks:
    """Makes a Fault of a remark the first time that it is made."""

    def __init__(self) -> None:
        self._made: set[str] = set()

    def once(self, code: FaultCode, line: int, message: str, text: str = "") -> Iterator[Fault]:
        """Yield the remark as a Fault, unless it was made before."""
        if message not in self._made:
            self._made.add(message)
            yield Fault(code, line, message, text)

    def several(self, line: int, found: Iterable[tuple[str, str]]) -> Iterator[Fault]:
        """Yield each remark with the text that it is about as a Fault ``odd``, once each."""
        for message, text in found:
            yield from self.once("odd", line, message, text)


def text_oddities(text: str) -> Iterator[tuple[str, str]]:
    r"""Yield what in a text was probably left by a program, and the place.

    >>> [place for _, place in text_oddities("Bo &amp; Al.\\nThey left.")]
    ['&amp;', '.\\n']
    """
    if "&" in text and (found := _HTML.search(text)):
        yield (
            "texts have HTML codes such as &amp;, which the model would learn as words. Replace "
            "them with the characters they stand for, and correct the offsets",
            found[0],
        )
    if "\\" in text and (found := _ESCAPED_LINE.search(text)):
        yield (
            "texts have line ends written as a backslash and an n, which the model would learn as "
            "words. Replace them with line ends or blanks, and correct the offsets",
            shorten(found[0]),
        )
