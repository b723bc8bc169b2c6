"""What the event log of a run tells so far, read piece by piece as it grows."""

from typing import Any

from ner_core.events import TERMINAL, Event, read_events
from ner_core.runs import LIFE, Run, Status, derive_status


class RunView:
    """Follows one run: each ``refresh`` reads only what is new.

    ``losses`` are (step, training loss), ``evaluations`` the validation scores during the run,
    ``final`` the scores of the finished model by split, each as its event has them.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.status: Status = "starting"
        self.started: Event | None = None
        self.ended: Event | None = None
        self.progress: dict[str, Any] = {}
        self.step = 0
        self.waiting_for: str | None = None
        self.losses: list[tuple[int, float]] = []
        self.evaluations: list[dict[str, Any]] = []
        self.final: dict[str, dict[str, Any]] = {}
        self._offset = 0
        self._last_life: str | None = None

    def refresh(self) -> bool:
        """Read what is new; tell whether anything changed."""
        # The lock first: a worker that ends after this look has written its last event before.
        held = self.run.is_held()
        events, self._offset = read_events(self.run.events_path, self._offset)
        for event in events:
            self._take(event)
        before = self.status
        self.status = derive_status(self._last_life, held, self.run.stop_path.exists())
        return bool(events) or self.status != before

    @property
    def total(self) -> int:
        """The steps that the run will take, 0 as long as that is not known."""
        return int(self.started.data["total"]) if self.started else 0

    @property
    def best(self) -> dict[str, Any] | None:
        """The evaluation whose model is kept, None before the first."""
        return next((row for row in reversed(self.evaluations) if row["best"]), None)

    @property
    def notes(self) -> list[str]:
        """What was decided for the user when the data was read."""
        return list(self.started.data["notes"]) if self.started else []

    @property
    def message(self) -> str | None:
        """Why the run failed, None if it did not."""
        return self.ended.data.get("message") if self.ended else None

    def summary(self) -> dict[str, Any]:
        """Give the state of the run as one flat row, JSON types only."""
        best = self.best
        return {
            "run": self.run.id,
            "status": self.status,
            "step": self.step,
            "total": self.total,
            "epoch": self.progress.get("epoch"),
            "loss": self.losses[-1][1] if self.losses else None,
            "seconds_left": self.progress.get("seconds_left"),
            "best_f1": best["selection_f1"] if best else None,
            "validation_f1": self.final.get("validation", {}).get("f1"),
            "test_f1": self.final.get("test", {}).get("f1"),
            "waiting_for": self.waiting_for if self.status == "queued" else None,
            "message": self.message,
        }

    def _begin_at(self, event: Event) -> None:
        """Take a start, also one that goes on from an earlier step: what came after it is void."""
        self.started, self.ended = event, None
        self.step, self.progress = event.step, {}
        self.losses = [point for point in self.losses if point[0] <= event.step]
        self.evaluations = [row for row in self.evaluations if row["step"] <= event.step]
        self.final = {}

    def _take(self, event: Event) -> None:
        self.step = max(self.step, event.step)
        if event.kind in LIFE:
            self._last_life = event.kind
        if event.kind == "queued":
            self.waiting_for = event.data.get("waiting_for")
        elif event.kind == "started":
            self._begin_at(event)
        elif event.kind == "progress":
            self.progress = event.data
            if event.data.get("loss") is not None:
                self.losses.append((event.step, float(event.data["loss"])))
        elif event.kind == "evaluated" and event.data.get("final"):
            self.final[event.data["split"]] = event.data
        elif event.kind == "evaluated":
            self.evaluations.append({**event.data, "step": event.step})
        if event.kind in TERMINAL:
            self.ended = event
