"""One run: the files of its folder, and what they say."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ner_core.config import TrainConfig
from ner_core.errors import RunError
from ner_core.runs import names
from ner_core.runs.events import Event, read_events
from ner_core.runs.status import LIFE, Status, derive_status
from ner_core.system import locks


@dataclass(frozen=True)
class Run:
    """A run: its id and its folder. Everything else is read from the folder when asked for.

    ``config``, ``report``, ``events`` and ``status`` are what scripts want most; ``model_dir`` is a
    folder that ``Predictor.load`` and plain transformers load.
    """

    id: str
    path: Path

    @property
    def config_path(self) -> Path:
        """The settings; written once, before anything starts."""
        return self.path / "config.json"

    @property
    def name_path(self) -> Path:
        """The name that somebody gave to the run; not there as long as nobody has."""
        return self.path / "name.txt"

    @property
    def owner_path(self) -> Path:
        """The name of the Hub user who started the run, where people sign in."""
        return self.path / "owner"

    @property
    def events_path(self) -> Path:
        """The event log."""
        return self.path / "events.jsonl"

    @property
    def log_path(self) -> Path:
        """What the worker printed."""
        return self.path / "output.log"

    @property
    def lock_path(self) -> Path:
        """The file that the worker holds locked while it lives."""
        return self.path / "lock"

    @property
    def stop_path(self) -> Path:
        """The file whose existence asks the worker to stop."""
        return self.path / "stop"

    @property
    def checkpoints_dir(self) -> Path:
        """The checkpoints to resume from, and the best model so far; gone once the run finished."""
        return self.path / "checkpoints"

    @property
    def tensorboard_dir(self) -> Path:
        """The curves for TensorBoard, where the settings ask for them."""
        return self.path / "tensorboard"

    @property
    def model_dir(self) -> Path:
        """The trained model; exists only when it is complete."""
        return self.path / "model"

    @property
    def report_path(self) -> Path:
        """The final scores; exists only when they are complete."""
        return self.path / "report.json"

    @property
    def errors_path(self) -> Path:
        """The sentences of the validation part with errors; there once the report is."""
        return self.path / "errors.jsonl"

    @property
    def owner(self) -> str | None:
        """The Hub user who started the run on a page where people sign in; None for any other."""
        try:
            return self.owner_path.read_text(encoding="utf-8").strip() or None
        except (OSError, ValueError):
            return None

    @property
    def given_name(self) -> str:
        """The name that somebody gave to the run; empty if nobody has."""
        try:
            name = names.clean(self.name_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        return name[: names.MOST_CHARACTERS]

    @property
    def title(self) -> str:
        """The name of the run for people, such as ``Menu reviews · quick``; see ``names``.

        Several runs may have the same. It is the id if the settings are damaged.
        """
        try:
            return self.given_name or names.usual(self.config())
        except RunError:
            return self.id

    def config(self) -> TrainConfig:
        """Return the settings. Raises RunError if they are gone or damaged."""
        try:
            values = json.loads(self.config_path.read_text(encoding="utf-8"))
            return TrainConfig.model_validate(values)
        except (OSError, ValueError) as error:
            raise RunError(
                f"The settings of run {self.id} can't be read from its config.json "
                f"({type(error).__name__}). Delete the run."
            ) from None

    def created_ns(self) -> int:
        """Return when the run was created, in nanoseconds since the epoch; 0 if it is gone.

        Its settings are written once, so a later run with the same id has another time.
        """
        try:
            return self.config_path.stat().st_mtime_ns
        except OSError:
            return 0

    @property
    def has_report(self) -> bool:
        """Whether the final scores are there."""
        return self.report_path.is_file()

    @property
    def report(self) -> dict[str, Any]:
        """The final scores and what they were measured with, as ``report.json`` has them.

        ``test`` and ``validation`` hold the scores of a part of the data, each ``precision``,
        ``recall``, ``f1`` and ``accuracy`` from 0 to 1, ``support`` in entities, and the same
        ``per_type``; None for a part that the data lack. Raises RunError if there are no scores,
        or the file is damaged.
        """
        try:
            report: dict[str, Any] = json.loads(self.report_path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunError(
                f"Run {self.id} has no scores: it is {self.status()}. They are there once a run "
                "has finished."
            ) from None
        except ValueError:
            raise RunError(
                f"The scores of run {self.id} can't be read: its report.json is damaged. "
                "`python -m ner_core evaluate` computes them anew."
            ) from None
        return report

    def events(self) -> list[Event]:
        """Return all events so far, in their order."""
        return read_events(self.events_path)[0]

    def status(self) -> Status:
        """Return what the run is doing, see ``derive_status``."""
        # The lock first: a worker that lets go of it has written its last event before.
        held = self.is_held()
        life = [event for event in self.events() if event.kind in LIFE]
        return derive_status(life[-1] if life else None, held, self.stop_path.exists())

    def is_held(self) -> bool:
        """Return whether a worker is alive: it holds the run's lock."""
        return locks.is_held(self.lock_path)
