"""What is written about a run: the event log, each event once, and its lines in output.log."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ner_core.runs.events import Event, EventWriter, Kind, read_events

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


def log_line(event: Event) -> str:
    """Return the line of output.log for an event, with the local time."""
    return f"{datetime.fromtimestamp(event.time).astimezone():%Y-%m-%d %H:%M:%S}  {event}"


def _place(kind: str, data: Mapping[str, Any]) -> tuple[str, object, object]:
    return kind, data.get("split"), bool(data.get("final"))
