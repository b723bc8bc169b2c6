"""What an object of JSON gives: words with tags, or a text or words with spans, by its keys."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ner_core.counting import many
from ner_core.data.readers.json_shapes import is_tagged_words, word_and_tag
from ner_core.data.readers.names import located
from ner_core.data.readers.responses import SEVERAL, with_one_response
from ner_core.data.readers.rows import SPAN_KEYS, TAG_KEYS, TEXT_KEYS, WORD_KEYS, listed
from ner_core.data.readers.sentence import ReadOptions
from ner_core.data.readers.span_shapes import is_span, spans_of
from ner_core.data.readers.spans import CharSpan, UnreadableError, shown
from ner_core.data.readers.text import shorten

_CONTAINERS = ("entities", "annotations", "annotation", "spans", "value", "values", "labels")
_INSIDE_TEXT = ("text", "content")
_DEEPEST = 4
_NAMES_OF_SOURCES = ("document", "source", "input", "fields")
_GLINER = "tokenized_text"  # its ends are last words

Fields = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """What a row gives. ``tags`` are None where it has ``spans`` instead, None if it has neither.

    ``last``: whether ends of spans of words are their last words, None if that is not told.
    ``missing`` is what is wrong with a row without spans, ``remarks`` what is odd and where.
    """

    token_key: str
    tag_key: str = ""
    text: str = ""
    words: list[Any] | None = None
    tags: list[Any] | None = None
    spans: list[CharSpan] | None = None
    last: bool | None = None
    missing: str = ""
    remarks: tuple[tuple[str, str], ...] = field(default=())


def given_by(fields: Fields, options: ReadOptions) -> Row:
    """Return what a row gives. Raises UnreadableError if its keys do not tell."""
    fields = {key: value for key, value in fields.items() if value is not None}
    fields, several = with_one_response(fields)
    row = _given_by(fields, options)
    return replace(row, remarks=(*row.remarks, (SEVERAL, ""))) if several else row


def _given_by(fields: Fields, options: ReadOptions) -> Row:
    remarks = []
    for key in (options.token_column or "tokens", "words"):
        if is_tagged_words(fields.get(key)):
            pairs = [word_and_tag(part) for part in fields[key]]
            if any(_text(fields.get(name)) is not None for name in TEXT_KEYS):
                remarks.append(
                    (
                        f"rows have a text and, under {key}, words with tags. The words were read "
                        "and the text ignored",
                        "",
                    )
                )
            return Row(
                key,
                key,
                words=[word for word, _ in pairs],
                tags=[tag for _, tag in pairs],
                remarks=tuple(remarks),
            )
    token_keys: tuple[str, ...] = WORD_KEYS
    text_keys: tuple[str, ...] = TEXT_KEYS
    tag_keys: tuple[str, ...] = TAG_KEYS
    span_keys: tuple[str, ...] = SPAN_KEYS
    if (wanted := options.token_column) is not None:
        token_keys = text_keys = (wanted,)
        if _text(fields.get(wanted)) is None and not _is_flat(fields.get(wanted)):
            raise _not_there(fields, wanted, "a list of words or a text", "token")
    if (wanted := options.tag_column) is not None:
        tag_keys = span_keys = (wanted,)
        if marks_in(fields.get(wanted)) is None and not isinstance(fields[wanted], str | dict):
            raise _not_there(fields, wanted, "a list of tags or spans", "tag")
    words = _first(fields, token_keys, _is_flat)
    tags = _first(fields, tag_keys, _is_flat)
    text = _first(fields, text_keys, lambda value: _text(value) is not None)
    spans = _first(fields, span_keys, _has_spans)
    if spans == "tokens" and not is_span(next(iter(fields[spans]), None)):
        spans = None  # Prodigy's
    if options.tag_column is None and spans is None:
        spans = next((key for key, value in fields.items() if _is_sagemaker(value)), None)
    if options.token_column is None and text and words and text.lower() in _NAMES_OF_SOURCES:
        text = None
    if text and not words and (row := _tags_as_text(fields, text, tag_keys)):
        return row
    if text and spans and (spans == "spans" or not (words and tags)):
        return _of_text(fields, text, spans, words)
    if words and tags:
        _check_lengths(fields[words], fields[tags], words, tags)
        return Row(words, tags, words=fields[words], tags=fields[tags])
    others = [key for key in span_keys if key != words]
    if words and (spans := _first(fields, others, _is_list)):
        marks = [span for mark in marks_in(fields[spans]) or [] for span in spans_of(mark)]
        last = True if words == _GLINER else None
        return Row(words, spans, words=fields[words], spans=marks, last=last)
    missing = _unclear(fields, words, text)
    if (
        text
        and not words
        and not any(key.lower() in SPAN_KEYS[:-1] for key in fields if key != text)
    ):
        return Row(text, text=str(_text(fields[text])), missing=missing)
    raise UnreadableError(missing)


def marks_in(value: Any, depth: int = 0) -> list[Any] | None:
    """Return the list of tags or spans in a value, which may be wrapped around it; None if none."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        if isinstance(value.get("annotations"), dict):  # SageMaker
            return marks_in(value["annotations"], depth + 1)
        inside = [value[key] for key in _CONTAINERS if isinstance(value.get(key), list | dict)]
        inside += list(value.values()) if len(value) == 1 else []
        found = (marks_in(part, depth + 1) for part in inside)
        return next((marks for marks in found if marks is not None), None)
    if not isinstance(value, list):
        return None
    if value and isinstance(value[0], dict) and not is_span(value[0]):
        parts = [marks_in(part, depth + 1) for part in value if isinstance(part, dict)]
        if any(part is not None for part in parts):
            return [mark for part in parts for mark in part or []]
    return value


