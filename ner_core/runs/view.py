"""The state of a run as its event log has it so far, read piece by piece as it grows."""

from typing import Any

from ner_core import tags
from ner_core.errors import RunError
from ner_core.runs import diagnosis, shapes, store
from ner_core.runs.events import TERMINAL, Event, read_events
from ner_core.runs.run import Run
from ner_core.runs.status import LIFE, RESUMABLE, Status, derive_status


class RunView:
    """Follows one run: each ``refresh`` reads only what is new.

    ``losses`` are (step, training loss), ``evaluations`` the validation scores during the run,
    ``final`` the scores of the finished model by split, each as its event has them. A run that was
    resumed writes nothing again that is there already, so all of them only ever grow.

    ``damage`` is what is wrong with the log, None if nothing is. An event that lacks what it should
    have is left out, so that whoever shows the run can rely on all others.
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
        self.damage: str | None = None
        self._trained = False
        self._offset = 0
        self._last_life: Event | None = None
        self._last_event: Event | None = None

    def refresh(self) -> bool:
        """Read what is new, and return whether anything changed."""
        before = self.status, self.damage
        events: list[Event] = []
        try:
            # The lock first: a worker that lets go of it has written its last event before.
            held = self.run.is_held()
            events, self._offset = read_events(self.run.events_path, self._offset)
            for event in events:
                self._take(event)
            self.status = derive_status(self._last_life, held, self.run.stop_path.exists())
        except OSError as error:
            self._damaged(f"it can't be opened ({error.strerror})")
        return bool(events) or (self.status, self.damage) != before

    @property
    def state(self) -> str:
        """What is shown as the run's status: ``damaged`` if its log is."""
        return "damaged" if self.damage else self.status

    @property
    def total(self) -> int:
        """The steps that the run will take, 0 as long as that is not known."""
        return int(self.started.data["total"]) if self.started else 0

    @property
    def best(self) -> dict[str, Any] | None:
        """The evaluation whose model is kept, None before the first."""
        return next((row for row in reversed(self.evaluations) if row["best"]), None)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the run with the automatic ones decided, empty before its start."""
        return dict(self.started.data["settings"]) if self.started else {}

    @property
    def types(self) -> list[str]:
        """The entity types that are learned, in alphabetical order; empty before the start."""
        names = self.started.data["label_names"] if self.started else []
        return tags.entity_types(names)

    @property
    def samples(self) -> list[dict[str, Any]]:
        """A few validation sentences: ``tokens``, ``gold``, ``predicted`` by the last evaluation.

        Entities are [start, end, label] in words, half-open; ``predicted`` is None before the first
        evaluation.
        """
        sentences = self.started.data.get("samples", []) if self.started else []
        found = self.evaluations[-1].get("samples", []) if self.evaluations else []
        predicted = found if len(found) == len(sentences) else [None] * len(sentences)
        return [
            {**sentence, "predicted": spans}
            for sentence, spans in zip(sentences, predicted, strict=True)
        ]

    @property
    def waiting_for_name(self) -> str | None:
        """The name of the run that this one waits for; its id if it is gone or somebody else's."""
        try:
            other = store.get(self.waiting_for or "")
        except RunError:
            return self.waiting_for
        return other.title if other.owner == self.run.owner else self.waiting_for

    @property
    def can_resume(self) -> bool:
        """Whether the run can go on from its last checkpoint."""
        return self.status in RESUMABLE

    @property
    def resumed(self) -> bool:
        """Whether the run was resumed."""
        return bool(self.started and self.started.data.get("resumed"))

    @property
    def repeats_to(self) -> int:
        """The step up to which a resumed run repeats what it had done before."""
        return int(self.started.data.get("repeats_to", 0)) if self.started else 0

    @property
    def repeating(self) -> bool:
        """Whether the run is at steps that the log has already, and so writes nothing."""
        return (
            self.status in ("running", "stopping")
            and self.resumed
            and self._last_event is self.started
            and self.started is not None
            and self.repeats_to > self.started.step
        )

    @property
    def scoring(self) -> bool:
        """Whether training has ended and the finished model is being scored."""
        return self.status == "running" and self._trained and not self.repeating

    @property
    def notes(self) -> list[str]:
        """What was decided for the user when the data was read."""
        return list(self.started.data["notes"]) if self.started else []

    @property
    def warning(self) -> str | None:
        """What is wrong with the model of a finished run; None if nothing is known to be."""
        return self.ended.data.get("warning") if self.ended else None

    @property
    def message(self) -> str | None:
        """Why the run failed, was interrupted or is damaged, and what to do; None for any other."""
        if self.damage:
            return self.damage
        if self.status == "interrupted":
            return diagnosis.why_interrupted(self.run, self.started, self.progress)
        return self.ended.data.get("message") if self.ended else None

    def summary(self) -> dict[str, Any]:
        """Return the state of the run as one flat row, JSON types only."""
        best = self.best
        return {
            "run": self.run.id,
            "name": self.run.title,
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

    def _take(self, event: Event) -> None:
        self.step = max(self.step, event.step)
        self._last_event = event
        if event.kind in LIFE:
            self._last_life = event
            self.ended = None
        if problem := shapes.problem_of(event):
            self._damaged(problem)
        elif event.kind == "queued":
            self.waiting_for = event.data.get("waiting_for")
        elif event.kind == "started":
            self.started = event
        elif event.kind == "progress":
            self.progress = event.data
            if event.data.get("loss") is not None:
                self.losses.append((event.step, float(event.data["loss"])))
        elif event.kind == "evaluated" and event.data.get("final"):
            self.final[event.data["split"]] = event.data
        elif event.kind == "evaluated":
            self.evaluations.append({**event.data, "step": event.step})
        elif event.kind == "checkpoint":
            self._trained = bool(event.data.get("done"))
        elif event.kind in TERMINAL:
            self.ended = event

    def _damaged(self, problem: str) -> None:
        self.damage = self.damage or (
            f"The event log of this run is damaged: {problem}. Train again with its settings, or "
            "delete it."
        )
