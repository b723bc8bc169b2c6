"""The shapes of JSON documents: what is wrapped around rows, and rows that are not objects."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from ner_core.data.readers.rows import TEXT_KEYS, WORD_KEYS
from ner_core.data.readers.span_shapes import is_span
from ner_core.data.readers.spans import UnreadableError, shown

WRAPPERS: tuple[str, ...] = (
    "data",
    "examples",
    "sentences",
    "paragraphs",
    "documents",
    "annotations",
    "rows",
)
WRAPPERS += ("rasa_nlu_data", "common_examples", "train", "training_data", "items", "results")
_NAMES_OF_WORD = ("text", "word", "token", "form", "orth", "words")
_NAMES_OF_TAG = ("ner", "ner_tag", "tag", "label", "iob", "bio", "entity", "ner_tags", "pred")
_TAG = re.compile(r"O|-|[BIESLU][-_]\S+|[A-Z][A-Z_]{1,30}")
_SURE_TAG = re.compile(r"O|[BIESLU]-\S+")
_DEEPEST = 6
# What a row has itself, and no wrapper around rows.
_OWN = (*WORD_KEYS, *(key for key in TEXT_KEYS if key not in ("data", "document")))

_KNOWN_BUT_NOT_READ: tuple[tuple[Callable[[dict[str, Any]], bool], str], ...] = (
    (
        lambda row: "doc_key" in row and "sentences" in row,
        "this looks like SciERC or DyGIE, whose spans count the words of a whole document. Convert "
        "it to one row a sentence with tokens and tags",
    ),
    (
        lambda row: "qas" in row or ("context" in row and "question" in row),
        "this looks like questions and answers (SQuAD), not entities. Choose another file",
    ),
    (
        lambda row: any(
            isinstance(value, list)
            and value
            and isinstance(value[0], dict)
            and isinstance(value[0].get("data"), list)
            for value in row.values()
        ),
        "this looks like Snips NLU, whose texts are in pieces. Join the pieces of each to a text "
        "with spans",
    ),
)


def wrapped_rows(document: dict[str, Any]) -> list[Any] | None:
    """Return the rows that an object is wrapped around, None if it is a row itself."""
    if _refusal(document):
        return None
    own = any(isinstance(document.get(key), str | list) for key in _OWN)
    if own and not _has_sentences(document):
        return _of_columns(document)
    for key in WRAPPERS:
        inside = document.get(key)
        if key == "data" and isinstance(document.get("columns"), list):
            return _of_split(document["columns"], inside)
        if key != "annotations" and isinstance(inside, dict) and (found := wrapped_rows(inside)):
            return found
        if isinstance(inside, list) and _are_rows(inside, key):
            return [row for row in inside if row is not None]
    return _of_columns(document) or _of_index(document)


def _refusal(row: dict[str, Any]) -> str | None:
    """Return what to say about an object of a kind that is known and not read."""
    return next((message for fits, message in _KNOWN_BUT_NOT_READ if fits(row)), None)


def _are_rows(inside: list[Any], key: str) -> bool:
    if key in ("data", "examples"):
        return True
    kind = list if key == "annotations" else list | dict  # spans of the row's own text, or rows
    return all(row is None or isinstance(row, kind) for row in inside) and not any(
        is_span(row) for row in inside[:1]
    )


def _has_sentences(document: dict[str, Any]) -> bool:
    """Return whether the sentences of a document are rows beside its text, as spaCy writes them."""
    rows = document.get("sentences")
    return isinstance(rows, list) and any(isinstance(row, dict) and "tokens" in row for row in rows)


def _of_columns(document: dict[str, Any]) -> list[Any] | None:
    """Return the rows of columns: {"tokens": {"0": [...]}} (pandas), {"tokens": [[...]]}."""
    columns = {key: value for key, value in document.items() if isinstance(value, dict | list)}
    if len(columns) < 2 or not any(key in columns for key in _OWN):
        return None
    by_index = {key: value for key, value in columns.items() if isinstance(value, dict)}
    if len(by_index) == len(columns):
        indices = list(next(iter(by_index.values())))
        if all(re.fullmatch(r"\d{1,9}", index) for index in indices):
            return [{key: value.get(index) for key, value in by_index.items()} for index in indices]
    words = next(columns[key] for key in _OWN if key in columns)
    nested = isinstance(words, list) and bool(words) and isinstance(words[0], list)
    lists = {key: value for key, value in columns.items() if len(value) == len(words)}
    if nested and len(lists) > 1 and all(isinstance(value, list) for value in lists.values()):
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    return None


def _of_split(names: list[Any], rows: Any) -> list[Any] | None:
    """Return the rows of ``to_json(orient="split")`` of pandas."""
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return None
    return [dict(zip(map(str, names), row, strict=False)) for row in rows]


def _of_index(document: dict[str, Any]) -> list[Any] | None:
    """Return the rows of ``to_json(orient="index")``: objects under their numbers."""
    rows = list(document.values())
    numbered = all(re.fullmatch(r"\d{1,9}", key) for key in document)
    return rows if rows and numbered and all(isinstance(row, dict) for row in rows) else None


def rows_in(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the rows that a value of JSON stands for, as objects.

    A list of words with tags, a text with its spans, and wrappers around rows become objects with
    ``tokens`` and ``tags``, ``text`` and ``entities``. Raises UnreadableError if it is no row.
    """
    if isinstance(value, list) and value and depth < _DEEPEST:
        if (row := _of_list(value)) is not None:
            yield row
            return
        if all(isinstance(part, list | dict) for part in value):
            for part in value:
                yield from rows_in(part, depth + 1)
            return
    if not isinstance(value, dict):
        raise UnreadableError(
            f'this row is {shown(value)} instead of an object such as {{"tokens": [...], "tags": '
            f"[...]}}. Correct the row."
        )
    if message := _refusal(value):
        raise UnreadableError(f"{message}.")
    inside = wrapped_rows(value) if depth < _DEEPEST else None
    if inside is None:
        yield value
        return
    for part in inside:
        yield from rows_in(part, depth + 1)


