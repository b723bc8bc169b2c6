"""CSV: a word a row, as the data set of Kaggle has it, or a whole sentence a row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ner_core.data.readers import rows
from ner_core.data.readers.comprehend import COLUMNS
from ner_core.data.readers.csv_characters import is_characters, text_of_characters
from ner_core.data.readers.csv_lists import is_list, is_word_list, marks_of, words_of
from ner_core.data.readers.csv_rows import (
    DELIMITERS,
    check_width,
    first_line,
    split_line,
    table_rows,
)
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.sentence_column import sentence_column
from ner_core.data.readers.span_offsets import Annotated, tagged
from ner_core.data.readers.span_shapes import spans_of
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import head_lines, is_blank, numbered_lines, shorten
from ner_core.errors import DataError

_LOOK_AT_ROWS = 200
_LOOK_AT_WORDS = 5000
# Beside those that all formats know; ids of sentences begin anew in each file.
_DOCUMENT_COLUMNS = (*rows.DOCUMENT_COLUMNS, "file", "filename", "file_name", "article", "doc_name")
_TAG = re.compile(r"O|[BIESLU]-\S+")
_CONLL_OR_INLINE = re.compile(r"\s(O|[BIESLU]-\S+)\s*$|\]\(")


@dataclass(frozen=True)
class _Table:
    """The layout of a table: columns from 0, and the number of lines above the first row."""

    path: Path
    delimiter: str
    width: int
    header: int
    token: int
    tag: int
    sentence: int | None
    document: int | None
    names: tuple[str, ...] = ()


def _cell(cells: list[str], place: int | None) -> str:
    """Return the cell of a column without blanks around it, empty if there is none."""
    return "" if place is None or place >= len(cells) else cells[place].strip(" ")


def looks_like_csv(head: bytes) -> bool:
    """Return whether a file is a table, judged by its first bytes.

    It is if its first line names columns for words and for tags; with tabs between them only if it
    has what CoNLL columns have not: numbers of sentences, or lists. Under other names, lines count
    that all have the same number of commas or semicolons and do not end in a tag of CoNLL.
    """
    lines = head_lines(head)
    header, line = first_line(enumerate(lines, start=1))
    delimiter = _delimiter(line)
    if delimiter is None:
        whole = [line for line in lines[:-1] if not is_blank(line)]  # the last may be cut short
        return any(_is_regular(whole, delimiter) for delimiter in ",;")
    following = (line for line in lines[header:] if not is_blank(line))
    names = split_line(line, delimiter)
    return (
        delimiter != "\t"
        or rows.known_column(names, rows.SENTENCE_COLUMNS) is not None
        or any(is_list(cell) for cell in split_line(next(following, ""), "\t"))
    )


def _is_regular(lines: list[str], delimiter: str) -> bool:
    widths = {len(split_line(line, delimiter)) for line in lines}
    return (
        len(lines) > 1
        and len(widths) == 1
        and widths != {1}
        and not any(_CONLL_OR_INLINE.search(line) for line in lines)
    )


def read_csv(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of a table with a header; ``,``, ``;`` or a tab between its columns.

    The columns are found by their names (``rows.WORD_COLUMNS``, ``rows.TAG_COLUMNS``), or given by
    the options; the content of the tag column decides which of these it is:

    - A tag: each row is a word. A sentence ends at an empty row, and where a column such as
      ``Sentence #`` or ``doc_id`` has a new value. Such a column is also found by its content, or
      given by ``options.sentence_column``.
    - A list (JSON, or as Python prints it): each row is a sentence. Beside a list of words, or
      words between blanks, it has their tags; otherwise the spans of a text, see
      ``spans_of`` and ``tagged``.

    The lines of faults are those where a row starts. Raises DataError if there are no such
    columns, no sentence can be read, or tags are numbers without names.
    """
    table = _table(path, options)
    looked_at = islice(table_rows(table.path, table.delimiter, table.header), _LOOK_AT_ROWS)
    head = [cells for _, cells in looked_at if isinstance(cells, list)]
    read = _words
    if any(is_list(_cell(cells, table.tag)) for cells in head):
        read = _sentences
    elif is_characters(cells[table.token] for cells in head if len(cells) > table.token):
        read = _characters
    elif options.sentence_column is not None:
        place = rows.chosen_column(options.sentence_column, table.names, table.width, path)
        table = replace(table, sentence=place, document=_unless(place, table.document))
        yield rows.sentences_by(table.names, place)
    elif table.sentence is None and (found := _sentence_column(table)) is not None:
        table = replace(table, sentence=found)
        yield rows.sentences_by(table.names, found)
    if options.sentence_column is not None and read is not _words:
        yield rows.NO_WORD_ROWS
    yield from rows.or_refuse(path, tagged(read(table, options), options.span_offsets))


def _unless(taken: int, place: int | None) -> int | None:
    return None if place == taken else place


def _sentence_column(table: _Table) -> int | None:
    """Return the column that numbers sentences; None if blank rows end them, or nothing does."""
    lines = islice(numbered_lines(table.path), table.header, table.header + _LOOK_AT_WORDS)
    words = [split_line(line, table.delimiter) for _, line in lines]
    while words and is_blank("".join(words[-1])):
        words.pop()
    if any(is_blank("".join(cells)) for cells in words):
        return None
    whole = [cells for cells in words if len(cells) == table.width]
    return sentence_column(whole, (table.token, table.tag, table.document))


