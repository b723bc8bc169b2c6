"""Parquet: a sentence a row, its columns found by their types and names."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ner_core.data.readers import rows
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.span_offsets import Annotated, tagged
from ner_core.data.readers.span_shapes import spans_of
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import shorten
from ner_core.errors import DataError

_MAGIC = b"PAR1"
_ROWS_AT_A_TIME = 1000


@dataclass(frozen=True)
class Columns:
    """The names of the columns that are read, and of the tags where they are numbers."""

    token: str
    tag: str
    document: str | None
    label_names: tuple[str, ...]


def looks_like_parquet(head: bytes) -> bool:
    """Return whether a file is Parquet, judged by its first bytes."""
    return head.startswith(_MAGIC)


def read_parquet(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of a Parquet file, some rows at a time; lines are numbers of rows, from 1.

    A row has a list of words and one of tags, or a text and its spans: a list of structs (see
    ``spans_of``), or the struct of lists that ``datasets`` makes of them. Columns are found
    by type, and by name where several would do (``rows.WORD_COLUMNS``, ``rows.TAG_COLUMNS``). Tags
    that are numbers get their names from ``options.label_names``, else from the features of
    ``datasets`` in the file.

    Raises DataError if the file cannot be read, has no such columns, no names for numbers, or no
    row that can be read.
    """
    yield from rows.or_refuse(path, _records(path, options), "row")


def _records(path: Path, options: ReadOptions) -> Iterator[Record]:
    try:
        with path.open("rb") as raw, pq.ParquetFile(raw) as file:
            columns = columns_of(path, file.schema_arrow, options)
            wanted = [name for name in (columns.token, columns.tag, columns.document) if name]
            batches = file.iter_batches(_ROWS_AT_A_TIME, columns=wanted)
            yield from sentences_of(batches, columns, path, options)
    except OSError as error:
        if error.strerror:
            raise DataError(f"{path} can't be read: {error.strerror}.") from None
        raise _damaged(path) from None
    except (pa.ArrowException, ValueError, KeyError):
        raise _damaged(path) from None


def sentences_of(
    batches: Iterable[Any], columns: Columns, path: Path, options: ReadOptions
) -> Iterator[Record]:
    """Yield the sentences of batches of rows, as Arrow has them."""
    return tagged(_rows(batches, columns, path), options.span_offsets)


def _rows(batches: Iterable[Any], columns: Columns, path: Path) -> Iterator[Annotated | Record]:
    documents = rows.Documents()
    number = 0
    for batch in batches:
        for row in batch.to_pylist():
            number += 1
            document = documents.number_of(row.get(columns.document))
            yield from _row(row, columns, number, document, path)


def _damaged(path: Path) -> DataError:
    return DataError(f"{path.name}: the Parquet file is damaged. Download or write it again.")


def _row(
    row: dict[str, Any], columns: Columns, number: int, document: int, path: Path
) -> Iterator[Annotated | Record]:
    words, marks = row[columns.token], row[columns.tag]
    try:
        if words is None or marks is None:
            missing = columns.token if words is None else columns.tag
            raise _missing(missing)
        if not isinstance(words, str):
            names = columns.label_names
            yield from rows.sentence_of_lists(words, marks, number, document, names, path)
            return
        spans = [span for mark in _structs(marks) for span in spans_of(mark)]
    except UnreadableError as error:
        text = words if isinstance(words, str) else " ".join(map(str, (words or [])[:20]))
        yield Fault("unreadable", number, str(error), shorten(text))
        return
    yield Annotated(words, spans, number, document)


def _missing(column: str) -> UnreadableError:
    return UnreadableError(
        f"there is no value in the column {shown(column)}. Fill it, or remove the row."
    )


