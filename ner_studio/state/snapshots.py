"""How all runs stand, looked at once for every page that asks.

Any number of open tabs polls the same runs. The first of them that finds the last look too old
takes a new one, the others get what it saw; what is drawn of a run is drawn once for all of them.
A look reads only what can have changed: the list of runs if their folder did, the log of a run at
work, and that of another one only if its size or time is not what it was.

Everybody is given the runs that are there for them, see ``ner_studio/base/rights.py``: a part of
the same look, taken once for each visitor, for which nothing is read again.
"""

import contextlib
import hashlib
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from ner_core.errors import RunError
from ner_core.runs import store
from ner_core.runs.run import Run
from ner_core.runs.status import ACTIVE
from ner_core.runs.view import RunView
from ner_studio.base import rights
from ner_studio.base.rights import Visitor

MOST_CHOICES = 100
MOST_AGE = 0.5
"""Seconds that a look serves: within these, nothing is read again."""

_KEPT_FOR = 60.0  # seconds that an older run stays in memory after it was last asked for
_SETTLED_NS = 2_000_000_000
_numbers = itertools.count(time.time_ns() // 1_000_000)  # another server's numbers are others

T = TypeVar("T")


def label_of(view: RunView) -> str:
    """Name a run in a list: its id and how it stands."""
    scores = view.final.get("test") or view.final.get("validation")
    state = f"F1 {scores['f1']:.3f}" if scores else view.status
    return f"{view.run.id} · {state}"


@dataclass(frozen=True)
class Watched:
    """A run as it stood at one look; another object takes its place when anything changed.

    ``key`` differs whenever anything about the run does, ``evaluated`` when its evaluations do,
    ``stage`` when its status, its final scores or its model do.
    """

    view: RunView
    key: str
    evaluated: str
    stage: str
    _lock: threading.Lock
    _drawn: dict[Any, Any] = field(default_factory=dict)

    def draw(self, name: object, make: Callable[[RunView], T]) -> T:
        """Give what ``make`` draws of the run; it is called once a name."""
        if name not in self._drawn:
            with self._lock:  # not while another thread reads on
                self._drawn[name] = make(self.view)
        drawn: T = self._drawn[name]
        return drawn

    @property
    def at_work(self) -> bool:
        """Tell whether a worker is at this run, or it waits for one."""
        return self.view.status in ACTIVE


class _Entry:
    """One run from look to look."""

    def __init__(self, run: Run) -> None:
        self._view, self._lock = RunView(run), threading.Lock()
        self._signature: tuple[int, int] | None = None
        self.watched: Watched | None = None
        self.asked = time.monotonic()

    def look(self) -> Watched:
        """Read what is new, if there can be any."""
        with self._lock:
            signature = _signature(self._view.run.events_path)
            if self.watched is None or self._may_differ(signature):
                changed = self._view.refresh()
                if self.watched is None or changed:
                    self.watched = self._watch()
            self._signature = signature
            return self.watched

    def _may_differ(self, signature: tuple[int, int]) -> bool:
        """Tell whether another look at the run's files may show anything else."""
        if signature != self._signature or self._view.status in ACTIVE:
            return True
        return self._view.can_resume and self._view.run.is_held()

    def _watch(self) -> Watched:
        view = self._view
        run, number = view.run, next(_numbers)
        started = view.started is not None
        return Watched(
            view,
            key=f"{run.id}:{number}",
            evaluated=f"{run.id}:{run.created_ns()}:{started}:{len(view.evaluations)}",
            stage=f"{run.id}:{run.created_ns()}:{started}:{view.status}:{len(view.final)}"
            f":{run.model_dir.is_dir()}",
            _lock=self._lock,
        )


@dataclass(frozen=True)
class Snapshot:
    """All runs, the newest first, and the list that the page offers of them.

    ``newest`` are the first of ``runs``, those that ``choices`` offers as (how it is shown, id);
    ``number`` differs whenever ``choices`` does.
    """

    runs: list[Run]
    newest: list[Watched]
    choices: list[tuple[str, str]]
    number: int
    taken: float
    folder: Path
    parts: "dict[str | None, Snapshot]" = field(default_factory=dict, repr=False)

    @cached_property
    def by_id(self) -> dict[str, Watched]:
        """The newest runs by their ids."""
        return {watched.view.run.id: watched for watched in self.newest}

    def choices_with(self, chosen: Watched) -> list[tuple[str, str]]:
        """Give ``choices`` with this run among them, however old it is."""
        run_id = chosen.view.run.id
        return self.choices + [(label_of(chosen.view), run_id)] * (run_id not in self.by_id)

    @property
    def anyone_at_work(self) -> bool:
        """Tell whether any run is at work."""
        return any(watched.at_work for watched in self.newest)


class Snapshots:
    """Takes the looks, one at a time, whoever asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[tuple[str, int], _Entry] = {}
        self._last: Snapshot | None = None
        self._listed: tuple[Path, int] | None = None
        self._newest: list[_Entry] = []
        self._owned: tuple[list[Run], dict[str | None, list[Run]]] = ([], {})

    def fresh(self) -> Snapshot | None:
        """Give the last look of the visitor who asks if it still serves; nothing is read."""
        last, visitor = self._fresh(), rights.current_visitor()
        return last if last is None or rights.sees_all(visitor) else last.parts.get(visitor.name)

    def current(self, renew: bool = False) -> Snapshot:
        """Give how the visitor's runs stand, as of half a second ago at most.

        With ``renew`` as of now. The visitor is the one who asks.
        """
        snapshot, visitor = self.everything(renew), rights.current_visitor()
        if rights.sees_all(visitor):
            return snapshot
        if visitor.name not in snapshot.parts:
            snapshot.parts[visitor.name] = self._part(snapshot, visitor)
        return snapshot.parts[visitor.name]

    def _fresh(self) -> Snapshot | None:
        last = self._last
        if last is None or last.folder != store.runs_dir():
            return None
        return last if time.monotonic() - last.taken < MOST_AGE else None

    def everything(self, renew: bool = False) -> Snapshot:
        """Give how all runs stand, whosever they are: nothing that a visitor is shown as it is."""
        found, last = None if renew else self._fresh(), self._last
        if found is not None:
            return found
        if not renew and last and last.folder == store.runs_dir() and self._lock.locked():
            return last  # another thread is looking; what it sees is shown next time
        with self._lock:
            # One that waited here needs no look of its own.
            found = None if renew else self._fresh()
            if found is None:
                found = self._last = self._look()
        return found

    def find(self, run_id: str) -> Watched:
        """Give one run, also one too old for the list.

        Raises RunError if there is none for the visitor who asks.
        """
        listed = self.current().by_id.get(run_id)
        return self._watched(rights.find(run_id)) if listed is None else listed

    def chosen(self, run_id: str | None, snapshot: Snapshot | None = None) -> Watched | None:
        """Give this run; the newest if there is none of this id, None if there is none at all."""
        snapshot = snapshot or self.current()
        if run_id and run_id not in snapshot.by_id:
            with contextlib.suppress(RunError):
                return self.find(run_id)
        newest = snapshot.newest[0] if snapshot.newest else None
        return snapshot.by_id.get(run_id or "", newest)

    def _watched(self, run: Run) -> Watched:
        with self._lock:
            entry = self._entry(run)
            entry.asked = time.monotonic()
        return entry.look()

    def _part(self, snapshot: Snapshot, visitor: Visitor) -> Snapshot:
        """Give what a visitor may see of a look who may not see all of it."""
        mine = self._by_owner(snapshot.runs).get(visitor.name, []) if visitor.name else []
        newest = [snapshot.by_id.get(run.id) or self._watched(run) for run in mine[:MOST_CHOICES]]
        choices = [(watched.draw("label", label_of), watched.view.run.id) for watched in newest]
        return Snapshot(mine, newest, choices, mark_of(choices), snapshot.taken, snapshot.folder)

    def _by_owner(self, listed: list[Run]) -> dict[str | None, list[Run]]:
        """Sort runs by whose they are; read if the list is another, since no run changes hands."""
        known, owned = self._owned
        if known is not listed:
            owned = {}
            for run in listed:
                owned.setdefault(rights.owner_of(run), []).append(run)
            self._owned = (listed, owned)
        return owned

    def _look(self) -> Snapshot:
        taken, folder = time.monotonic(), store.runs_dir()
        listed = self._list(folder)
        looks = [entry.look() for entry in self._newest]
        choices = [(watched.draw("label", label_of), watched.view.run.id) for watched in looks]
        same = self._last is not None and self._last.choices == choices
        number = self._last.number if self._last and same else next(_numbers)
        return Snapshot(listed, looks, choices, number, taken, folder)

    def _list(self, folder: Path) -> list[Run]:
        """List the runs, unless the folder is as it was."""
        _, changed = _signature(folder)
        if self._last and self._listed == (folder, changed):
            return self._last.runs
        listed = store.list_runs()
        # A folder may change again within one tick of its file system's clock.
        settled = time.time_ns() - changed > _SETTLED_NS
        self._listed = (folder, changed) if settled else None
        self._newest = [self._entry(run) for run in listed[:MOST_CHOICES]]
        self._forget()
        return listed

    def _entry(self, run: Run) -> _Entry:
        key = (run.id, run.created_ns())  # an id may be used again after its run was deleted
        if key not in self._entries:
            self._entries[key] = _Entry(run)
        return self._entries[key]

    def _forget(self) -> None:
        """Drop the runs that are not in the list and that nobody asked for lately."""
        now = time.monotonic()
        for key, entry in list(self._entries.items()):
            if entry not in self._newest and now - entry.asked > _KEPT_FOR:
                del self._entries[key]


def mark_of(value: object) -> int:
    """Give a number that differs when a value does, as a browser can hold it.

    What tells one visitor that something changed must not tell them of the runs of others.
    """
    return int.from_bytes(hashlib.sha256(repr(value).encode()).digest()[:6], "big")


def _signature(path: Path) -> tuple[int, int]:
    """Give size and time of a file or folder, (-1, -1) if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return (-1, -1)
    return found.st_size, found.st_mtime_ns


SHARED = Snapshots()
"""The one of this server."""
