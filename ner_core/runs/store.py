"""The run store: ``$NER_HOME/runs/<id>/``, the interface between page, command line and worker.

Nothing here is kept in memory. What a run is doing is derived each time from its event log, from
whether a process holds its lock, and from whether a stop was asked for.
"""

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ner_core.config import TrainConfig
from ner_core.errors import ConfigError, RunError
from ner_core.runs.events import TERMINAL, Event, read_events
from ner_core.system import atomic, locks, paths

Status = Literal[
    "queued", "starting", "running", "stopping", "stopped", "finished", "failed", "interrupted"
]
ACTIVE: frozenset[str] = frozenset({"queued", "starting", "running", "stopping"})

RESUMABLE: frozenset[str] = frozenset({"stopped", "failed", "interrupted"})

LIFE: frozenset[str] = TERMINAL | {"queued", "started"}
"""The kinds of events that say where in its life a run is."""

RESERVED: frozenset[str] = frozenset({"minilm", "starter"})
"""The names of models that no run can have."""

ANOTHER = "another run"
"""What a run says that it waits for when the other is not its owner's; no run can be called so."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,120}")
_MADE = re.compile(r"\d{8}-\d{6}-[a-z0-9-]+-[0-9a-f]{4}")  # by new_id
_SPACE_VOLUME = Path("/data")


def home() -> Path:
    """Give the folder that runs live in: ``NER_HOME``, or a Space's volume, or the working one."""
    chosen = os.environ.get("NER_HOME")
    if chosen:
        return paths.expand(chosen).absolute()
    if os.environ.get("SPACE_ID") and os.access(_SPACE_VOLUME, os.W_OK):
        return _SPACE_VOLUME
    return Path.cwd()


def is_ephemeral() -> bool:
    """Tell whether a restart loses all runs: on a Space whose runs are on no volume.

    A folder that ``NER_HOME`` names on a Space is taken for one that its owner has mounted.
    """
    return bool(os.environ.get("SPACE_ID")) and home() == Path.cwd()


@dataclass(frozen=True)
class Run:
    """One run: its id and its directory. Everything else is read from there when asked for."""

    id: str
    path: Path

    @property
    def config_path(self) -> Path:
        """The settings; written once, before anything starts."""
        return self.path / "config.json"

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

    def config(self) -> TrainConfig:
        """Read the settings. Raises RunError if they are gone or damaged."""
        try:
            values = json.loads(self.config_path.read_text(encoding="utf-8"))
            return TrainConfig.model_validate(values)
        except (OSError, ValueError) as error:
            raise RunError(
                f"Expected the settings of run {self.id} in its config.json; they cannot be read "
                f"({type(error).__name__}); delete the run."
            ) from None

    def created_ns(self) -> int:
        """Tell when the run was created, in nanoseconds since the epoch; 0 if it is gone.

        Its settings are written once, so this also tells a run from a later one of the same id.
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
        """Read all events so far."""
        return read_events(self.events_path)[0]

    def status(self) -> Status:
        """Tell what the run is doing, see ``derive_status``."""
        # The lock first: a worker that ends after this look has written its last event before.
        held = self.is_held()
        life = [event for event in self.events() if event.kind in LIFE]
        return derive_status(life[-1] if life else None, held, self.stop_path.exists())

    def is_held(self) -> bool:
        """Tell whether a worker lives: whether somebody holds the run's lock."""
        return locks.is_held(self.lock_path)


def derive_status(last: Event | None, held: bool, stop_asked: bool) -> Status:
    """Tell a run's status from the last event of its life, its lock and its stop file.

    ``last`` is the last event of a kind in ``LIFE``, None without any. Without a terminal one, a
    run that nobody holds was interrupted.
    """
    if last is not None and last.kind in TERMINAL:
        return last.kind  # type: ignore[return-value] # the terminal kinds are statuses
    if not held:
        return "interrupted"
    if stop_asked:
        return "stopping"
    if last is None or (last.kind == "queued" and not last.data.get("waiting_for")):
        return "starting"
    return "running" if last.kind == "started" else "queued"


