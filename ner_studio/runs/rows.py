"""The rows of the table of runs, which are read once for all visitors and only if a run changed.

Each visitor gets the rows of the runs that they may see, see ``ner_studio/base/rights.py``.
"""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ner_core.errors import NerError
from ner_core.hub.repository_ids import without_hub_prefix
from ner_core.runs.run import Run
from ner_core.runs.shapes import is_number
from ner_core.runs.status import ACTIVE
from ner_core.runs.view import RunView
from ner_studio.base import charts, rights
from ner_studio.state.cached_runs import CachedRun, signature
from ner_studio.state.snapshots import SHARED, Snapshot, number_of

_MOST_AGE = 2.0
_READING_SECONDS = 0.5
_LONGEST_NAME = 40
_ENDED = frozenset({"finished", "stopped", "failed"})
MOST_POINTS = 24
"""Of the small curve of a run."""


@dataclass(frozen=True)
class RunRow:
    """What the list shows of one run; None where there is nothing to show yet.

    ``f1`` is that of the test part, or else of validation, or else the best one while training;
    ``f1_of`` says which. ``curve`` has the validation F1 over the steps.
    """

    id: str
    name: str
    created_ns: int
    status: str
    f1: float | None
    f1_of: str
    curve: tuple[tuple[int, float], ...]
    validation_f1: float | None
    test_f1: float | None
    data: str
    model: str
    recipe: str
    epochs: float | None
    batch_size: float | None
    learning_rate: float | None
    steps: int | None
    seconds: float | None
    has_model: bool

    @classmethod
    def of(cls, view: RunView) -> "RunRow":
        """Return the row of a run in its present state."""
        settings = view.settings or _settings_before_start(view.run)
        ended = view.ended.data if view.ended else {}
        validation = view.final.get("validation", {}).get("f1")
        test = view.final.get("test", {}).get("f1")
        best = view.best["selection_f1"] if view.best else None
        scores = {"test": test, "validation": validation, "so far": best}
        f1_of = next((part for part, f1 in scores.items() if f1 is not None), "")
        points = [(row["step"], row["f1"]) for row in view.evaluations]
        return cls(
            id=view.run.id,
            name=view.run.title,
            created_ns=view.run.created_ns(),
            status=view.state,
            f1=scores.get(f1_of),
            f1_of=f1_of,
            curve=tuple(charts.thin(points, MOST_POINTS)),
            validation_f1=validation,
            test_f1=test,
            data=short_name(settings.get("data", "")),
            model=short_name(settings.get("model", "")),
            recipe=settings.get("recipe", ""),
            epochs=_number(settings.get("epochs")),
            batch_size=_number(settings.get("batch_size")),
            learning_rate=_number(settings.get("learning_rate")),
            steps=view.step if view.status in _ENDED else int(view.total) or None,
            seconds=ended.get("train_seconds"),
            has_model=view.run.model_dir.is_dir() and view.status not in ACTIVE,
        )

    @property
    def is_at_work(self) -> bool:
        """Whether a worker executes the run, or it is queued."""
        return self.status in ACTIVE


def short_name(source: str) -> str:
    """Return a short name of data or an encoder: the last part of a path, at most 40 characters.

    >>> short_name("/home/me/uploads/4f1a/my-data.conll"), short_name("hub:owner/name")
    ('my-data.conll', 'owner/name')
    """
    source = without_hub_prefix(source)
    name = Path(source).name if source.startswith(("/", "~", ".")) else source
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


@dataclass(frozen=True)
class Rows:
    """All rows, the newest run first; ``version`` changes whenever any of them does."""

    rows: tuple[RunRow, ...]
    version: int


class RunRows:
    """Caches the rows of all runs.

    Changes are read at most once in two seconds for all visitors. If hundreds of runs have not been
    read yet, the first call returns the newest, and later calls add the others.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cache: dict[str, tuple[tuple[int, ...], RunRow]] = {}
        self._last = Rows((), 0)
        self._taken: tuple[Path, float, int] | None = None

    def current(self, renew: bool = False) -> Rows:
        """Return the rows of the current visitor, at most two seconds old; new with ``renew``."""
        everything = self._everything(renew)
        if rights.sees_all(rights.current_visitor()):
            return everything
        mine = {(run.id, run.created_ns()) for run in SHARED.current().runs}
        rows = tuple(row for row in everything.rows if (row.id, row.created_ns) in mine)
        return Rows(rows, number_of(rows))

    def _everything(self, renew: bool) -> Rows:
        with self._lock:
            snapshot = SHARED.everything(renew)
            if renew or not self._serves(snapshot):
                rows = tuple(self._read(snapshot))
                if rows != self._last.rows:
                    self._last = Rows(rows, time.time_ns())
                until = time.monotonic() + _MOST_AGE
                self._taken = (snapshot.folder, until, snapshot.number)
            return self._last

    def _serves(self, snapshot: Snapshot) -> bool:
        """Return whether the rows are recent and no run has changed its status since."""
        if self._taken is None:
            return False
        folder, until, number = self._taken
        return (folder, number) == (snapshot.folder, snapshot.number) and time.monotonic() <= until

    def _read(self, snapshot: Snapshot) -> list[RunRow]:
        newest = {cached.view.run.id: cached for cached in snapshot.newest}
        until = time.monotonic() + _READING_SECONDS
        rows = []
        for run in snapshot.runs:
            row = _row_of(newest[run.id]) if run.id in newest else self._older(run, until)
            if row:
                rows.append(row)
        listed = {run.id for run in snapshot.runs}
        self._cache = {name: kept for name, kept in self._cache.items() if name in listed}
        return rows

    def _older(self, run: Run, until: float) -> RunRow | None:
        """Return the row of an older run, None if there is no time left to read it."""
        key = _key(run)
        known, row = self._cache.get(run.id, (None, None))
        if row and known == key and not _may_differ(row, run):
            return row
        if time.monotonic() > until:
            return row
        view = RunView(run)
        view.refresh()
        row = RunRow.of(view)
        self._cache[run.id] = (key, row)
        return row


def _may_differ(row: RunRow, run: Run) -> bool:
    """Return whether the status of a run may have changed without a change of its log."""
    return row.status in ACTIVE or (row.status == "interrupted" and run.is_held())


def _row_of(cached: CachedRun) -> RunRow:
    return cached.render("row", RunRow.of)


def _settings_before_start(run: Run) -> dict[str, Any]:
    try:
        return run.config().model_dump()
    except NerError:  # damaged settings must not hide the other runs
        return {}


def _key(run: Run) -> tuple[int, ...]:
    """Return what changes whenever the row of a run at rest does."""
    files = (run.events_path, run.name_path, run.model_dir)
    return (run.created_ns(), *(part for file in files for part in signature(file)))


def _number(value: Any) -> float | None:
    return value if is_number(value) else None
