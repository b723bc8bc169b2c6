"""Entities that a file gives by their texts alone: {"PER": ["Ann"]}."""

from collections.abc import Iterator
from typing import Any

from ner_core import words
from ner_core.data.readers.spans import CharSpan, UnreadableError, shown

_MOST = 1000
_REMARK = (
    "the data name entities without saying where they are. Every place with the same whole words "
    "was read as that entity. Check that"
)


def located(text: str, value: Any) -> tuple[list[CharSpan] | None, str]:
    """Return the spans that names stand for, and what to remark; None if a value has no names.

    The value is ``{type: [name, ...]}``, ``{type: {name: [[start, end], ...]}}`` (CLUENER), or one
    of these under ``entities``. Raises UnreadableError for a name that the text does not have.
    """
    if isinstance(value, dict) and isinstance(value.get("entities"), dict):
        value = value["entities"]
    if not (isinstance(value, dict) and value and all(map(_is_names, value.values()))):
        return None, ""
    if not text:
        return [], ""
    spans: list[CharSpan] = []
    remark = ""
    for label, names in value.items():
        if isinstance(names, dict):
            for name, places in names.items():
                spans += [CharSpan(start, end, label, name) for start, end in places]
            continue
        for name in names[:_MOST]:
            found = [CharSpan(start, end, label, name) for start, end in _places(text, name)]
            if not found:
                raise UnreadableError(
                    f"the entity {shown(name)} isn't in the text. Correct the annotation."
                )
            spans += found
            remark = _REMARK
    return spans, remark


def _is_names(value: Any) -> bool:
    if isinstance(value, dict):
        return all(
            isinstance(places, list)
            and all(isinstance(place, list) and len(place) == 2 for place in places)
            for places in value.values()
        )
    return isinstance(value, list) and all(isinstance(name, str) and name for name in value)


def _places(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Yield where a name stands in a text as whole words; where it never does, as it is."""
    split = words.split_words(text)
    starts, ends = {word.start for word in split}, {word.end for word in split}
    places: list[tuple[int, int]] = []
    start = text.find(name)
    while start >= 0 and len(places) < _MOST:
        places.append((start, start + len(name)))
        start = text.find(name, start + len(name))
    whole = [place for place in places if place[0] in starts and place[1] in ends]
    yield from whole or places[:1]