def _structs(marks: Any) -> list[Any]:
    """Return the list of structs that a struct of lists stands for."""
    if not isinstance(marks, dict):
        return list(marks)
    lists = [value or [] for value in marks.values()]
    if len({len(value) for value in lists}) > 1:
        raise UnreadableError(
            "the lists of span starts, ends and labels have different lengths. Correct the row."
        )
    return [dict(zip(marks, values, strict=True)) for values in zip(*lists, strict=True)]


# Which column is which


def columns_of(path: Path, schema: Any, options: ReadOptions) -> Columns:
    """Return which columns have words and tags. Raises DataError if that is not clear."""
    places = _places(schema, options, _is_words, _is_tags) or _places(
        schema, options, _is_text, _is_spans
    )
    if places is None:
        fields = (f"{shorten(field.name)} ({shorten(str(field.type))})" for field in schema)
        found = rows.listed(fields, most=4) or "no columns"
        raise DataError(
            f"{path.name}: can't tell which columns have a list of words and a list of tags, or a "
            f"text and a list of spans. The file has {found}. Say which to read with "
            "--token-column and --tag-column."
        )
    token, tag = places
    names = options.label_names or tuple(_class_names(schema, tag))
    if not names and pa.types.is_integer(_element(schema.field(tag).type) or pa.null()):
        raise DataError(
            f"{path.name}: the tags in {shown(tag)} are numbers without names. Name them, from 0 "
            "on, with --label-names O,B-PER,... ."
        )
    document = rows.known_column(schema.names, rows.DOCUMENT_COLUMNS)
    return Columns(token, tag, None if document is None else schema.names[document], names)


def _places(
    schema: Any,
    options: ReadOptions,
    is_token: Callable[[Any], bool],
    is_tag: Callable[[Any], bool],
) -> tuple[str, str] | None:
    """Return a column for words and one for tags of these types, None if there are none."""
    tag = _pick(schema, options.tag_column, rows.TAG_COLUMNS, is_tag, [])
    token = _pick(schema, options.token_column, rows.WORD_COLUMNS, is_token, [tag])
    if tag is None:  # under a name of its own: the only one of its type beside the words
        tag = _pick(schema, options.tag_column, rows.TAG_COLUMNS, is_tag, [token])
    return None if token is None or tag is None else (token, tag)


def _pick(
    schema: Any,
    wanted: str | None,
    known: tuple[str, ...],
    fits: Callable[[Any], bool],
    taken: list[str | None],
) -> str | None:
    fitting = [field.name for field in schema if fits(field.type) and field.name not in taken]
    if wanted is not None:
        return wanted if wanted in fitting else None
    place = rows.known_column(fitting, known)
    if place is None:
        return fitting[0] if len(fitting) == 1 else None
    return str(fitting[place])


def _element(kind: Any) -> Any:
    """Return the type of a list's elements, None if a type is not a list."""
    types = pa.types
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return kind.value_type if is_list else None


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_words(kind: Any) -> bool:
    return _is_text(_element(kind) or pa.null())


def _is_tags(kind: Any) -> bool:
    return _is_words(kind) or bool(pa.types.is_integer(_element(kind) or pa.null()))


def _is_spans(kind: Any) -> bool:
    if pa.types.is_struct(kind):
        return all(_element(field.type) is not None for field in kind)
    return bool(pa.types.is_struct(_element(kind) or pa.null()))


def _class_names(schema: Any, column: str) -> list[str]:
    """Return the names of a ClassLabel in the features that ``datasets`` writes into a file.

    They are JSON under the key ``huggingface``: {"info": {"features": {column: ...}}}, where lists
    were written as {"feature": ..., "_type": "Sequence"} or "List", and as [...].
    """
    try:
        feature = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"][column]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []
    while not (isinstance(feature, dict) and feature.get("_type") == "ClassLabel"):
        if isinstance(feature, list) and len(feature) == 1:
            feature = feature[0]
        elif isinstance(feature, dict) and "feature" in feature:
            feature = feature["feature"]
        else:
            return []
    names = feature.get("names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return []
    return names
