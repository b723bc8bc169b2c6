"""The ways in which programs count the offsets of spans, and what each makes of a span."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from ner_core import words
from ner_core.config import SpanOffsets
from ner_core.data.readers.spans import CharSpan, whole_number

LONGEST_MEASURED = 100_000

Move = Callable[[int, int], tuple[int, int]]
Fits = Callable[[CharSpan], bool]


@dataclass(frozen=True)
class Reading:
    """A way to count: its name as an option, what it counts, how it moves the spans of a text
    (None: not at all), and how many spans have to say so.

    ``words`` is how it moves spans of words, and whether their ends are last words; None if it
    counts no words.
    """

    name: SpanOffsets
    about: str
    mover: Callable[[str], Move | None]
    fewest: int
    words: tuple[int, bool] | None = None


def _by_units(size: Callable[[str], int]) -> Callable[[str], Move | None]:
    """Return the reading in which a character counts as ``size`` says."""

    def mover(text: str) -> Move | None:
        sizes = [size(character) for character in text]
        units = [0, *accumulate(sizes)]
        if units[-1] == len(text):
            return None

        def place(offset: int) -> int:
            return bisect_left(units, offset) if 0 <= offset <= units[-1] else len(text) + 1

        return lambda start, end: (place(start), place(end))

    return mover


def _shifted(by_start: int, by_end: int) -> Callable[[str], Move]:
    return lambda text: lambda start, end: (start + by_start, end + by_end)


def _bytes(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


READINGS = (
    Reading(
        "utf-16",
        "UTF-16 code units, as JavaScript does",
        _by_units(lambda c: 1 + (c > "\uffff")),
        1,
    ),
    Reading(
        "two-for-line-ends",
        "a line end as two characters",
        _by_units(lambda c: 1 + (c == "\n")),
        1,
    ),
    Reading("bytes", "bytes of UTF-8", _by_units(_bytes), 2),
    Reading(
        "inclusive-ends", "with the last character included", _shifted(0, 1), 2, words=(0, True)
    ),
    Reading("from-one", "from 1", _shifted(-1, -1), 2, words=(-1, False)),
    Reading(
        "from-one-inclusive",
        "from 1, with the last character included",
        _shifted(-1, 0),
        2,
        words=(-1, True),
    ),
)
AS_GIVEN = Reading("as-given", "characters from 0", lambda text: None, 0, words=(0, False))


def reading_named(name: SpanOffsets) -> Reading | None:
    """Return the reading that a person chose, None for ``auto``."""
    return next((reading for reading in (*READINGS, AS_GIVEN) if reading.name == name), None)


def moved(span: CharSpan, move: Move) -> CharSpan:
    """Return a span as a reading moves it; one without whole numbers stays."""
    start, end = whole_number(span.start), whole_number(span.end)
    if start is None or end is None:
        return span
    start, end = move(start, end)
    return CharSpan(start, end, span.label, span.text)


def as_chosen(text: str, spans: list[CharSpan], offsets: SpanOffsets) -> list[CharSpan]:
    """Return the spans of a text as the reading that a person chose moves them."""
    reading = reading_named(offsets)
    move = reading.mover(text) if reading else None
    return [moved(span, move) for span in spans] if move else spans


def fitting(text: str) -> Fits:
    """Return what tells whether a span begins and ends with words, or holds what it says."""
    places = words.split_words(text[:LONGEST_MEASURED])
    starts, ends = {word.start for word in places}, {word.end for word in places}
    lowered = text.casefold()

    def fits(span: CharSpan) -> bool:
        if not 0 <= span.start < span.end <= len(text):
            return False
        said = span.text.casefold() if span.text else ""
        if said and said in lowered:
            return text[span.start : span.end].casefold() == said
        return span.start in starts and span.end in ends

    return fits


def whole(spans: Iterable[CharSpan]) -> Iterator[CharSpan]:
    """Yield the spans that have numbers."""
    for span in spans:
        start, end = whole_number(span.start), whole_number(span.end)
        if start is not None and end is not None:
            yield CharSpan(start, end, span.label, span.text)
