"""Spans that count words instead of characters, as GLiNER writes them."""

from collections.abc import Iterable, Iterator, Sequence

from ner_core import tags
from ner_core.data.readers.rows import checked_word, sentence_or_empty
from ner_core.data.readers.sentence import Fault, Record
from ner_core.data.readers.spans import (
    CharSpan,
    UnreadableError,
    checked_label,
    shown,
    without_overlaps,
)
from ner_core.data.readers.text import shorten


def sentence_of_word_spans(
    tokens: Sequence[object], spans: Iterable[CharSpan], last: bool, line: int, document: int
) -> Iterator[Record]:
    """Yield words tagged (IOB2) by spans that count them; ``last``: ends are their last words.

    Of spans that overlap the longest stays, and a Fault ``overlap`` names each that goes.
    """
    try:
        words = [checked_word(token) for token in tokens]
        wanted = dict.fromkeys(_checked(span, len(words), last) for span in spans)
    except UnreadableError as error:
        text = " ".join(token for token in tokens[:20] if isinstance(token, str))
        yield Fault("unreadable", line, str(error), shorten(text))
        return
    kept, overlaps = without_overlaps(wanted)
    for overlap in overlaps:
        names = [
            f"{shown(' '.join(words[one.start : one.end]))} ({shorten(one.label)})"
            for one in overlap
        ]
        yield Fault(
            "overlap",
            line,
            f"the spans {names[0]} and {names[1]} overlap. The second one was kept. Remove one of "
            "them.",
        )
    yield sentence_or_empty(words, tags.encode(kept, len(words)), line, document)


def ends_are_last_words(rows: Iterable[tuple[Sequence[object], Sequence[CharSpan]]]) -> bool | None:
    """Return whether the ends of spans are their last words; None if nothing in the rows says."""
    for tokens, spans in rows:
        for span in spans:
            if span.end == len(tokens):
                return False
            if span.start == span.end:
                return True
            if span.text and isinstance(span.end, int) and isinstance(span.start, int):
                for last in (False, True):
                    held = tokens[max(span.start, 0) : max(span.end + last, 0)]
                    if " ".join(map(str, held)).casefold() == span.text.casefold():
                        return last
    return None


def _checked(span: CharSpan, count: int, last: bool) -> tags.Span:
    start, end = span.start, span.end
    if not (isinstance(start, int) and isinstance(end, int)):
        raise UnreadableError(
            f"a span starts or ends at {shown(end if isinstance(start, int) else start)} instead "
            "of at the number of a word. Correct the annotation."
        )
    if not 0 <= start < end + last <= count:
        raise UnreadableError(
            f"a span at {shown(start)} to {shown(end)} is outside the {count:,} words, counted "
            "from 0. Correct the annotation."
        )
    return tags.Span(start, end + last, checked_label(span.label))
