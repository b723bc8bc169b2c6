"""brat: a folder with the text of each document (``.txt``) and its entities (``.ann``)."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ner_core.data.readers import rows
from ner_core.data.readers.offset_readings import as_chosen
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.spans import CharSpan, UnreadableError, shown
from ner_core.data.readers.text import shorten
from ner_core.errors import DataError

_ENTITY = re.compile(r"T\d+\t(\S+) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)\t?(.*)")
_MOST_FILES = 100_000


def brat_files(folder: Path) -> list[Path]:
    """Return the texts of a folder that have a file of annotation beside them."""
    return sorted(
        path.with_suffix(".txt")
        for path in islice(folder.glob("*.ann"), _MOST_FILES)
        if path.with_suffix(".txt").is_file()
    )


def read_brat(folder: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the documents of a folder, a sentence a line; their numbers are the places of faults.

    A line end inside an entity ends no sentence. An entity in several parts is read from its first
    to its last character, with a Fault ``odd``; relations, events and notes are passed over. A
    document whose annotation does not fit its text is a Fault. Raises DataError if none can be
    read.
    """
    yield from rows.or_refuse(folder, _records(folder, options), "document")


def _records(folder: Path, options: ReadOptions) -> Iterator[Record]:
    for number, path in enumerate(brat_files(folder), start=1):
        text = _text(path)
        spans: list[CharSpan] = []
        try:
            for line in _text(path.with_suffix(".ann")).splitlines():
                if found := _ENTITY.fullmatch(line):
                    if ";" in found[2]:
                        message = "entities in several parts were read from first part to last"
                        yield Fault("odd", number, message, f"{path.name}: {shorten(found[3])}")
                    spans.append(_span(text, found, options))
        except UnreadableError as error:
            yield Fault("unreadable", number, f"{path.name}: {error}", shorten(text))
            continue
        for start, end in _lines(text, spans):
            inside = [
                CharSpan(span.start - start, span.end - start, span.label)
                for span in spans
                if start <= span.start < end
            ]
            if text[start:end].strip():
                line = re.sub(r"[\r\n]", " ", text[start:end])
                yield from rows.sentence_of_text(line, inside, number, number)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not UTF-8 text. Save the file as UTF-8.") from None


def _span(text: str, found: re.Match[str], options: ReadOptions) -> CharSpan:
    places = [int(place) for place in re.split("[ ;]", found[2])]
    written = CharSpan(min(places), max(places), found[1])
    (span,) = as_chosen(text, [written], options.span_offsets)
    start, end = span.start, span.end
    there = re.sub(r"\s+", " ", text[start:end])
    if len(places) == 2 and there != re.sub(r"\s+", " ", found[3]):
        raise UnreadableError(
            f"{shown(found[3])} isn't at {start} to {end}; the text there is {shown(there)}. "
            "Correct the offsets, or say how they count with --span-offsets."
        )
    return span


def _lines(text: str, spans: list[CharSpan]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each line; one that ends inside an entity goes on."""
    inner = sorted((span.start, span.end) for span in spans)
    start = place = reached = 0
    for match in re.finditer(r"\n|\Z", text):
        while place < len(inner) and inner[place][0] < match.start():
            reached = max(reached, inner[place][1])
            place += 1
        if reached <= match.start():
            yield start, match.start()
            start = match.end()
