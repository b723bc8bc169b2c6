"""CoNLL columns: a word and its tag on each line, a blank line between sentences."""

import re
from collections.abc import Iterator
from pathlib import Path

from ner_core.data.readers import rows
from ner_core.data.readers.columns import (
    COLUMN_NAMES,
    COMMENT,
    FEATURE,
    NUMBER,
    TAG,
    Layout,
    columns_of,
    layout_of,
)
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import is_blank, numbered_lines
from ner_core.tags import OUTSIDE

_NEW_DOCUMENT = re.compile(
    r"-DOCSTART-|#+\s*(newdoc|(begin )?document|docstart|medline|hipe2022:document_id)\b",
    re.IGNORECASE,
)
# A line that stands alone and marks a part of a document: <HEADLINE>
_MARK_UP = re.compile(r"</?[A-Za-z][\w-]*>")
# A line that some write between sentences.
_SEPARATOR = re.compile(r"[-=*_.#~]{2,}|EOS|<eos>|</?s>", re.IGNORECASE)
# The end of a sentence in files of HIPE, which have no blank lines between sentences.
_ENDS = "EndOfSentence"


def read_conll(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of a CoNLL file; the tags are those of the file, unchecked.

    Columns are separated by tabs where a line has one, otherwise by blanks. The word stands in the
    first column (after a column of token numbers, as in CoNLL-U: the second). The tag stands in the
    first column that has tags of entities, not of phrases; where none has, in the last. A line of
    names or a comment ``# global.columns`` says otherwise, and the options before all. Where there
    are no blank lines, a column that numbers the sentences ends them. Marks such
    as ``-DOCSTART-`` and ``# newdoc`` number documents; other comments are passed over.

    A line without a tag, with a blank inside its word, or with another number of columns than most
    makes its sentence a Fault.
    Raises DataError if no sentence can be read, or a column of the options is not there.
    """
    layout = layout_of(path, options)
    for guess in layout.guesses:
        yield Fault("guess", 0, guess)
    for doubt in layout.doubts:
        yield Fault("odd", 0, doubt)
    yield from rows.or_refuse(path, _records(path, layout, options))


def _records(path: Path, layout: Layout, options: ReadOptions) -> Iterator[Record]:
    sentence = rows.Growing()
    named: dict[str, str] = {}  # a tag is looked at once: there are few of them
    document = 0
    begun = ""  # the sentence by the column that numbers them
    for number, line in numbered_lines(path):
        new_document = line.startswith(("-", "#")) and _is_document_mark(line, layout)
        # A document's mark ends the sentence before it, as a blank line does.
        if new_document or is_blank(line):
            yield from sentence.end(document)
            document += new_document
            continue
        if number == layout.header or (line[0] == "#" and _is_comment(line, layout)):
            continue
        columns = columns_of(line, layout.width)
        if sentence.is_empty and _stands_alone(columns):
            document += bool(_NEW_DOCUMENT.match(line))
            continue
        if layout.numbered and not columns[0].isdecimal() and NUMBER.fullmatch(columns[0]):
            continue
        if layout.sentence is not None and layout.sentence < len(columns):
            value = columns[layout.sentence].strip()
            if value not in ("", begun):
                yield from sentence.end(document)
                begun = value
        try:
            _check(columns, layout)
            word = columns[layout.token].removeprefix(layout.prefix)
            word = rows.checked_word(word, "Write one word per line")
            written = _tag(columns[layout.tag], layout)
            if written not in named:
                named[written] = rows.named_tag(written, options.label_names, path)
        except UnreadableError as error:
            sentence.spoil(number, str(error), line)
        else:
            sentence.add(word, named[written], number)
        if layout.names and columns[-1].endswith(_ENDS):
            yield from sentence.end(document)
    yield from sentence.end(document)


def _tag(cell: str, layout: Layout) -> str:
    """Return the tag in a cell: all of it, or one feature of several."""
    if not layout.features:
        return cell
    found = FEATURE.fullmatch(cell)
    return found[1] if found else OUTSIDE


def _stands_alone(columns: list[str]) -> bool:
    """Return whether a line before a sentence is a mark and no word: ``#227508``, ``<BODY>``."""
    return not any(columns[1:]) and (
        columns[0].startswith("#") or bool(_MARK_UP.fullmatch(columns[0]))
    )


def _is_document_mark(line: str, layout: Layout) -> bool:
    """Return whether a document begins; ``# newdoc`` does not begin one where it is a word."""
    return bool(_NEW_DOCUMENT.match(line)) and (line[0] == "-" or _is_comment(line, layout))


def _is_comment(line: str, layout: Layout) -> bool:
    """Return whether a line is a comment, not one whose word is ``#``."""
    if not COMMENT.match(line):
        return bool(COLUMN_NAMES.match(line))
    columns = columns_of(line, layout.width)
    looks_like_a_word = len(columns) == layout.width and TAG.fullmatch(columns[layout.tag])
    return not looks_like_a_word


def _check(columns: list[str], layout: Layout) -> None:
    """Raise UnreadableError for a line that holds no word and tag where they are expected."""
    width = layout.width
    if len(columns) == width and columns[layout.token].strip() and columns[layout.tag].strip():
        return
    if not any(columns[1:]) and _SEPARATOR.fullmatch(columns[0]):
        raise UnreadableError(
            f"there is only {shown(columns[0])}. If a sentence ends here, leave the line blank."
        )
    if not any(columns[1:]) and " " in columns[0].strip(" "):
        raise UnreadableError(
            f"this line mixes a tab with blanks: {shown(columns[0])} before the tab counts as one "
            "column. Separate all columns by tabs, or all by blanks."
        )
    if not any(columns[1:]):
        raise UnreadableError(
            f"there is only a word here ({shown(columns[0])}), without a tag. Write a tag after "
            "it, separated by a blank or a tab."
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
