"""CoNLL columns: a word and its tag on each line, a blank line between sentences."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ner_core.data.readers import rows
from ner_core.data.readers.sentence import ReadOptions, Record
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import is_blank, numbered_lines

_TAG = re.compile(r"O|[BIESLU]-\S+")
_COMMENT = re.compile(r"#(\s|$)")
_NEW_DOCUMENT = re.compile(r"-DOCSTART-|#\s*newdoc(\s|$)")
# CoNLL-U Plus: https://universaldependencies.org/ext-format.html
_COLUMN_NAMES = re.compile(r"#\s*global\.columns\s*=\s*(\S.*)")
# CoNLL-U: https://universaldependencies.org/format.html; 3-4 is a word written as two, 3.1 none.
_NUMBER = re.compile(r"\d+([-.]\d+)?")
_LOOK_AT_SENTENCES = 200
_LOOK_AT_LINES = 20_000
_MOST = 0.9


@dataclass(frozen=True)
class _Layout:
    """How a file is laid out: columns from 0, and the line that has their names (0: none)."""

    width: int
    token: int
    tag: int
    numbered: bool
    header: int


@dataclass(frozen=True)
class _Sample:
    """The columns of the first sentences, the names of columns, and the line these stand in."""

    lines: list[list[str]]
    names: list[str]
    header: int


def read_conll(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of a CoNLL file; the tags are those of the file, unchecked.

    Columns are separated by tabs where a line has one, otherwise by blanks. The word stands in the
    first column (after a column of token numbers, as in CoNLL-U: the second), the tag in the last,
    unless that never holds a tag and exactly one other column does. A line of names or a comment
    ``# global.columns`` says otherwise, and the options before all. ``-DOCSTART-`` and ``# newdoc``
    number documents; other comments (``# ...``) are passed over.

    A line without a tag, with a blank inside its word, or with another number of columns than most
    makes its sentence a Fault.
    Raises DataError if no sentence can be read, or a column of the options is not there.
    """
    layout = _layout(path, options)
    yield from rows.or_refuse(path, _records(path, layout, options))


def _records(path: Path, layout: _Layout, options: ReadOptions) -> Iterator[Record]:
    sentence = rows.Growing()
    named: dict[str, str] = {}  # a tag is looked at once: there are few of them
    document = 0
    for number, line in numbered_lines(path):
        new_document = line.startswith(("-", "#")) and _is_document_mark(line, layout)
        # A document's mark ends the sentence before it, as a blank line does.
        if new_document or is_blank(line):
            yield from sentence.end(document)
            document += new_document
            continue
        if number == layout.header or (line[0] == "#" and _is_comment(line, layout)):
            continue
        columns = _columns(line, layout.width)
        if layout.numbered and not columns[0].isdecimal() and _NUMBER.fullmatch(columns[0]):
            continue
        try:
            _check(columns, layout)
            word = rows.checked_word(columns[layout.token], "Write one word per line")
            written = columns[layout.tag]
            if written not in named:
                named[written] = rows.named_tag(written, options.label_names, path)
        except UnreadableError as error:
            sentence.spoil(number, str(error), line)
        else:
            sentence.add(word, named[written], number)
    yield from sentence.end(document)


def _columns(line: str, width: int = 0) -> list[str]:
    """Return the columns of a line; empty ones at its end only up to ``width``."""
    if "\t" not in line:
        # Only blanks separate: other white space, a no-break space for one, may be part of a word.
        return re.split(" +", line.strip(" "))
    columns = line.split("\t")
    if " " in line:
        columns = [column.strip(" ") for column in columns]
    while not columns[-1] and len(columns) > max(width, 1):
        columns.pop()
    return columns


def _is_document_mark(line: str, layout: _Layout) -> bool:
    """Return whether a document begins; ``# newdoc`` does not begin one where it is a word."""
    return bool(_NEW_DOCUMENT.match(line)) and (line[0] == "-" or _is_comment(line, layout))


def _is_comment(line: str, layout: _Layout) -> bool:
    """Return whether a line is a comment, not one whose word is ``#``."""
    if not _COMMENT.match(line):
        return bool(_COLUMN_NAMES.match(line))
    columns = _columns(line, layout.width)
    looks_like_a_word = len(columns) == layout.width and _TAG.fullmatch(columns[layout.tag])
    return not looks_like_a_word


