"""JSON: a sentence an object, as words with tags or as a text with spans of characters."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ner_core.data.readers.json_values import decoded, is_training_pair, json_values
from ner_core.data.readers.rows import (
    Documents,
    char_span,
    checked_word,
    named_tag,
    sentence_of_text,
    sentence_or_empty,
)
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import shorten
from ner_core.errors import DataError

TOKEN_KEYS: tuple[str, ...] = ("tokens", "words", "token", "text")
TAG_KEYS: tuple[str, ...] = ("ner_tags", "tags", "labels", "ner", "ner_labels", "label")
TEXT_KEYS: tuple[str, ...] = ("text", "data")
SPAN_KEYS: tuple[str, ...] = ("spans", "entities", "labels", "label")
DOCUMENT_KEYS: tuple[str, ...] = ("document_id", "doc_id", "document")

_NOT_ACCEPTED = ("reject", "ignore")
_STRING = r"\"(?:[^\"\\]|\\.)*\""
_OBJECT = rf"\{{\s*(?:(?:{_STRING}|'[^'\n]*')\s*:|\}}\s*(?:$|\n))"
_BEGINS_AS_JSON = re.compile(
    rf"\s*(?:{_OBJECT}|\[\s*(?:{_OBJECT}|\[\s*{_STRING}\s*,|{_STRING}\s*,\s*\{{|\]\s*$))"
)

Row = dict[str, Any]


def looks_like_json(head: bytes) -> bool:
    """Return whether a file is JSON or JSON Lines, judged by its first bytes (64 KiB are enough).

    A file counts that begins as an object, a list of rows or a row of spaCy 2, even if it is broken
    further on; a word ``[`` or ``{`` of CoNLL columns does not, nor does inline mark-up.

    >>> looks_like_json(b'{"tokens": ["Ann"'), looks_like_json(b"[Ann](PER) left .")
    (True, False)
    """
    return bool(_BEGINS_AS_JSON.match(decoded(head)))


def read_json(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of a JSON or JSON Lines file (see ``json_values`` for the two).

    A row is an object of one of these kinds; a key whose value is null counts as missing.

    - Words and tags, two lists of the same length: ``TOKEN_KEYS``, ``TAG_KEYS``, the first that
      hold lists. Tags are names, as written, or numbers into ``options.label_names``.
    - A text (``TEXT_KEYS``) and a list of its spans (``SPAN_KEYS``): objects with start, end and
      label (Prodigy, spaCy 3), start_offset and end_offset (doccano), type for label, or lists
      ``[start, end, label]`` (doccano); ``["text", {"entities": [...]}]`` (spaCy 2) is the same.
      An empty list says that there is no entity. See ``sentence_of`` for words and tags.

    ``text`` with ``spans`` comes before words with tags (Prodigy's ``tokens`` are none of ours),
    these before other spans. ``options.token_column`` names the key of the words or the text,
    ``options.tag_column`` that of the tags or spans. Rows that were rejected or ignored in Prodigy
    are passed over. ``DOCUMENT_KEYS`` give the document.

    Raises DataError as ``json_values`` does, and for tags that are numbers without names.
    """
    documents = Documents()
    named = False
    for row in json_values(path):
        if isinstance(row, Fault):
            yield row
            continue
        number, value = row
        try:
            fields = _fields(value)
            if fields.get("answer") in _NOT_ACCEPTED:
                continue
            document = documents.number_of(_document(fields))
            token_key, tag_key = _keys(fields, options)
            words, marks = fields[token_key], fields[tag_key]
            if isinstance(words, str):
                yield from sentence_of_text(words, map(char_span, marks), number, document)
                continue
            _check_lengths(words, marks, token_key, tag_key)
            if not options.label_names and any(_is_number(mark) for mark in marks):
                raise _nameless(path, number, tag_key, named)
            tokens = [checked_word(word) for word in words]
            tags = [named_tag(mark, options.label_names, path) for mark in marks]
            named = named or bool(tags)
            yield sentence_or_empty(tokens, tags, number, document)
        except UnreadableError as error:
            yield Fault("unreadable", number, str(error), _excerpt(value))


def _fields(value: Any) -> Row:
    """Return the fields of a row, without those that are null."""
    if is_training_pair(value):
        value = {**value[1], "text": value[0]}
    if not isinstance(value, dict):
        raise UnreadableError(
            f'this row is {shown(value)}, not an object such as {{"tokens": [...], "tags": '
            f"[...]}}. Correct the row."
        )
    return {key: field for key, field in value.items() if field is not None}


def _document(fields: Row) -> object:
    """Return what names the document of a row, None if nothing does."""
    return next(
        (fields[key] for key in DOCUMENT_KEYS if isinstance(fields.get(key), str | int)), None
    )


def _keys(fields: Row, options: ReadOptions) -> tuple[str, str]:
    """Choose the key of the words or the text, and that of the tags or spans."""
    token_keys, text_keys, tag_keys, span_keys = TOKEN_KEYS, TEXT_KEYS, TAG_KEYS, SPAN_KEYS
    if options.token_column is not None:
        token_keys = text_keys = (options.token_column,)
        given = fields.get(options.token_column)
        if not (_is_text(given) or _is_flat(given)):
            raise _not_there(fields, options.token_column, "a list of words or a text", "token")
    if options.tag_column is not None:
        tag_keys = span_keys = (options.tag_column,)
        if not _is_list(fields.get(options.tag_column)):
            raise _not_there(fields, options.tag_column, "a list of tags or spans", "tag")
    words = _first(fields, token_keys, _is_flat)
    tags = _first(fields, tag_keys, _is_flat)
    text = _first(fields, text_keys, _is_text)
    spans = _first(fields, span_keys, _is_list)
    if text and spans and (spans == "spans" or not (words and tags)):
        return text, spans
    if words and tags:
        return words, tags
    if words:
        raise UnreadableError(
            f"there is a list of words under {words}, but no list of tags under "
            f"{_either(tag_keys)}. Name its key with --tag-column."
        )
    if text:
        raise UnreadableError(
            f"there is a text under {text}, but no list of spans under {_either(span_keys)}. Give "
            "an empty list where there is no entity, or name its key with --tag-column."
        )
    raise UnreadableError(
        "there is no list of words and no text under "
        f"{_either(dict.fromkeys(token_keys + text_keys))}. Name its key with --token-column."
    )


def _first(fields: Row, keys: Iterable[str], fits: Callable[[Any], bool]) -> str | None:
    return next((key for key in keys if fits(fields.get(key))), None)


def _is_text(field: Any) -> bool:
    return isinstance(field, str)


def _is_list(field: Any) -> bool:
    return isinstance(field, list)


def _is_flat(field: Any) -> bool:
    """Return whether a list holds words or tags, not spans or Prodigy's tokens."""
    return isinstance(field, list) and not (field and isinstance(field[0], list | dict))


def _not_there(fields: Row, key: str, wanted: str, option: str) -> UnreadableError:
    return UnreadableError(
        f"the key {shown(key)} has {shown(fields.get(key))}, not {wanted}. Choose another key "
        f"with --{option}-column."
    )


def _either(keys: Iterable[str]) -> str:
    *others, last = keys
    return f"{', '.join(others)} or {last}" if others else last


def _check_lengths(words: list[Any], tags: list[Any], token_key: str, tag_key: str) -> None:
    if len(words) != len(tags):
        raise UnreadableError(
            f"the numbers of words and tags differ: {len(words):,} in {token_key} and "
            f"{len(tags):,} in {tag_key}. Correct the row."
        )


def _is_number(mark: Any) -> bool:
    return isinstance(mark, int) and not isinstance(mark, bool)


def _nameless(path: Path, number: int, key: str, named: bool) -> Exception:
    """Refuse numbers as tags: the file, or only the row where others have names."""
    if named:
        return UnreadableError(
            f"the tags in {key} are numbers here, and names in the rows before. Correct the row."
        )
    return DataError(
        f"{path.name}, line {number}: the tags in {key} are numbers without names. Name them with "
        "--label-names O,B-PER,... ."
    )


def _excerpt(value: Any) -> str:
    """Return the beginning of a row's words, to show which row is meant."""
    if isinstance(value, dict):
        value = next((value[key] for key in TOKEN_KEYS if value.get(key)), "")
    if isinstance(value, list):
        value = " ".join(part for part in value[:40] if isinstance(part, str))
    return shorten(value) if isinstance(value, str) else ""
