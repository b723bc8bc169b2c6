"""What a browser asks of the editor, checked: anybody can send a request of their own."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ner_core.annotations.checks import checked_type
from ner_core.errors import AnnotationError
from ner_core.runs import names
from ner_core.teaching.units import UNITS, Unit
from ner_studio.highlight.view import MOST_CHARACTERS

MOST_ENTITIES = 5_000
MOST_TYPES = 100
LONGEST_TYPE = 60
DEFAULT_TITLE = "My annotations"

_LONGEST_MODEL = 300
_MOST_BYTES = 4_000_000
_KEY = re.compile(r"[0-9a-z-]{8,40}")
_WITH_TEXTS = ("open", "accept", "skip", "undo", "redo", "types", "queue")
ON_SETS = ("rename", "rename-type", "merge", "export", "delete", "restore")
"""What is asked of a set as a whole."""
_ACTS = (*_WITH_TEXTS, *ON_SETS)


@dataclass(frozen=True)
class Asked:
    """One request: what to ``do``, under a ``key`` of its own, with a set of an id or a title.

    ``text`` is None for the next one of a queue. ``of`` is the key of what is undone or redone. The
    rest is as in ``AnnotationSet.accept``, and ``types`` are those that the visitor chooses from.
    ``unit`` is what the text of a queue is cut into. ``old`` is a type that gets a new name, or the
    id of a set that is taken in; ``new`` is the new name of a type or a set.
    """

    do: str
    key: str
    set_id: str
    title: str
    text: str | None
    of: str
    entities: tuple[tuple[int, int, str], ...]
    suggested: tuple[tuple[int, int, str, float], ...]
    model: str
    complete: bool
    types: tuple[str, ...]
    unit: Unit
    old: str = ""
    new: str = ""


def key_of(sent: object) -> str:
    """Return the key of a request, so that even a bad one is answered; "" if it has none."""
    try:
        return str(_parsed(sent).get("key", ""))[:40]
    except AnnotationError:
        return ""


def read(sent: object) -> Asked:
    """Return a request as it was sent, in JSON. Raises AnnotationError if it is not valid."""
    asked = _parsed(sent)
    do, key = asked.get("do"), asked.get("key")
    if do not in _ACTS or not (isinstance(key, str) and _KEY.fullmatch(key)):
        raise _unreadable()
    chosen = asked.get("set") or {}
    if not isinstance(chosen, dict):
        raise _unreadable()
    text = _text(asked)
    if text is None and do in ("accept", "skip", "queue"):
        raise _unreadable()
    return Asked(
        do=str(do),
        key=key,
        set_id=_short(chosen, "id", 100),
        title=_short(chosen, "title", 1000) or DEFAULT_TITLE,
        text=text,
        of=_short(asked, "of", 40),
        entities=tuple(_span(one, 3) for one in _rows(asked, "entities")),
        suggested=tuple(_suggestion(one) for one in _rows(asked, "suggested")),
        model=_short(asked, "model", _LONGEST_MODEL),
        complete=asked.get("complete") is not False,
        types=_types(asked),
        unit=unit_of(asked.get("unit", "sentences")),
        old=_short(asked, "old", 1000),
        new=_short(asked, "new", 1000),
    )


def unit_of(name: object) -> Unit:
    """Return what texts are cut into. Raises AnnotationError for anything else."""
    found = next((unit for unit in UNITS if unit == name), None)
    if found is None:
        raise _unreadable()
    return found


def _parsed(sent: object) -> Mapping[str, Any]:
    if not isinstance(sent, str) or len(sent) > _MOST_BYTES:
        raise _unreadable()
    try:
        asked = json.loads(sent)
    except (ValueError, RecursionError):
        raise _unreadable() from None
    if not isinstance(asked, dict):
        raise _unreadable()
    return asked


def _text(asked: Mapping[str, Any]) -> str | None:
    text = asked.get("text")
    if text is None:
        return None
    if not isinstance(text, str):
        raise _unreadable()
    # Of a text to open it takes the beginning, and one for the queue is cut.
    if len(text) > MOST_CHARACTERS and asked["do"] not in ("open", "queue"):
        raise AnnotationError(
            f"The text has {len(text):,} characters, and at most {MOST_CHARACTERS:,} can be "
            "corrected at a time. Shorten it."
        )
    return text


def _short(asked: Mapping[str, Any], name: str, longest: int) -> str:
    value = asked.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise _unreadable()
    return value.strip()


def _rows(asked: Mapping[str, Any], name: str) -> list[Any]:
    rows = asked.get(name, [])
    if not isinstance(rows, list):
        raise _unreadable()
    if len(rows) > MOST_ENTITIES:
        raise AnnotationError(
            f"The text has {len(rows):,} entities, and at most {MOST_ENTITIES:,} can be saved. "
            "Split it."
        )
    return rows


def _span(row: Any, length: int) -> tuple[int, int, str]:
    if not isinstance(row, list) or len(row) != length:
        raise _unreadable()
    start, end, label = row[:3]
    if not all(isinstance(at, int) and not isinstance(at, bool) for at in (start, end)):
        raise _unreadable()
    return start, end, _type(label)


def _suggestion(row: Any) -> tuple[int, int, str, float]:
    span = _span(row, 4)
    score = row[3]
    if not isinstance(score, int | float) or not 0 <= score <= 1:  # NaN is not between them
        raise _unreadable()
    return *span, float(score)


def _type(name: Any) -> str:
    if not isinstance(name, str):
        raise _unreadable()
    label = checked_type(name)
    if len(label) > LONGEST_TYPE:
        raise AnnotationError(
            f"The type {names.clean(label)[:20]} … has {len(label)} characters, and a type has at "
            f"most {LONGEST_TYPE}. Shorten it."
        )
    return label


def _types(asked: Mapping[str, Any]) -> tuple[str, ...]:
    found = asked.get("types", [])
    if not isinstance(found, list):
        raise _unreadable()
    if len(found) > MOST_TYPES:
        raise AnnotationError(
            f"There are {len(found)} types, and a set has at most {MOST_TYPES}. Remove some."
        )
    return tuple(dict.fromkeys(map(_type, found)))


def _unreadable() -> AnnotationError:
    return AnnotationError("This request is none of the editor's. Reload the page.")