def _of_text(fields: Fields, text: str, spans: str, words: str | None) -> Row:
    content = str(_text(fields[text]))
    named, remark = located(content, fields[spans])
    if named is not None:
        remarks = ((remark, ""),) if remark else ()
        return Row(text, spans, text=content, spans=named, remarks=remarks)
    marks = [span for mark in marks_in(fields[spans]) or [] for span in spans_of(mark)]
    plain = fields[words] if words and words != text else None
    return Row(text, spans, text=content, words=plain, spans=marks)


def _tags_as_text(fields: Fields, text: str, tag_keys: Iterable[str]) -> Row | None:
    """Return words and tags that both stand between blanks in a text, None if they do not."""
    words = str(_text(fields[text])).split()
    for key in tag_keys:
        marks = fields.get(key)
        tags = marks.split() if isinstance(marks, str) else marks
        if not isinstance(tags, list) or len(tags) != len(words) or not _is_flat(tags):
            continue
        if "O" in tags or any(str(tag)[1:2] == "-" for tag in tags):
            return Row(text, key, words=words, tags=tags)
    return None


def _first(fields: Fields, keys: Iterable[str], fits: Callable[[Any], bool]) -> str | None:
    """Return the first of ``keys`` that a row has with a fitting value, in any case of letters."""
    names = {key.lower(): key for key in fields}
    spelled = (key if key in fields else names.get(key.lower()) for key in keys)
    return next((key for key in spelled if key is not None and fits(fields[key])), None)


def _text(value: Any) -> str | None:
    """Return a text, also one that an object holds; None if there is none."""
    if isinstance(value, dict):
        value = next((value[key] for key in _INSIDE_TEXT if isinstance(value.get(key), str)), None)
    return value if isinstance(value, str) else None


def _is_sagemaker(value: Any) -> bool:
    """Return whether a value is what SageMaker writes under the name of the labelling job."""
    return isinstance(value, dict) and isinstance(value.get("annotations"), dict)


def _is_list(value: Any) -> bool:
    return marks_in(value) is not None


def _has_spans(value: Any) -> bool:
    """Return whether a value has spans, or is an empty list of them."""
    return marks_in(value) is not None or located("", value)[0] is not None


def _is_flat(value: Any) -> bool:
    """Return whether a list holds words or tags, not spans or Prodigy's tokens."""
    return isinstance(value, list) and not (value and isinstance(value[0], list | dict))


def _not_there(fields: Fields, key: str, wanted: str, option: str) -> UnreadableError:
    there = listed(shown(name) for name in fields)
    return UnreadableError(
        f"the key {shown(key)} has {shown(fields.get(key))} instead of {wanted}. Choose another "
        f"key with --{option}-column (the row has {there})."
    )


def _unclear(fields: Fields, words: str | None, text: str | None) -> str:
    keys = f"the keys are {listed(map(shown, fields))}" if fields else "the object is empty"
    if words:
        return (
            f"there is a list of words under {words}, but no list of tags: {keys}. Name the key of "
            "the tags with --tag-column."
        )
    if text:
        return (
            f"there is a text under {text}, but no list of spans: {keys}. Give an empty list where "
            "there is no entity, or name the key of the spans with --tag-column."
        )
    return (
        f"there is no list of words and no text: {keys}. Name the key of the words or the text "
        "with --token-column, and that of the tags or spans with --tag-column."
    )


def _check_lengths(words: list[Any], tags: list[Any], token_key: str, tag_key: str) -> None:
    if len(words) != len(tags):
        raise UnreadableError(
            f"the row has {many(len(words), 'word')} in {token_key} but {many(len(tags), 'tag')} "
            f"in {tag_key}. Correct the row."
        )


def excerpt(value: Any) -> str:
    """Return the beginning of a row's words, to show which row is meant."""
    if isinstance(value, dict):
        value = next((value[key] for key in (*WORD_KEYS, *TEXT_KEYS) if value.get(key)), "")
    if isinstance(value, list):
        value = " ".join(part for part in value[:40] if isinstance(part, str))
    return shorten(value) if isinstance(value, str) else ""