def _check(columns: list[str], layout: _Layout) -> None:
    """Raise UnreadableError for a line that holds no word and tag where they are expected."""
    width = layout.width
    if len(columns) == width and columns[layout.token].strip() and columns[layout.tag].strip():
        return
    if not any(columns[1:]):
        raise UnreadableError(
            f"there is only one column ({shown(columns[0])}). Put the word and its tag on each "
            "line, separated by a blank or a tab, the tag in the last column."
        )
    if len(columns) != width:
        raise UnreadableError(
            f"this line has {len(columns)} columns, but most lines have {width}. Give every line "
            "the same columns, separated by tabs or by blanks."
        )
    if not columns[layout.token].strip():
        place = "the first column" if layout.token == 0 else f"column {layout.token + 1}"
        raise UnreadableError(f"there is no word in {place}. Write the word there.")
    raise UnreadableError(
        f"there is no tag in column {layout.tag + 1}. Write O outside of entities."
    )


def _layout(path: Path, options: ReadOptions) -> _Layout:
    sample = _sample(path, options)
    widths = Counter(len(columns) for columns in sample.lines if len(columns) > 1)
    width = widths.most_common(1)[0][0] if widths else max(len(sample.names), 2)
    lines = [columns for columns in sample.lines if len(columns) == width]
    numbered = width > 2 and _mostly(bool(_NUMBER.fullmatch(columns[0])) for columns in lines)
    token = rows.known_column(sample.names, rows.WORD_COLUMNS)
    if options.token_column is not None:
        token = rows.chosen_column(options.token_column, sample.names, width, path)
    token = token if token is not None and token < width else int(numbered)
    tag = rows.known_column(sample.names, rows.TAG_COLUMNS)
    if options.tag_column is not None:
        tag = rows.chosen_column(options.tag_column, sample.names, width, path)
    tag = tag if tag is not None and tag < width else _tag_column(lines, width, token)
    rows.refuse_same_column(token, tag, path)
    return _Layout(width, token, tag, numbered, sample.header)


def _sample(path: Path, options: ReadOptions) -> _Sample:
    lines: list[list[str]] = []
    names: list[str] = []
    header = sentences = 0
    after_blank = True
    for number, line in numbered_lines(path):
        if found := _COLUMN_NAMES.match(line):
            names = names or found[1].split()
        if is_blank(line) or line.startswith("-DOCSTART-") or _COMMENT.match(line):
            after_blank = after_blank or not line.startswith("#")
            continue
        columns = _columns(line)
        if not lines and not names and not header and _is_header(columns, options):
            names, header = columns, number
            continue
        sentences += after_blank
        after_blank = False
        if sentences > _LOOK_AT_SENTENCES or len(lines) == _LOOK_AT_LINES:
            break
        lines.append(columns)
    return _Sample(lines, names, header)


def _is_header(columns: list[str], options: ReadOptions) -> bool:
    """Return whether a line names the columns of words and tags."""
    words = rows.normalised([options.token_column or ""]) + list(rows.WORD_COLUMNS)
    tags = rows.normalised([options.tag_column or ""]) + list(rows.TAG_COLUMNS)
    there = {name for name in rows.normalised(columns) if name and not name.isdecimal()}
    return bool(there.intersection(words) and there.intersection(tags))


def _mostly(values: Iterator[bool]) -> bool:
    found = list(values)
    return sum(found) > _MOST * len(found)


def _tag_column(lines: list[list[str]], width: int, token: int) -> int:
    """Return the column of tags: the last, unless only one other looks like one."""
    if any(_TAG.fullmatch(columns[-1]) for columns in lines):
        return width - 1
    others = [place for place in range(width - 1) if place != token and _holds_tags(lines, place)]
    return others[0] if len(others) == 1 else width - 1


def _holds_tags(lines: list[list[str]], place: int) -> bool:
    """Return whether most of a column is tags; where types are bare (``PER``), it is mostly O."""
    return 2 * sum(bool(_TAG.fullmatch(columns[place])) for columns in lines) > len(lines)
