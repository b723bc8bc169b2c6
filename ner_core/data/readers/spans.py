"""From character spans, as annotation tools store them, to the words and tags of a sentence."""

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple, TypeVar

from ner_core import tags, words
from ner_core.counting import many
from ner_core.data.readers.sentence import Fault, Record, Sentence
from ner_core.data.readers.text import shorten

_REMEDY = "Correct the annotation"

SpanT = TypeVar("SpanT", "CharSpan", tags.Span)


class CharSpan(NamedTuple):
    """An entity of a text, in characters (code points): ``text[start:end]``, half-open.

    ``text`` is what stands there as the file says, None if it does not.
    """

    start: int
    end: int
    label: str
    text: str | None = None


class UnreadableError(ValueError):
    """A row that cannot be read; its message is that of a Fault."""


def shown(value: object) -> str:
    """Return a value from a file as it can be shown: short, and safe for any value of JSON.

    >>> shown("x" * 50), shown(None), shown([[1]])
    ("'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'", 'null', 'a list')
    """
    if isinstance(value, str):
        return repr(shorten(value))
    if isinstance(value, list | tuple | dict):  # not repr: it may be nested too deeply for it
        return "an object" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return shorten(repr(value))


def is_encodable(text: str) -> bool:
    """Return whether a text can be stored: half of a surrogate pair (``"\\ud83d"``) cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def sentence_of(
    text: str, spans: Iterable[CharSpan], line: int, document: int = 0
) -> Iterator[Record]:
    """Yield a text as words tagged (IOB2) by its spans; the sentence is the last record.

    Nothing that is kept of the annotation is lost: a word is split wherever a span begins or ends
    inside it, and a Fault ``misaligned`` says so, one for each such place. Of spans that overlap,
    the longest stays (of those as long, the one that starts first, then the one given first); a
    Fault ``overlap`` names each that goes. Exact duplicates go silently, and so do blanks at the
    ends of a span. Blanks inside a label become hyphens ("creative work": ``creative-work``), since
    a tag has none.

    A span that cannot be one makes the whole row a single Fault ``unreadable``: without it the rest
    would teach that there is no entity there. A text without words gives nothing.
    """
    try:
        wanted = _wanted(text, spans)
    except UnreadableError as error:
        yield Fault("unreadable", line, str(error), shorten(text))
        return
    kept, overlaps = without_overlaps(wanted)
    for span, rival in overlaps:
        yield _overlap(text, span, rival, line)
    pieces: list[words.Word] = []
    starting = {span.start: span for span in kept}
    ending = {span.end: span for span in kept}
    borders = sorted({*starting, *ending})
    for word in words.split_words(text):
        inside = borders[bisect_left(borders, word.start + 1) : bisect_left(borders, word.end)]
        pieces += [words.Word(*piece) for piece in pairwise([word.start, *inside, word.end])]
        for border in inside:
            if border in ending:
                yield _misaligned(text, ending[border], "ends", word, line)
            else:
                yield _misaligned(text, starting[border], "begins", word, line)
    if pieces:
        yield Sentence(
            [text[piece.start : piece.end] for piece in pieces],
            _tags(pieces, kept),
            [line] * len(pieces),
            document,
        )


def whole_number(value: object) -> int | None:
    """Return a whole number, None if it is not one. 3.0 is one: tables with gaps write it so."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _wanted(text: str, spans: Iterable[CharSpan]) -> list[CharSpan]:
    """Return the spans as they will be used, each once; raise UnreadableError if one is invalid."""
    if not is_encodable(text):
        raise UnreadableError(
            f"there is half of a surrogate pair in {shown(text)}. Correct the text."
        )
    return list(dict.fromkeys(_checked(text, span) for span in spans))


