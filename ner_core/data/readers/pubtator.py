"""PubTator: a title and an abstract, and lines with the places of entities in the two together."""

import re
from collections.abc import Iterator
from pathlib import Path

from ner_core.config import SpanOffsets
from ner_core.data.readers import rows
from ner_core.data.readers.offset_readings import as_chosen
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.spans import CharSpan, shown
from ner_core.data.readers.text import head_lines, is_blank, numbered_lines, shorten

_TEXT = re.compile(r"([^|\s]+)\|[ta]\|(.*)")
_ENTITY = re.compile(r"[^\t]+\t(\d{1,9})\t(\d{1,9})\t([^\t]*)\t([^\t]+)(\t.*)?")


def looks_like_pubtator(head: bytes) -> bool:
    """Return whether a file begins with a title of PubTator."""
    lines = [line for line in head_lines(head) if not is_blank(line)]
    return bool(lines and re.match(r"[^|\s]+\|t\|", lines[0]))


def read_pubtator(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the documents of such a file, each as one sentence; see ``rows.sentence_of_text``.

    One character stands between title and abstract. A document with a line of annotation whose text
    does not stand at its place is a Fault; relations are passed over. Raises DataError if no
    document can be read.
    """
    yield from rows.or_refuse(path, _records(path, options.span_offsets))


def _records(path: Path, offsets: SpanOffsets) -> Iterator[Record]:
    texts: list[str] = []
    spans: list[tuple[int, CharSpan, str]] = []
    begun = number = document = 0
    for number, line in numbered_lines(path):
        text = _TEXT.fullmatch(line)
        if is_blank(line) or (text and spans):
            document += bool(texts)
            yield from _document(texts, spans, begun, document, offsets)
            texts, spans = [], []
        if text:
            begun = begun if texts else number
            texts.append(text[2])
        elif found := _ENTITY.fullmatch(line):
            spans.append((number, CharSpan(int(found[1]), int(found[2]), found[4]), found[3]))
    yield from _document(texts, spans, begun, document + bool(texts), offsets)


def _document(
    texts: list[str],
    spans: list[tuple[int, CharSpan, str]],
    line: int,
    document: int,
    offsets: SpanOffsets,
) -> Iterator[Record]:
    if not texts:
        return
    text = " ".join(texts)
    read = as_chosen(text, [span for _, span, _ in spans], offsets)
    for span, (number, _, mention) in zip(read, spans, strict=True):
        if text[span.start : span.end] != mention:
            message = (
                f"{shown(mention)} isn't at {span.start} to {span.end}; the text there is "
                f"{shown(text[span.start : span.end])}. Correct the offsets, or say how they "
                "count with --span-offsets."
            )
            yield Fault("unreadable", number, message, shorten(text))
            return
    yield from rows.sentence_of_text(text, read, line, document)