def _delimiter(line: str) -> str | None:
    """Return the delimiter with which a header has columns for words and for tags."""
    for delimiter in DELIMITERS:
        names = split_line(line, delimiter)
        token = rows.known_column(names, rows.WORD_COLUMNS)
        if token is not None and rows.known_column(names, rows.TAG_COLUMNS) is not None:
            return delimiter
    return None


def _table(path: Path, options: ReadOptions) -> _Table:
    names: list[str]
    token: int | None
    tag: int | None
    header, line = first_line(numbered_lines(path))
    delimiter = _delimiter(line) or max(DELIMITERS, key=line.count)
    cells = split_line(line, delimiter)
    tag_places = [place for place, cell in enumerate(cells) if _TAG.fullmatch(cell.strip())]
    if tag_places:  # without a header: the first line is a word and its tag
        names, token, tag = [], 0, tag_places[-1]
        header -= 1
    else:
        names = cells
        token = rows.known_column(names, rows.WORD_COLUMNS)
        tag = rows.known_column(names, rows.TAG_COLUMNS)
    if options.token_column is not None:
        token = rows.chosen_column(options.token_column, names, len(cells), path)
    if options.tag_column is not None:
        tag = rows.chosen_column(options.tag_column, names, len(cells), path)
    if token is None or tag is None:
        if rows.normalised(names) == list(COLUMNS):
            raise DataError(
                f"{path.name} is a table from Amazon Comprehend, without its texts. Choose the "
                "folder that has both."
            )
        columns = rows.listed(map(shown, names)) if line else "none"
        raise DataError(
            f"{path.name} has no columns such as word and tag, or text and entities. Its columns: "
            f"{columns}. Say which to read with --token-column and --tag-column."
        )
    rows.refuse_same_column(token, tag, path)
    sentence, document = (
        place if place not in (token, tag) else None
        for place in (
            rows.known_column(names, rows.SENTENCE_COLUMNS),
            rows.known_column(names, _DOCUMENT_COLUMNS),
        )
    )
    return _Table(path, delimiter, len(cells), header, token, tag, sentence, document, tuple(names))


# A word a row


def _words(table: _Table, options: ReadOptions) -> Iterator[Annotated | Record]:
    """Read sentences word by word. A word spans no lines, so no stray quote can swallow any."""
    sentence, documents = rows.Growing(), rows.Documents()
    begun, document = "", 0
    for number, line in islice(numbered_lines(table.path), table.header, None):
        cells = split_line(line, table.delimiter)
        word, tag, named = (
            _cell(cells, place) for place in (table.token, table.tag, table.sentence)
        )
        # More columns than the header has are no empty row, but a comma without quotation marks.
        empty = is_blank(word) and is_blank(tag) and not any(cells[table.width :])
        new_document = documents.number_of(_cell(cells, table.document)) or document
        if named not in ("", begun) or new_document != document or (empty and not named):
            yield from sentence.end(document)
            begun, document = named, new_document
        if empty:
            continue
        try:
            check_width(cells, table.width, max(table.token, table.tag))
            rows.refuse_nameless(tag, options.label_names)
            sentence.add(
                rows.checked_word(word),
                rows.named_tag(tag, options.label_names, table.path),
                number,
            )
        except UnreadableError as error:
            sentence.spoil(number, str(error), line)
    yield from sentence.end(document)


def _characters(table: _Table, options: ReadOptions) -> Iterator[Annotated | Record]:
    """Read texts character by character, blanks as well, as doccano writes them."""
    key = table.sentence if table.sentence is not None else 0
    rows_of_text: list[tuple[str, str, int]] = []
    begun = ""
    for number, cells in table_rows(table.path, table.delimiter, table.header):
        if isinstance(cells, str):
            yield Fault("unreadable", number, cells)
            continue
        named = _cell(cells, key)
        if key not in (table.token, table.tag) and named != begun:
            yield from text_of_characters(rows_of_text)
            rows_of_text, begun = [], named
        tag = _cell(cells, table.tag)
        if tag:
            name = rows.named_tag(tag, options.label_names, table.path)
            rows_of_text.append((cells[table.token], name, number))
    yield from text_of_characters(rows_of_text)


# A sentence a row


def _sentences(table: _Table, options: ReadOptions) -> Iterator[Annotated | Record]:
    documents = rows.Documents()
    for number, cells in table_rows(table.path, table.delimiter, table.header):
        if isinstance(cells, str):
            yield Fault("unreadable", number, cells)
        elif not all(is_blank(cell) for cell in cells):
            document = documents.number_of(_cell(cells, table.document))
            yield from _sentence(table, cells, number, document, options)


def _sentence(
    table: _Table, cells: list[str], number: int, document: int, options: ReadOptions
) -> Iterator[Annotated | Record]:
    text = cells[table.token] if table.token < len(cells) else ""
    try:
        check_width(cells, table.width, max(table.token, table.tag))
        marks = marks_of(cells[table.tag])
        if is_word_list(text) or (marks and all(isinstance(mark, str | int) for mark in marks)):
            words, names = words_of(text), options.label_names
            yield from rows.sentence_of_lists(words, marks, number, document, names, table.path)
            return
        spans = [span for mark in marks for span in spans_of(mark)]
    except UnreadableError as error:
        yield Fault("unreadable", number, str(error), shorten(text.strip()))
        return
    yield Annotated(text, spans, number, document)
