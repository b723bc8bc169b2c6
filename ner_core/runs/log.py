"""What a worker writes about its run: each event once, and the same in words to output.log."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ner_core.runs.events import EventWriter, Kind, read_events

_ONCE = frozenset({"progress", "evaluated", "checkpoint"})
"""The kinds of events that belong to a step: the run comes by it once."""


class RunLog:
    """Writes the events of a run, each once, also where a resumed run repeats steps.

    A run that goes on from its last checkpoint repeats the steps that were done after it. Their
    events are in the log already and are not written again. ``repeats_to`` is the step up to which
    there are such events, ``started_before`` whether there was a start.
    """

    def __init__(self, writer: EventWriter, path: Path) -> None:
        self._writer = writer
        self._written: dict[tuple[str, object, object], int] = {}
        self.started_before = False
        events, _ = read_events(path)
        for event in events:
            self.started_before |= event.kind == "started"
            if event.kind in _ONCE:
                self._written[_place(event.kind, event.data)] = event.step
        self.repeats_to = max(self._written.values(), default=0)

    def append(self, kind: Kind, step: int = 0, data: Mapping[str, Any] | None = None) -> None:
        """Write an event, unless it is there already."""
        data = data or {}
        if kind in _ONCE:
            place = _place(kind, data)
            if step <= self._written.get(place, -1):
                return
            self._written[place] = step
        self._writer.append(kind, step, data)
        now = datetime.now().astimezone()
        print(f"{now:%Y-%m-%d %H:%M:%S}  step {step}: {describe(kind, data)}")


def describe(kind: str, data: Mapping[str, Any]) -> str:
    """Return an event in words, for people who read a log.

    >>> describe("progress", {"loss": 0.5, "examples_per_second": 61.2})
    'loss 0.5000, 61 windows/s'
    """
    if kind == "progress":
        return f"loss {_number(data['loss'], 4)}, {data['examples_per_second']:.0f} windows/s"
    if kind == "evaluated":
        part = "part of " if data["subset"] else ""
        best = ", the best so far" if data.get("best") else ""
        loss = _number(data.get("loss"), 4)
        return f"{part}{data['split']}: F1 {_number(data['f1'], 4)}, loss {loss}{best}"
    if kind == "checkpoint":
        return f"checkpoint, {data['megabytes']:.0f} MB in {data['seconds']:.1f} s"
    if kind == "started":
        return "resumed" if data.get("resumed") else "started"
    if kind == "queued":
        holder = data.get("waiting_for")
        return f"waiting for {holder}" if holder else "resuming"
    if kind == "failed":
        return f"failed: {data.get('message')}"
    return kind


def _place(kind: str, data: Mapping[str, Any]) -> tuple[str, object, object]:
    return kind, data.get("split"), bool(data.get("final"))


def _number(value: float | None, digits: int) -> str:
    return "unknown" if value is None else f"{value:.{digits}f}"
