"""The shapes in which programs write the spans of a text, and the names of their parts."""

import re
from collections.abc import Iterator
from typing import Any

from ner_core.data.readers.spans import CharSpan, UnreadableError, shown

START_KEYS: tuple[str, ...] = (
    "start",
    "begin",
    "from",
    "start_offset",
    "startoffset",
    "start_char",
    "start_pos",
)
START_KEYS += ("start_position", "beginoffset", "begin_offset", "start_idx", "start_index", "b")
START_KEYS += ("offset",)
END_KEYS: tuple[str, ...] = (
    "end",
    "to",
    "stop",
    "end_offset",
    "endoffset",
    "end_char",
    "end_pos",
    "end_position",
)
END_KEYS += ("end_idx", "end_index", "e")
LENGTH_KEYS = ("length", "len")
LABEL_KEYS: tuple[str, ...] = (
    "label",
    "type",
    "labels",
    "entity_group",
    "entity_type",
    "entitytype",
    "entity",
)
LABEL_KEYS += ("entitylabel", "tag", "category", "class", "obj", "displayname", "display_name")
LABEL_KEYS += ("label_name", "ner", "label_", "ent_type")
NAME_KEYS = ("text", "name", "value", "entity_value", "mention", "surface", "word", "span_text")
# Objects inside a span that hold where it is.
_PLACE_KEYS: tuple[str, ...] = (
    "span",
    "textspan",
    "text_segment",
    "text_extraction",
    "points",
    "offsets",
)
_PLACE_KEYS += ("position", "location", "offset", "loc", "value")
_MOST_PLACES = 1000

_Place = tuple[Any, Any, str | None]


def spans_of(mark: Any) -> Iterator[CharSpan]:
    """Yield the spans that one annotation stands for, unchecked: one for each place and label.

    It is ``[start, end, label]``, ``[label, start, end]``, or an object whose keys are in the
    tables above, in any case of letters; the place may be an object or list inside of it. Raises
    UnreadableError for anything else.
    """
    if isinstance(mark, list | tuple) and len(mark) >= 3:
        first, second, third, *_ = mark
        if isinstance(first, str) and _number(first) is None:
            first, second, third = second, third, first
        yield CharSpan(_as_number(first), _as_number(second), third)
        return
    if isinstance(mark, dict):
        fields = {key.lower(): value for key, value in mark.items() if value is not None}
        labels = _labels(fields)
        places = list(_places(fields))
        if labels and places:
            for label in labels:
                for start, end, text in places:
                    yield CharSpan(start, end, label, text)
            return
    raise UnreadableError(_no_span(mark))


def is_span(mark: Any) -> bool:
    """Return whether a value has a shape of a span."""
    try:
        return next(spans_of(mark), None) is not None
    except UnreadableError:
        return False


def _no_span(mark: Any) -> str:
    if isinstance(mark, dict) and mark:
        keys = ", ".join(shown(key) for key in list(mark)[:8])
        found = f"an object with the keys {keys}"
    else:
        found = shown(mark)
    if isinstance(mark, str):
        return (
            f"there is {found} instead of a span with start, end and label. Export the data again "
            "with the positions of the entities."
        )
    return f"there is {found} instead of a span with start, end and label. Correct the annotation."


def _labels(fields: dict[str, Any]) -> list[Any]:
    """Return the labels of a span; objects such as {"label_name": "PER"} stand for their names."""
    for key in LABEL_KEYS:
        found = fields.get(key)
        values = found if isinstance(found, list) else [found]
        names = [_labels(value)[:1] if isinstance(value, dict) else [value] for value in values]
        labels = [label for several in names for label in several if label is not None]
        if labels:
            return labels
    return []


def _places(fields: dict[str, Any], depth: int = 0) -> Iterator[_Place]:
    """Yield start, end and (where it is written) text of the places of a span."""
    start, end = _first(fields, START_KEYS), _first(fields, END_KEYS)
    length = _number(_first(fields, LENGTH_KEYS))
    text = next((fields[key] for key in NAME_KEYS if isinstance(fields.get(key), str)), None)
    if not isinstance(start, list | dict) and start is not None:
        if end is None and length is not None and _number(start) is not None:
            end = _as_number(start) + length
        if end is not None:
            yield _as_number(start), _as_number(end), text
            return
    for key in _PLACE_KEYS:
        inside = fields.get(key)
        if isinstance(inside, dict) and depth < 2:
            inner = {name.lower(): value for name, value in inside.items()}
            found = list(_places(inner, depth + 1))
        elif isinstance(inside, list):
            found = [place for part in inside[:_MOST_PLACES] for place in _part(part, depth)]
            if len(inside) == 2 and not any(isinstance(part, list | dict) for part in inside):
                found = [(_as_number(inside[0]), _as_number(inside[1]), None)]
        else:
            continue
        if found:
            yield from ((start, end, own or text) for start, end, own in found)
            return


def _part(part: Any, depth: int) -> list[_Place]:
    if isinstance(part, list) and len(part) == 2:
        return [(_as_number(part[0]), _as_number(part[1]), None)]
    if isinstance(part, dict) and depth < 2:
        return list(_places({key.lower(): value for key, value in part.items()}, depth + 1))
    return []


def _first(fields: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((fields[key] for key in keys if fields.get(key) is not None), None)


def _number(value: Any) -> int | None:
    """Return a whole number, also one that is written as text; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,15}(\.0+)?\s*", value):
        return int(float(value))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _as_number(value: Any) -> Any:
    number = _number(value)
    return value if number is None else number