def create(config: TrainConfig, run_id: str | None = None, owner: str | None = None) -> Run:
    """Create a run's directory with its settings; nothing is started.

    ``owner`` is the Hub user who starts it, where somebody signed in does; it stays with the run.
    Raises RunError if ``run_id`` is not a plain name or exists already, ConfigError if the run
    store cannot be written.
    """
    run = Run(run_id := _checked_new(run_id or new_id(config)), runs_dir() / run_id)
    text = json.dumps(config.model_dump(), indent=2, ensure_ascii=False) + "\n"
    try:
        runs_dir().mkdir(parents=True, exist_ok=True)
        with atomic.staged(run.path, replace=False) as staging:
            staging.mkdir()
            (staging / run.config_path.name).write_text(text, encoding="utf-8")
            (staging / run.lock_path.name).touch()
            if owner:
                (staging / run.owner_path.name).write_text(f"{owner}\n", encoding="utf-8")
    except OSError as error:
        if run.path.exists():
            raise RunError(
                f"Expected a new run id, found the existing run {run_id}; choose another."
            ) from None
        raise ConfigError(
            f"Expected a folder that can be written at {runs_dir()}, found: {error.strerror}; "
            "set NER_HOME to another one."
        ) from None
    return run


def new_id(config: TrainConfig) -> str:
    """Make an id that sorts by time and reads well: ``20260102-153000-minilm-sample-a1b2``."""
    parts = [time.strftime("%Y%m%d-%H%M%S", time.gmtime())]
    parts += [slug(name) for name in (config.model, config.data)]
    return "-".join([*parts, secrets.token_hex(2)])


def is_made(run_id: str) -> bool:
    """Tell whether an id has the form of those that ``new_id`` makes, as no model's name has."""
    return bool(_MADE.fullmatch(run_id))


def slug(name: str, longest: int = 24) -> str:
    """Reduce a name or path to lower-case letters, digits and dashes.

    >>> slug("/home/me/My Data.conll"), slug("google-bert/bert-base-uncased")
    ('my-data', 'bert-base-uncased')
    """
    last = name.rstrip("/").rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0] or last
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:longest].strip("-") or "data"


def runs_dir() -> Path:
    """Give the folder of all runs; it exists once there has been one."""
    return home() / "runs"


def get(run_id: str) -> Run:
    """Find a run by its id. Raises RunError if there is none."""
    run = Run(_checked(run_id), runs_dir() / run_id)
    if not run.config_path.is_file():
        raise missing(run_id)
    return run


def missing(run_id: str) -> RunError:
    """Give the error that says there is no run of this id."""
    return RunError(
        f"Expected the id of a run, found {run_id!r}; `python -m ner_core runs` lists them."
    )


def exists(run_id: str) -> bool:
    """Tell whether there is a run of this id."""
    return bool(_ID.fullmatch(run_id)) and Run(run_id, runs_dir() / run_id).config_path.is_file()


def list_runs() -> list[Run]:
    """List all runs, the newest first."""
    try:
        names = [entry.name for entry in runs_dir().iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [Run(name, runs_dir() / name) for name in names if exists(name)]
    # By time, not by name: a run may have a name of the user's own.
    return sorted(found, key=lambda run: (run.created_ns(), run.id), reverse=True)


def rename(run: Run, new_id: str) -> Run:
    """Give a run another id; its directory moves with it.

    Raises RunError if the new id is not a plain name, is taken or names a model, or if the run is
    at work.
    """
    target = Run(_checked_new(new_id), runs_dir() / new_id)
    with _held(run, "rename"):
        if target.path.exists():
            raise RunError(
                f"Expected a new run id, found the existing run {new_id}; choose another."
            )
        run.path.rename(target.path)
    return target


def delete(run: Run) -> None:
    """Delete a run with its model and its report. Raises RunError if it is at work."""
    with _held(run, "delete"):
        # Under another name first: nobody ever sees half a run.
        leaving = run.path.with_name(f".gone-{secrets.token_hex(4)}")
        run.path.rename(leaving)
    shutil.rmtree(leaving, ignore_errors=True)


@contextmanager
def _held(run: Run, purpose: str) -> Iterator[None]:
    """Hold a run that nobody works on, so that no worker takes it meanwhile."""
    try:
        lock = locks.acquire(run.lock_path)
    except RunError:
        raise RunError(
            f"Expected a run that is not at work, to {purpose} it; found {run.id}, which is "
            f"{run.status()}; stop it first."
        ) from None
    except OSError as error:
        raise RunError(
            f"Expected a run to {purpose}, found {run.id}, which cannot be reached: "
            f"{error.strerror}."
        ) from None
    try:
        yield
    finally:
        os.close(lock)


def _checked(run_id: str) -> str:
    if not _ID.fullmatch(run_id):
        raise RunError(
            f"Expected a run id of letters, digits, - and _, found {run_id[:60]!r}; "
            "`python -m ner_core runs` lists them."
        )
    return run_id


def _checked_new(run_id: str) -> str:
    if run_id in RESERVED:
        raise RunError(
            f"Expected a run id that names no model, found {run_id!r}; choose another one."
        )
    return _checked(run_id)
