"""How a file counts the offsets of its spans, measured on its first texts.

Programs count from 0 or from 1, leave out the last character or not, and count bytes, UTF-16 code
units, or a line end as two. Read otherwise, every span is wrong by a little, and nobody sees it.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain, islice

from ner_core import words
from ner_core.data.readers.remarks import Remarks, text_oddities
from ner_core.data.readers.rows import sentence_of_text
from ner_core.data.readers.sentence import Fault, Record
from ner_core.data.readers.spans import CharSpan, whole_number
from ner_core.data.readers.text import shorten
from ner_core.data.readers.word_spans import ends_are_last_words, sentence_of_word_spans

_SAMPLE = 500
_ENOUGH = 0.9
_LONGEST_MEASURED = 100_000


@dataclass(frozen=True)
class Annotated:
    """A text and its spans, before it is known how they count; None if the row has no spans.

    ``missing`` is what is wrong with a row without spans, if no other row has any either. If there
    are ``words``, spans may count them; without ``text`` they do. ``last``: their ends are last
    words.
    """

    text: str
    spans: list[CharSpan] | None
    line: int
    document: int = 0
    missing: str = ""
    words: list[object] | None = None
    last: bool | None = None


Move = Callable[[int, int], tuple[int, int]]


@dataclass(frozen=True)
class _Reading:
    """A way to count: what it counts, how it moves the spans of a text (None: not at all), and how
    many spans have to say so.
    """

    about: str
    mover: Callable[[str], Move | None]
    fewest: int


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
    _Reading("UTF-16 code units, as JavaScript does", _by_units(lambda c: 1 + (c > "\uffff")), 1),
    _Reading("a line end as two characters", _by_units(lambda c: 1 + (c == "\n")), 1),
    _Reading("bytes of UTF-8", _by_units(_bytes), 2),
    _Reading("with the last character included", _shifted(0, 1), 2),
    _Reading("from 1", _shifted(-1, -1), 2),
    _Reading("from 1, with the last character included", _shifted(-1, 0), 2),
)


def tagged(rows: Iterable[Annotated | Record]) -> Iterator[Record]:
    """Yield the sentences of texts with spans; records pass as they are.

    The offsets of the first rows are measured: where nearly no span begins and ends with words (or
    holds the text that the file says it does) as it is written, and nearly all do in another of
    ``READINGS``, that one is used, and a Fault ``odd`` says so. Beside rows with spans, a row
    without any is a text without entities; a Fault ``guess`` says so.
    """
    every = iter(rows)
    head = list(islice(every, _SAMPLE))
    texts = [row for row in head if isinstance(row, Annotated)]
    found = _measured([row for row in texts if row.text])
    by_words = found is None and _count_words(texts)
    last = ends_are_last_words(
        (row.words, row.spans) for row in texts if row.words is not None and row.spans
    )
    remarks = Remarks()
    if found is not None:
        reading, count = found
        yield Fault(
            "odd",
            texts[0].line,
            f"the offsets of the spans seem to count {reading.about}: so read, {count} begin and "
            "end with words, and as they are written nearly none does. They are read so. Correct "
            "them if that is wrong",
        )
    marked = any(row.spans for row in texts)
    for row in chain(head, every):
        if not isinstance(row, Annotated):
            yield row
            continue
        if row.spans is None and not marked:
            yield Fault("unreadable", row.line, row.missing, shorten(row.text))
            continue
        if row.spans is None:
            yield from remarks.once(
                "guess", row.line, "rows without spans are read as texts without entities"
            )
        yield from remarks.several(row.line, text_oddities(row.text))
        if row.words is not None and (by_words or not row.text):
            ends = row.last if last is None else last
            if ends is None:
                yield from remarks.once(
                    "odd",
                    row.line,
                    "nothing tells whether the last word of a span is counted in. It is read as "
                    "not counted in. Check the entities",
                )
            words_and_spans = (row.words, row.spans or [], bool(ends))
            yield from sentence_of_word_spans(*words_and_spans, row.line, row.document)
            continue
        spans = row.spans or []
        if found is not None and (move := found[0].mover(row.text)):
            spans = [_moved(span, move) for span in spans]
        yield from sentence_of_text(row.text, spans, row.line, row.document)


def _moved(span: CharSpan, move: Move) -> CharSpan:
    start, end = whole_number(span.start), whole_number(span.end)
    if start is None or end is None:
        return span
    start, end = move(start, end)
    return CharSpan(start, end, span.label, span.text)


Fits = Callable[[CharSpan], bool]


def _fits(text: str) -> Fits:
    """Return what tells whether a span begins and ends with words, or holds what it says."""
    places = words.split_words(text[:_LONGEST_MEASURED])
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


def _whole(spans: Iterable[CharSpan]) -> Iterator[CharSpan]:
    """Yield the spans that have numbers."""
    for span in spans:
        start, end = whole_number(span.start), whole_number(span.end)
        if start is not None and end is not None:
            yield CharSpan(start, end, span.label, span.text)


def _count_words(rows: list[Annotated]) -> bool:
    """Return whether the spans of rows with a text and words count words, not characters."""
    fitting = total = 0
    for row in rows:
        if row.text and row.words is not None and row.spans:
            fits = _fits(row.text)
            for span in _whole(row.spans):
                if not 0 <= span.start <= span.end <= len(row.words):
                    return False
                total += 1
                fitting += fits(span)
    return total > 0 and fitting <= (1 - _ENOUGH) * total


def _measured(rows: list[Annotated]) -> tuple[_Reading, int] | None:
    """Return the reading that is clearly right, and how many spans say so; None if none is."""
    differing, written, fitting = ([0] * len(READINGS) for _ in range(3))
    certain = [False] * len(READINGS)
    for row in rows:
        if not row.spans or len(row.text) > _LONGEST_MEASURED:
            continue
        fits = _fits(row.text)
        movers = [reading.mover(row.text) for reading in READINGS]
        for span in _whole(row.spans):
            as_written = fits(span)
            for number, move in enumerate(movers):
                if move is None or (moved := _moved(span, move)) == span:
                    continue
                differing[number] += 1
                written[number] += as_written
                fitting[number] += fits(moved)
                certain[number] |= bool(span.text)
    for number, reading in enumerate(READINGS):
        count = differing[number]
        if count < (1 if certain[number] else reading.fewest):
            continue
        if fitting[number] >= _ENOUGH * count and written[number] <= (1 - _ENOUGH) * count:
            return reading, fitting[number]
    return None
