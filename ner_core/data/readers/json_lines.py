"""JSON: a sentence an object, as words with tags or as a text with spans of characters."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ner_core.data.readers.json_rows import Row, excerpt, given_by
from ner_core.data.readers.json_shapes import rows_in
from ner_core.data.readers.json_values import Value, decoded, json_values
from ner_core.data.readers.remarks import Remarks
from ner_core.data.readers.rows import Documents, checked_word, named_tag, sentence_or_empty
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.span_offsets import Annotated, tagged
from ner_core.data.readers.spans import UnreadableError
from ner_core.errors import DataError

DOCUMENT_KEYS: tuple[str, ...] = ("document_id", "doc_id", "document")

_NOT_ACCEPTED = ("reject", "ignore")
_STRING = r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
_OBJECT = rf"\{{\s*(?:{_STRING}\s*:|\}}\s*(?:$|\n))"
_BEGINS_AS_JSON = re.compile(
    rf"\s*(?:(?:[\[(]\s*){{0,4}}{_OBJECT}|(?:[\[(]\s*){{2,4}}{_STRING}\s*,"
    rf"|[\[(]\s*(?:{_STRING}\s*,\s*[{{\[]|\]\s*$))"
)


def looks_like_json(head: bytes) -> bool:
    """Return whether a file is JSON or JSON Lines, judged by its first bytes (64 KiB are enough).

    A file counts that begins as an object, a list of rows or a row of spaCy 2, even if it is broken
    further on, and what Python prints for these; a word ``[`` or ``{`` of CoNLL columns does not,
    nor does inline mark-up.

    >>> looks_like_json(b'{"tokens": ["Ann"'), looks_like_json(b"[Ann](PER) left .")
    (True, False)
    """
    return bool(_BEGINS_AS_JSON.match(decoded(head)))


def read_json(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of a JSON or JSON Lines file (see ``json_values`` for the two).

    A row is one of these, after what is wrapped around it was taken off (see ``rows_in``); a key
    whose value is null counts as missing. The names of keys are in ``rows`` and ``span_shapes``.

    - Words and tags, two lists of the same length. Tags are names, as written, or numbers into
      ``options.label_names``.
    - A text and its spans, in any shape that ``spans_of`` knows. An empty list says that there is
      no entity. See ``sentence_of`` for words and tags, ``tagged`` for offsets.
    - Words and spans that count them.

    ``text`` with ``spans`` comes before words with tags (Prodigy's ``tokens`` are none of ours),
    these before other spans. ``options.token_column`` names the key of the words or the text,
    ``options.tag_column`` that of the tags or spans. Rows that were rejected or ignored in Prodigy
    are passed over. ``DOCUMENT_KEYS`` give the document.

    Raises DataError as ``json_values`` does, and for tags that are numbers without names.
    """
    yield from tagged(read_rows(path, json_values(path), options), options.span_offsets)


def read_rows(
    path: Path, values: Iterable[Value | Fault], options: ReadOptions
) -> Iterator[Annotated | Record]:
    """Yield sentences, and texts with their spans, of values of JSON; see ``read_json``.

    Rows inside of a row of a list are counted with the others; those in a line have its number.
    """
    documents, remarks = Documents(), Remarks()
    named = False
    more = 0  # rows inside of others so far
    for value in values:
        if isinstance(value, Fault):
            yield value
            continue
        try:
            inside = list(rows_in(value.value))
        except UnreadableError as error:
            yield Fault("unreadable", value.number + more, str(error), excerpt(value.value))
            continue
        number = value.number + more
        step = 1 if value.in_list else 0
        more += step * max(len(inside) - 1, 0)
        many = len(inside) > 1 and not value.in_list
        for place, fields in enumerate(inside, start=1):
            number += step * (place > 1)
            if fields.get("answer") in _NOT_ACCEPTED or _is_settings(fields):
                continue
            try:
                row = given_by(fields, options)
                yield from remarks.several(number, row.remarks)
                document = documents.number_of(_document(fields, row))
                if row.tags is None:
                    yield Annotated(
                        row.text, row.spans, number, document, row.missing, row.words, row.last
                    )
                    continue
                if not options.label_names and any(_is_number(tag) for tag in row.tags):
                    raise _nameless(path, number, row.tag_key, named)
                tokens = [checked_word(word) for word in row.words or []]
                tags = [named_tag(mark, options.label_names, path) for mark in row.tags]
                named = named or bool(tags)
                yield sentence_or_empty(tokens, tags, number, document)
            except UnreadableError as error:
                where = f"row {place:,} of those in it: " if many else ""
                yield Fault("unreadable", number, f"{where}{error}", excerpt(fields))


def _is_settings(fields: dict[str, Any]) -> bool:
    """Return whether an object holds the settings of an export (Oracle), not a text."""
    return "labelsSet" in fields and "annotationFormat" in fields


def _document(fields: dict[str, Any], row: Row) -> object:
    """Return what names the document of a row, None if nothing does."""
    return next(
        (
            fields[key]
            for key in DOCUMENT_KEYS
            if isinstance(fields.get(key), str | int) and key != row.token_key
        ),
        None,
    )


def _is_number(mark: Any) -> bool:
    if isinstance(mark, str):
        return re.fullmatch("[0-9]{1,6}", mark.strip()) is not None
    return isinstance(mark, int) and not isinstance(mark, bool)


def _nameless(path: Path, number: int, key: str, named: bool) -> Exception:
    """Refuse numbers as tags: the file, or only the row where others have names."""
    if named:
        return UnreadableError(
            f"the tags in {key} are numbers here, but names in the rows before. Correct the row."
        )
    return DataError(
        f"{path.name}, line {number}: the tags in {key} are numbers without names. Name them with "
        "--label-names O,B-PER,... ."
    )