def _of_list(value: list[Any]) -> dict[str, Any] | None:
    """Return the object that a list stands for, None if it stands for none."""
    first = value[0]
    if isinstance(first, str) and len(value) == 2:
        if isinstance(value[1], dict):  # spaCy 2: ["text", {"entities": [...]}]
            return {**value[1], "text": first}
        if isinstance(value[1], list) and all(is_span(mark) for mark in value[1]):
            return {"text": first, "entities": value[1]}
    if is_tagged_words(value):
        pairs = [word_and_tag(part) for part in value]
        return {"tokens": [pair[0] for pair in pairs], "tags": [pair[1] for pair in pairs]}
    if len(value) >= 2 and all(_is_strings(part) and len(part) == len(first) for part in value[:2]):
        return {"tokens": first, "tags": value[1]} if _are_tags(value[1]) else None
    return None


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, str) for part in value)


def _are_tags(values: list[Any]) -> bool:
    return all(isinstance(value, str) and _TAG.fullmatch(value) for value in values) and any(
        _SURE_TAG.fullmatch(value) for value in values
    )


def is_tagged_words(value: Any) -> bool:
    """Return whether a list has a sentence, each word as an object or a list with its tag."""
    if not isinstance(value, list) or not value:
        return False
    pairs = [word_and_tag(part) for part in value]
    return all(isinstance(word, str) for word, _ in pairs) and _are_tags([tag for _, tag in pairs])


def word_and_tag(part: Any) -> tuple[Any, Any]:
    """Return a word and its tag from an object (spaCy, stanza) or ``[word, ..., tag]``."""
    if isinstance(part, list) and len(part) > 1:
        return part[0], part[-1]
    if isinstance(part, dict):
        word, tag = (
            next((part[key] for key in keys if isinstance(part.get(key), str)), None)
            for keys in (_NAMES_OF_WORD, _NAMES_OF_TAG)
        )
        return word, "O" if tag == "-" else tag
    return None, None
