"""How a file counts the offsets of its spans, measured on its first texts, or chosen by a person.

Programs count from 0 or from 1, leave out the last character or not, and count bytes, UTF-16 code
units, or a line end as two. Read otherwise, every span is wrong by a little, and nobody sees it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from ner_core.config import SpanOffsets
from ner_core.data.readers.offset_readings import (
    LONGEST_MEASURED,
    READINGS,
    Reading,
    fitting,
    moved,
    reading_named,
    whole,
)
from ner_core.data.readers.remarks import Remarks, text_oddities
from ner_core.data.readers.rows import sentence_of_text
from ner_core.data.readers.sentence import Fault, Record
from ner_core.data.readers.spans import CharSpan
from ner_core.data.readers.text import shorten
from ner_core.data.readers.word_spans import ends_are_last_words, sentence_of_word_spans

_SAMPLE = 500
_ENOUGH = 0.9
_FEWEST_ODD = 5
"""So many spans have to be off before it is worth a warning about all of them."""


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


@dataclass(frozen=True)
class _Counts:
    """How many spans there are, how many fit as they are written, and in each of ``READINGS``.

    The counts of a reading are of the spans that it moves: all, as written, moved.
    """

    total: int
    written: int
    readings: tuple[tuple[int, int, int], ...]
    certain: tuple[bool, ...]

    def clear(self) -> tuple[Reading, int] | None:
        """Return the reading that is clearly right, and how many spans say so; None if none is."""
        for reading, (count, written, fits), certain in zip(
            READINGS, self.readings, self.certain, strict=True
        ):
            if count < (1 if certain else reading.fewest):
                continue
            if fits >= _ENOUGH * count and written <= (1 - _ENOUGH) * count:
                return reading, fits
        return None

    def remark(self) -> str:
        """Return what to say if most spans do not fit as they are written, else nothing."""
        off = self.total - self.written
        if off < _FEWEST_ODD or 2 * off <= self.total:
            return ""
        place = max(range(len(READINGS)), key=lambda number: self.readings[number][2])
        count, written, fits = self.readings[place]
        said = f"{off:,} of the first {self.total:,} spans don't begin and end with words"
        if fits > 2 * written and 2 * fits > count:
            reading = READINGS[place]
            return (
                f"{said}. If offsets count {reading.about}, {fits:,} do: then choose "
                f"--span-offsets {reading.name}. Otherwise correct them"
            )
        return f"{said}, however the offsets are counted. Check a few of them, and correct them"


def tagged(rows: Iterable[Annotated | Record], offsets: SpanOffsets = "auto") -> Iterator[Record]:
    """Yield the sentences of texts with spans; records pass as they are.

    ``offsets`` names the reading that a person chose; a Fault ``guess`` says that it was used. For
    ``auto`` the offsets of the first rows are measured: where nearly no span begins and ends with
    words (or holds the text that the file says it does) as it is written, and nearly all do in
    another of ``READINGS``, that one is used, and a Fault ``odd`` says so; it also says if most do
    not and no reading is clear. Beside rows with spans, a row without any is a text without
    entities; a Fault ``guess`` says so.
    """
    every = iter(rows)
    head = list(islice(every, _SAMPLE))
    texts = [row for row in head if isinstance(row, Annotated)]
    reading = reading_named(offsets)
    counts = _counts([row for row in texts if row.text]) if reading is None else None
    found = counts.clear() if counts else None
    by_words = found is None and _count_words(texts, reading)
    last = ends_are_last_words(
        (row.words, row.spans) for row in texts if row.words is not None and row.spans
    )
    if reading and any(row.spans for row in texts):
        yield Fault("guess", 0, f"span offsets were read as counting {reading.about}")
    elif found is not None:
        reading, count = found
        yield Fault(
            "odd",
            texts[0].line,
            f"span offsets seem to count {reading.about} and were read that way: then {count} "
            "begin and end with words, but almost none as written. If that is wrong, choose "
            "--span-offsets as-given",
        )
    elif counts and not by_words and (remark := counts.remark()):
        yield Fault("odd", texts[0].line, remark)
    remarks = Remarks()
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
            yield from _of_words(row, row.words, last, reading, remarks)
            continue
        spans = row.spans or []
        if reading is not None and (move := reading.mover(row.text)):
            spans = [moved(span, move) for span in spans]
        yield from sentence_of_text(row.text, spans, row.line, row.document)


def _of_words(
    row: Annotated,
    words: list[object],
    last: bool | None,
    reading: Reading | None,
    remarks: Remarks,
) -> Iterator[Record]:
    """Yield the sentence of a row whose spans count words."""
    spans = row.spans or []
    ends = row.last if last is None else last
    if reading is not None and reading.words is not None:
        by, ends = reading.words
        spans = [moved(span, lambda start, end: (start + by, end + by)) for span in spans]
    if ends is None:
        yield from remarks.once(
            "odd",
            row.line,
            "the data don't show whether a span includes its last word. It was read as not "
            "included. Check the entities, or choose --span-offsets inclusive-ends or as-given",
        )
    yield from sentence_of_word_spans(words, spans, bool(ends), row.line, row.document)


def _count_words(rows: list[Annotated], reading: Reading | None) -> bool:
    """Return whether the spans of rows with a text and words count words, not characters."""
    fits = total = 0
    for row in rows:
        if row.text and row.words is not None and row.spans:
            is_right = fitting(row.text)
            move = reading.mover(row.text) if reading else None
            by = -1 if reading and reading.words and reading.words[0] else 0
            for span in whole(row.spans):
                if not 0 <= span.start + by <= span.end + by <= len(row.words):
                    return False
                total += 1
                fits += is_right(moved(span, move) if move else span)
    return total > 0 and fits <= (1 - _ENOUGH) * total


def _counts(rows: list[Annotated]) -> _Counts:
    """Count how many spans fit as they are written, and in each reading."""
    total = fit = 0
    differing, written, right = ([0] * len(READINGS) for _ in range(3))
    certain = [False] * len(READINGS)
    for row in rows:
        if not row.spans or len(row.text) > LONGEST_MEASURED:
            continue
        fits = fitting(row.text)
        movers = [reading.mover(row.text) for reading in READINGS]
        for span in whole(row.spans):
            as_written = fits(span)
            total += 1
            fit += as_written
            for number, move in enumerate(movers):
                if move is None or (other := moved(span, move)) == span:
                    continue
                differing[number] += 1
                written[number] += as_written
                right[number] += fits(other)
                certain[number] |= bool(span.text)
    return _Counts(total, fit, tuple(zip(differing, written, right, strict=True)), tuple(certain))
