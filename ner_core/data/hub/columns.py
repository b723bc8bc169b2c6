"""Which columns of a dataset on the Hub are the words and the tags, by its features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
from datasets import ClassLabel, Features, LargeList, List, Value

from ner_core.data.readers.rows import TAG_COLUMNS, WORD_COLUMNS
from ner_core.data.readers.sentence import ReadOptions
from ner_core.errors import DataError

_TAGS_OF_OTHER_KINDS = frozenset(
    {"pos_tags", "chunk_tags", "upos", "xpos", "pos", "chunk", "lemmas", "langs", "deprel"}
)


def features_of_file(path: Path, card: Mapping[str, Any]) -> dict[str, Any]:
    """Return the features of a Parquet file; the card may name what plain numbers stand for.

    A file that cannot be read has none: its reader says why.
    """
    try:
        schema = pyarrow.parquet.read_schema(path)
    except (OSError, pyarrow.ArrowException):
        return {}
    try:
        features = dict(Features.from_arrow_schema(schema))
    except (ValueError, TypeError, LookupError, AttributeError):
        # What datasets wrote into the file was written by a version with other features.
        features = dict(Features.from_arrow_schema(schema.remove_metadata()))
    named = {column: told for column, told in card.items() if _is_labels(told)}
    return {
        column: named.get(column, feature) if _is_numbers(feature) else feature
        for column, feature in features.items()
    }


def options_from_features(
    features: Mapping[str, Any], options: ReadOptions, name: str
) -> ReadOptions:
    """Complete the options: which column has the words, which the tags, and what numbers mean.

    Words are lists of strings; tags are lists of class labels, of strings, or of whole numbers, in
    this order of preference. Names that public corpora use come first. What a person chose stays.
    Where no column is a list of words (a text with spans, for one), the options stay as they are.

    Raises DataError, naming the dataset ``name``, if several columns remain, or if tags are numbers
    without names.
    """
    if options.tag_column and options.tag_column not in features:
        return options  # a mistake, which the reader explains
    words = [column for column in features if _is_words(features[column])]
    tags = options.tag_column or _tag_column(features, words, name)
    tokens = options.token_column
    if not tokens:
        candidates = [column for column in words if column not in (tags, *_TAGS_OF_OTHER_KINDS)]
        if len(candidates) > 1:  # a second list of tags, perhaps
            candidates = [
                column for column in candidates if column not in TAG_COLUMNS
            ] or candidates
        tokens = _preferred(candidates, WORD_COLUMNS) or _only(candidates, "words", "token", name)
    if not tags or not tokens:
        return options
    names = options.label_names
    if not names and _is_numbers(features[tags]):
        raise DataError(
            f"The tags of {name} are numbers without names, in the column {tags}. Name them in "
            "order from 0 with --label-names O,B-PER,I-PER,... (the dataset's page should list "
            "them)."
        )
    if not names and isinstance(_element(features[tags]), ClassLabel):
        names = tuple(_element(features[tags]).names)
    return replace(options, token_column=tokens, tag_column=tags, label_names=names)


def _tag_column(features: Mapping[str, Any], words: Sequence[str], name: str) -> str | None:
    """Return the column of the tags: by its kind, then by its name."""
    kinds: tuple[Callable[[Any], bool], ...] = (_is_labels, _is_words, _is_numbers)
    possible = [column for column in features if column not in _TAGS_OF_OTHER_KINDS]
    named = [column for column in possible if column in TAG_COLUMNS]
    for kind in kinds:
        if found := _preferred([column for column in named if kind(features[column])], TAG_COLUMNS):
            return found
    for kind in kinds:
        candidates = [
            column
            for column in possible
            if kind(features[column]) and not (column in words and column in WORD_COLUMNS)
        ]
        if kind is _is_words and len(words) < 2:
            continue  # the words themselves
        if candidates:
            return _only(candidates, "tags", "tag", name)
    return None


def _preferred(candidates: Sequence[str], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in candidates), None)


def _only(candidates: Sequence[str], what: str, flag: str, name: str) -> str | None:
    if len(candidates) > 1:
        raise DataError(
            f"{name} has more than one column of {what}: {', '.join(candidates)}. Choose one with "
            f"--{flag}-column."
        )
    return candidates[0] if candidates else None


def _element(feature: Any) -> Any:
    return feature.feature if isinstance(feature, List | LargeList) else None


def _is_labels(feature: Any) -> bool:
    return isinstance(_element(feature), ClassLabel)


def _is_words(feature: Any) -> bool:
    element = _element(feature)
    return isinstance(element, Value) and "string" in element.dtype


def _is_numbers(feature: Any) -> bool:
    element = _element(feature)
    return isinstance(element, Value) and "int" in element.dtype