def _checked(text: str, span: CharSpan) -> CharSpan:
    start, end = whole_number(span.start), whole_number(span.end)
    if start is None or end is None:
        raise UnreadableError(
            f"a span starts or ends at {shown(span.start if start is None else span.end)} instead "
            f"of at a whole number. {_REMEDY}."
        )
    if start == end:
        raise UnreadableError(
            f"a span is empty: it begins and ends at {shown(start)}. Remove it, or correct its end."
        )
    if not 0 <= start < end <= len(text):
        raise UnreadableError(
            f"a span at {shown(start)} to {shown(end)} is outside the text, which has "
            f"{many(len(text), 'character')}. {_REMEDY}."
        )
    label = checked_label(span.label)
    inside = text[start:end]
    if not words.split_words(inside):  # nothing, or only what is not seen
        raise UnreadableError(f"the span at {start} to {end} has only blanks. {_REMEDY}.")
    start += len(inside) - len(inside.lstrip())
    return CharSpan(start, start + len(inside.strip()), label)


def checked_label(value: object) -> str:
    """Return the label of a span as a tag has it; raise UnreadableError if it can be none."""
    label = re.sub(r"\s+", "-", value.strip()) if isinstance(value, str) else ""
    if not label or label == tags.OUTSIDE or re.match("[BIESLU]-.", label):
        remedy = _REMEDY
        if label == tags.OUTSIDE:
            remedy = "Leave out the spans of what is no entity"
        elif label:
            remedy = f"Write {shown(label[2:])} instead"
        elif whole_number(value) is not None:
            remedy = "Export the data with the names of the labels instead of their numbers"
        raise UnreadableError(
            f"a span's label can't be {shown(value)}; use an entity type such as PER. {remedy}."
        )
    if not is_encodable(label):
        raise UnreadableError(
            f"there is half of a surrogate pair in the label {shown(label)} of a span. {_REMEDY}."
        )
    return label


def without_overlaps(spans: Iterable[SpanT]) -> tuple[list[SpanT], list[tuple[SpanT, SpanT]]]:
    """Return the spans that stay, sorted, and each that goes with the one that it overlaps.

    The longest stays, of those as long the one that starts first, then the one given first.
    """
    kept: list[SpanT] = []
    gone: list[tuple[SpanT, SpanT]] = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        rival = _rival(kept, span)
        if rival is None:
            insort(kept, span)
        else:
            gone.append((span, rival))
    return kept, gone


def _rival(kept: list[SpanT], span: SpanT) -> SpanT | None:
    """Return the first of ``kept`` (sorted, disjoint) that overlaps ``span``, None if none does."""
    position = bisect_left(kept, span.start, key=lambda other: other.end)
    # One that ends where the span begins only touches it.
    for other in kept[position : position + 2]:
        if other.start < span.end and span.start < other.end:
            return other
    return None


def _overlap(text: str, span: CharSpan, rival: CharSpan, line: int) -> Fault:
    message = (
        f"the spans {_name(text, span)} and {_name(text, rival)} overlap. The second one was "
        "kept. Remove one of them."
    )
    return Fault("overlap", line, message, shorten(text[span.start : span.end]))


def _misaligned(text: str, span: CharSpan, verb: str, word: words.Word, line: int) -> Fault:
    whole = text[word.start : word.end]
    message = (
        f"the span {_name(text, span)} {verb} inside {shown(whole)}, so the word was split there. "
        "Correct the span if it is wrong."
    )
    return Fault("misaligned", line, message, shorten(whole))


def _name(text: str, span: CharSpan) -> str:
    return f"{shown(text[span.start : span.end])} ({shorten(span.label)})"


def _tags(pieces: list[words.Word], kept: list[CharSpan]) -> list[str]:
    """Return the tags of words that each lie wholly inside a span or outside of all."""
    starts = [piece.start for piece in pieces]
    spans = (
        tags.Span(bisect_left(starts, span.start), bisect_left(starts, span.end), span.label)
        for span in kept
    )
    return tags.encode(spans, len(pieces))
