"""What the events of a run have to carry, so that whoever shows a run can rely on it.

The log is a file: another program, an older version or a full disk may have written what is in it.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from ner_core.runs.events import Event

_Check = Callable[[Any], bool]


def problem_of(event: Event) -> str | None:
    """Return what is wrong with an event, as the end of a sentence; None if nothing is.

    >>> problem_of(Event(0.0, "evaluated", 20, {"split": "test", "final": True, "per_type": {}}))
    'the event “evaluated” at step 20 has no f1'
    """
    kind = "final" if event.kind == "evaluated" and event.data.get("final") else event.kind
    where = f"the event “{event.kind}” at step {event.step:,}"
    for name, check in _NEEDED.get(kind, {}).items():
        if name not in event.data:
            return f"{where} has no {name}"
        if not check(event.data[name]):
            return f"{where} has a {name} that can't be read"
    for name, check in _POSSIBLE.get(kind, {}).items():
        if event.data.get(name) is not None and not check(event.data[name]):
            return f"{where} has a {name} that can't be read"
    return None


def is_number(value: Any) -> bool:
    """Return whether a value is a number that can be computed with and shown."""
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # a whole number of thousands of digits
        return False


def _number_or_none(value: Any) -> bool:
    return value is None or is_number(value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _numbers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_number_or_none, value.values()))


def _scores_by_type(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(scores, Mapping) and is_number(scores.get("f1")) for scores in value.values()
    )


def _intervals(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(bounds, list) and len(bounds) == 2 and all(map(is_number, bounds))
        for bounds in value.values()
    )


def _settings(value: Any) -> bool:
    texts = ("data", "model", "recipe")
    return (
        isinstance(value, Mapping)
        and is_number(value.get("epochs"))
        and all(isinstance(value.get(name, ""), str) for name in texts)
    )


def _spans(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(span, list)
        and len(span) == 3
        and all(isinstance(place, int) for place in span[:2])
        and _text(span[2])
        for span in value
    )


def _samples(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(sample, Mapping) and _texts(sample.get("tokens")) and _spans(sample.get("gold"))
        for sample in value
    )


def _found(value: Any) -> bool:
    return isinstance(value, list) and all(map(_spans, value))


_NEEDED: dict[str, dict[str, _Check]] = {
    "started": {"total": is_number, "settings": _settings, "label_names": _texts, "notes": _texts},
    "evaluated": {
        **dict.fromkeys(("f1", "precision", "recall", "selection_f1"), is_number),
        "loss": _number_or_none,
        "best": lambda value: isinstance(value, bool),
        "per_type": _scores_by_type,
    },
    "final": {"split": _text, "f1": is_number, "per_type": _scores_by_type},
    "finished": {"train_seconds": is_number},
}
_POSSIBLE: dict[str, dict[str, _Check]] = {
    "queued": {"waiting_for": _text},
    "started": {
        "samples": _samples,
        "sentences": _numbers,
        "machine": _object,
        "repeats_to": is_number,
    },
    "progress": dict.fromkeys(
        ("epoch", "loss", "seconds_left", "examples_per_second", "memory"), is_number
    ),
    "evaluated": {"samples": _found},
    "final": {"f1_lenient": is_number, "interval": _intervals},
    "finished": {"warning": _text},
    **{kind: {"message": _text} for kind in ("failed", "stopped")},
}
