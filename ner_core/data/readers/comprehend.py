"""Amazon Comprehend: a folder with texts, one a line, and a table with the places of entities."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from ner_core.data.readers import rows
from ner_core.data.readers.csv_rows import split_line, table_rows
from ner_core.data.readers.offset_readings import as_chosen
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.spans import CharSpan
from ner_core.data.readers.text import numbered_lines, shorten
from ner_core.errors import DataError

# https://docs.aws.amazon.com/comprehend/latest/dg/cer-annotation-csv.html
COLUMNS = ("file", "line", "begin_offset", "end_offset", "type")
_LONGEST_HEADER = 1000


def comprehend_table(folder: Path) -> Path | None:
    """Return the table of entities in a folder, None if there is none."""
    return next((path for path in sorted(folder.glob("*.csv")) if _has_columns(path)), None)


def _has_columns(path: Path) -> bool:
    with path.open("rb") as file:
        header = file.readline(_LONGEST_HEADER).decode("utf-8-sig", "replace")
    return rows.normalised(split_line(header.strip(), ",")) == list(COLUMNS)


def read_comprehend(folder: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the lines of the texts that the table names. Raises DataError if none can be read, or a
    text is not in the folder.
    """
    yield from rows.or_refuse(folder, _records(folder, options))


def _records(folder: Path, options: ReadOptions) -> Iterator[Record]:
    table = comprehend_table(folder)
    spans: defaultdict[str, defaultdict[int, list[CharSpan]]]
    spans = defaultdict(lambda: defaultdict(list))
    for number, cells in table_rows(table, ",", 1) if table else ():
        if isinstance(cells, str) or not any(cells):
            continue
        if len(cells) != len(COLUMNS) or not all(cell.strip().isdecimal() for cell in cells[1:4]):
            message = "a row lacks the file, line, begin, end or type of an entity. Correct it."
            raise DataError(f"{folder.name}, line {number} of its table: {message}")
        line, start, end = (int(cell) for cell in cells[1:4])
        spans[cells[0]][line].append(CharSpan(start, end, cells[4]))
    for document, (name, found) in enumerate(spans.items(), start=1):
        path = folder / Path(name).name  # never outside of the folder
        if not path.is_file():
            raise DataError(f"{folder.name} has no file {shorten(name)!r}, which its table names.")
        last = -1
        for number, text in numbered_lines(path):
            last = number - 1  # the table counts from 0
            moved = as_chosen(text, found.get(last, []), options.span_offsets)
            yield from rows.sentence_of_text(text, moved, number, document)
        for line in found:
            if line > last:
                message = f"{shorten(name)} has no line {line}, which the table names. Correct it."
                yield Fault("unreadable", line + 1, message)
