"""A cache of the state of single runs: each is read when its files change, and rendered once."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from ner_core.runs.run import Run
from ner_core.runs.status import ACTIVE
from ner_core.runs.view import RunView
from ner_studio.base.times import when

NUMBERS = itertools.count(time.time_ns() // 1_000_000)  # not those of an earlier server

T = TypeVar("T")


@dataclass(frozen=True)
class CachedRun:
    """The state of a run in a snapshot; it is replaced by another object if anything changes.

    ``key`` changes whenever anything about the run changes, ``evaluated`` when its evaluations do,
    ``stage`` when its status, its final scores or its model do.
    """

    view: RunView
    key: str
    evaluated: str
    stage: str
    _lock: threading.Lock
    _rendered: dict[Any, Any] = field(default_factory=dict)

    def render(self, name: object, make: Callable[[RunView], T]) -> T:
        """Return what ``make`` renders of the run; it is called once for each name."""
        with self._lock:  # while another thread reads the log, the view changes
            if name not in self._rendered:
                self._rendered[name] = make(self.view)
            rendered: T = self._rendered[name]
            return rendered

    @property
    def at_work(self) -> bool:
        """Whether a worker executes this run, or it is queued."""
        return self.view.status in ACTIVE

    @property
    def label(self) -> str:
        """The run in a list: ``Menu reviews · quick · F1 0.74 · today 21:55``."""
        return self.render(("label", datetime.now().astimezone().date()), _label_of)


def _label_of(view: RunView) -> str:
    scores = view.final.get("test") or view.final.get("validation")
    state = f"F1 {scores['f1']:.2f}" if scores and not view.damage else view.state
    return f"{view.run.title} · {state} · {when(view.run.created_ns())}"


def choices_of(runs: Iterable[CachedRun]) -> list[tuple[str, str]]:
    """Return runs as the choices of a list, (label, id); those with the same label get their id.

    A dropdown finds what was chosen by its label.
    """
    listed = [(run.label, run.view.run.id) for run in runs]
    counts = Counter(label for label, _ in listed)
    return [(label if counts[label] == 1 else f"{label} · {name}", name) for label, name in listed]


class RunEntry:
    """The cache entry of one run: what was read of its log so far."""

    def __init__(self, run: Run) -> None:
        self._view, self._lock = RunView(run), threading.Lock()
        self._signature: tuple[int, int] | None = None
        self._named: tuple[int, int] | None = None
        self._cached: CachedRun | None = None
        self.last_used = time.monotonic()

    def refresh(self) -> CachedRun:
        """Read what may be new in the log, and return the state of the run."""
        with self._lock:
            run = self._view.run
            found, named = signature(run.events_path), signature(run.name_path)
            changed = self._cached is None or named != self._named
            if self._cached is None or self._may_have_changed(found):
                changed |= self._view.refresh()
            if self._cached is None or changed:
                self._cached = self._new_cached_run()
            self._signature, self._named = found, named
            return self._cached

    def _may_have_changed(self, found: tuple[int, int]) -> bool:
        """Return whether the files of the run may have changed since they were last read."""
        if found != self._signature or self._view.status in ACTIVE:
            return True
        return self._view.can_resume and self._view.run.is_held()

    def _new_cached_run(self) -> CachedRun:
        view = self._view
        run, number = view.run, next(NUMBERS)
        started = view.started is not None
        return CachedRun(
            view,
            key=f"{run.id}:{number}",
            evaluated=f"{run.id}:{run.created_ns()}:{started}:{len(view.evaluations)}",
            stage=f"{run.id}:{run.created_ns()}:{started}:{view.status}:{view.state}"
            f":{len(view.final)}:{run.model_dir.is_dir()}",
            _lock=self._lock,
        )


def signature(path: Path) -> tuple[int, int]:
    """Return the size and time of a file or folder, (-1, -1) if it does not exist."""
    try:
        found = path.stat()
    except OSError:
        return (-1, -1)
    return found.st_size, found.st_mtime_ns
