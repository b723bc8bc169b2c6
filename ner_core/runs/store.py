"""The run store: ``$NER_HOME/runs/<id>/``, where page, command line and worker meet.

Runs are created, found, listed, renamed and deleted here. Nothing is kept in memory.
"""

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ner_core.config import TrainConfig
from ner_core.errors import ConfigError, RunError
from ner_core.runs import names
from ner_core.runs.run import Run
from ner_core.system import atomic, locks, paths

RESERVED: frozenset[str] = frozenset({"minilm", "starter"})
"""Names of models, which no run can have as its id."""

ANOTHER = "another run"
"""What a run waits for, as it is shown, if that run is somebody else's; no id has a blank."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,120}")
_MADE = re.compile(r"\d{8}-\d{6}-[a-z0-9-]+-[0-9a-f]{4}")  # by new_id
_SPACE_VOLUME = Path("/data")


def home() -> Path:
    """Return the folder of all that is kept: ``NER_HOME``, a Space's volume, or the working one."""
    chosen = os.environ.get("NER_HOME")
    if chosen:
        return paths.expand(chosen).absolute()
    if os.environ.get("SPACE_ID") and os.access(_SPACE_VOLUME, os.W_OK):
        return _SPACE_VOLUME
    return Path.cwd()


def is_ephemeral() -> bool:
    """Return whether a restart loses all runs: on a Space whose runs are on no volume.

    A folder that ``NER_HOME`` names on a Space is assumed to be a volume.
    """
    return bool(os.environ.get("SPACE_ID")) and home() == Path.cwd()


def create(config: TrainConfig, run_id: str | None = None, owner: str | None = None) -> Run:
    """Create a run's directory with its settings, and return the run; nothing is started.

    ``owner`` is the Hub user who starts it, None where nobody is signed in; it stays with the run.
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
            raise RunError(f"There is already a run named {run_id}. Choose another id.") from None
        raise ConfigError(
            f"Can't write runs to {runs_dir()}: {error.strerror}. Set NER_HOME to another folder."
        ) from None
    return run


def new_id(config: TrainConfig) -> str:
    """Return an id that sorts by time and reads well: ``20260102-153000-minilm-sample-a1b2``."""
    parts = [time.strftime("%Y%m%d-%H%M%S", time.gmtime())]
    parts += [slug(name) for name in (config.model, config.data)]
    return "-".join([*parts, secrets.token_hex(2)])


def is_made(run_id: str) -> bool:
    """Return whether an id has the form of those that ``new_id`` makes, as no model's name has."""
    return bool(_MADE.fullmatch(run_id))


def slug(name: str, longest: int = 24) -> str:
    """Return a name or path reduced to lower-case letters, digits and dashes.

    >>> slug("/home/me/My Data.conll"), slug("google-bert/bert-base-uncased")
    ('my-data', 'bert-base-uncased')
    """
    last = name.rstrip("/").rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0] or last
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:longest].strip("-") or "data"


def runs_dir() -> Path:
    """Return the folder of all runs; it exists once there has been one."""
    return home() / "runs"


def get(run_id: str) -> Run:
    """Return the run with this id. Raises RunError if there is none."""
    run = Run(_checked(run_id), runs_dir() / run_id)
    if not run.config_path.is_file():
        raise missing(run_id)
    return run


def missing(run_id: str) -> RunError:
    """Return the error that says there is no run with this id."""
    return RunError(f"There is no run {run_id!r}. List your runs with `python -m ner_core runs`.")


def exists(run_id: str) -> bool:
    """Return whether there is a run with this id."""
    try:
        return (
            bool(_ID.fullmatch(run_id)) and Run(run_id, runs_dir() / run_id).config_path.is_file()
        )
    except OSError:  # a folder that may not be opened
        return False


def list_runs() -> list[Run]:
    """Return all runs of the store, the newest first."""
    try:
        names = [entry.name for entry in runs_dir().iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [Run(name, runs_dir() / name) for name in names if exists(name)]
    # By time, not by name: a run may have a name of the user's own.
    return sorted(found, key=lambda run: (run.created_ns(), run.id), reverse=True)


def rename(run: Run, name: str) -> str:
    """Set the name that people read of a run, and return it. Its id stays as it is.

    Raises RunError if the name is empty or too long, or if it can't be written.
    """
    name = names.checked(name)
    try:
        atomic.write_text(run.name_path, f"{name}\n")
    except OSError as error:
        raise RunError(f"Run {run.id} can't be renamed: {error.strerror}.") from None
    return name


def delete(run: Run) -> None:
    """Delete a run with its model and its report. Raises RunError if it is at work."""
    with held(run, "deleted"):
        # Under another name first: a run is never seen with a part of its files.
        leaving = run.path.with_name(f".gone-{secrets.token_hex(4)}")
        run.path.rename(leaving)
    shutil.rmtree(leaving, ignore_errors=True)


@contextmanager
def held(run: Run, purpose: str) -> Iterator[None]:
    """Hold the lock of a run that is not at work, so that no worker starts meanwhile.

    Raises RunError, which says that the run can't be ``purpose``, if it is at work or gone, or the
    block raises OSError.
    """
    try:
        lock = locks.acquire(run.lock_path)
    except RunError:
        raise RunError(
            f"Run {run.id} can't be {purpose} while it is {run.status()}. Stop it first."
        ) from None
    except OSError as error:
        raise RunError(f"Run {run.id} can't be {purpose}: {error.strerror}.") from None
    try:
        yield
    except OSError as error:
        raise RunError(f"Run {run.id} can't be {purpose}: {error.strerror}.") from None
    finally:
        os.close(lock)


def _checked(run_id: str) -> str:
    if not _ID.fullmatch(run_id):
        raise RunError(
            f"{run_id[:60]!r} can't be a run's id, which has only letters, digits, - and _. List "
            "your runs with `python -m ner_core runs`."
        )
    return run_id


def _checked_new(run_id: str) -> str:
    if run_id in RESERVED:
        raise RunError(
            f"{run_id!r} is a model's name, so it can't be a run's id. Choose another one."
        )
    return _checked(run_id)
