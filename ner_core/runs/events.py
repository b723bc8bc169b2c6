"""The event log of a run: one JSON object a line, appended by one writer, read from an offset.

See ``json_lines`` for what happens to a line that is being written, or was torn by a crash.
"""

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ner_core.system import json_lines

VERSION = 1

Kind = Literal[
    "queued", "started", "progress", "evaluated", "checkpoint", "finished", "stopped", "failed"
]
TERMINAL: frozenset[str] = frozenset({"finished", "stopped", "failed"})


@dataclass(frozen=True)
class Event:
    """One thing that happened in a run.

    ``time`` is in seconds since the Unix epoch (UTC), ``step`` the number of optimiser steps done,
    ``data`` what the kind of event carries, JSON types only.
    """

    time: float
    kind: str
    step: int
    data: dict[str, Any] = field(default_factory=dict)
    v: int = VERSION

    def __str__(self) -> str:
        """Return the event in words: ``step 40: loss 0.5000, 61 windows/s``."""
        return f"step {self.step}: {describe(self.kind, self.data)}"


def describe(kind: str, data: Mapping[str, Any]) -> str:
    """Return what an event says, in words.

    >>> describe("progress", {"loss": 0.5, "examples_per_second": 61.2})
    'loss 0.5000, 61 windows/s'
    """
    if kind == "progress":
        speed = _number(data.get("examples_per_second"), 0)
        return f"loss {_number(data.get('loss'), 4)}, {speed} windows/s"
    if kind == "evaluated":
        part = "part of " if data.get("subset") else ""
        best = ", the best so far" if data.get("best") else ""
        f1 = "not scored" if data.get("support") == 0 else f"F1 {_number(data.get('f1'), 4)}"
        scores = f"{f1}, loss {_number(data.get('loss'), 4)}"
        return f"{part}{data.get('split')}: {scores}{best}"
    if kind == "checkpoint":
        size, seconds = _number(data.get("megabytes"), 0), _number(data.get("seconds"), 1)
        return f"checkpoint, {size} MB in {seconds} s"
    if kind == "started":
        word = "resumed" if data.get("resumed") else "started"
        return ". Note: ".join([word, *(str(note).rstrip(".") for note in data.get("notes") or ())])
    if kind == "queued":
        holder = data.get("waiting_for")
        return f"waiting for {holder}" if holder else "resuming"
    if kind == "failed":
        return f"failed: {data.get('message')}"
    return kind


def _number(value: float | None, digits: int) -> str:
    return "unknown" if value is None else f"{value:.{digits}f}"


class EventWriter:
    """Appends events to one file; there is one writer a run, the holder of its lock.

    Each event is one ``write`` of one whole line. A number that JSON lacks (NaN, infinity) is
    written as null, any other value that it lacks as text: no event is ever refused. ``on_event``
    is called with each event once it is written.
    """

    def __init__(self, path: Path, on_event: Callable[[Event], object] | None = None) -> None:
        self._on_event = on_event
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        json_lines.cut_torn_tail(self._fd)

    def append(self, kind: Kind, step: int = 0, data: Mapping[str, Any] | None = None) -> Event:
        """Write one event and return it; a terminal event is on the disk when this returns."""
        event = Event(time=time.time(), kind=kind, step=int(step), data=_plain(dict(data or {})))
        row = {
            "v": event.v,
            "time": round(event.time, 3),
            "kind": kind,
            "step": event.step,
            "data": event.data,
        }
        json_lines.write_line(self._fd, row, default=str)
        if kind in TERMINAL:
            os.fsync(self._fd)
        if self._on_event is not None:
            self._on_event(event)
        return event

    def close(self) -> None:
        """Close the file; the events stay."""
        os.close(self._fd)


def read_events(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """Return the complete events from byte ``offset`` on, and the offset for the next call.

    A file that does not exist holds no events. A complete line that is no event (written by
    another program) is skipped.
    """
    lines, offset = json_lines.read_lines(path, offset)
    return [event for event in map(_parse, lines) if event is not None], offset


def _parse(line: bytes) -> Event | None:
    try:
        row = json.loads(line)
        return Event(
            time=float(row["time"]),
            kind=str(row["kind"]),
            step=int(row["step"]),
            data=dict(row["data"]),
            v=int(row["v"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _plain(value: Any) -> Any:
    """Return a value as strict JSON: numbers of numpy and torch become Python's, NaN None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy and torch, scalars and arrays
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
