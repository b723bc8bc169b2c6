"""A cache of the state of all runs, shared by all open pages.

Any number of open tabs polls the same runs. The first of them that finds the last snapshot too old
takes a new one, and the others get the same one; what is rendered of a run is rendered once for all
of them. A snapshot reads only what can have changed: the list of runs if their folder changed, the
log of a run at work, and that of another run if its size or time changed.

Each visitor gets the runs that they may see, see ``ner_studio/base/rights.py``: a part of the same
snapshot, made once for each visitor without reading anything again.
"""

import contextlib
import hashlib
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ner_core.errors import RunError
from ner_core.runs import store
from ner_core.runs.run import Run
from ner_studio.base import rights
from ner_studio.base.rights import Visitor
from ner_studio.state.cached_runs import NUMBERS, CachedRun, RunEntry, choices_of, signature

MAX_CHOICES = 100
MAX_AGE = 0.5
"""Seconds for which a snapshot is used before another one is taken."""

_KEPT_SECONDS = 60.0  # that an older run stays in memory after the last request for it
_SETTLED_NS = 2_000_000_000


@dataclass(frozen=True)
class Snapshot:
    """All runs, the newest first, and the choices that the page offers.

    ``newest`` are the first of ``runs``; ``choices`` offers them as (label, id). ``number`` changes
    whenever ``choices`` does. ``taken_at`` is a time of ``time.monotonic``.
    """

    runs: list[Run]
    newest: list[CachedRun]
    choices: list[tuple[str, str]]
    number: int
    taken_at: float
    folder: Path
    parts: "dict[str | None, Snapshot]" = field(default_factory=dict, repr=False)

    @cached_property
    def by_id(self) -> dict[str, CachedRun]:
        """The newest runs by their ids."""
        return {run.view.run.id: run for run in self.newest}

    def choices_with(self, chosen: CachedRun) -> list[tuple[str, str]]:
        """Return ``choices``, with this run added if it is too old to be among them."""
        if chosen.view.run.id in self.by_id:
            return self.choices
        return choices_of([*self.newest, chosen])

    @property
    def anyone_at_work(self) -> bool:
        """Whether any run is executed or queued."""
        return any(run.at_work for run in self.newest)


class Snapshots:
    """Take snapshots, one at a time, and keep the last one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[tuple[str, int], RunEntry] = {}
        self._last: Snapshot | None = None
        self._listed: tuple[Path, int] | None = None
        self._newest: list[RunEntry] = []
        self._owned: tuple[list[Run], dict[str | None, list[Run]]] = ([], {})

    def fresh(self) -> Snapshot | None:
        """Return the last snapshot of the visitor who asks, None if it is too old; read nothing."""
        last, visitor = self._fresh(), rights.current_visitor()
        return last if last is None or rights.sees_all(visitor) else last.parts.get(visitor.name)

    def current(self, renew: bool = False) -> Snapshot:
        """Return a snapshot of the runs of the visitor who asks, ``MAX_AGE`` old at most.

        With ``renew``, take a new one.
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
        return last if time.monotonic() - last.taken_at < MAX_AGE else None

    def everything(self, renew: bool = False) -> Snapshot:
        """Return a snapshot of the runs of all visitors, which must not be shown to one of them."""
        found, last = None if renew else self._fresh(), self._last
        if found is not None:
            return found
        if not renew and last and last.folder == store.runs_dir() and self._lock.locked():
            return last  # another thread takes a new one, which the next request gets
        with self._lock:
            # A thread that waited here uses the snapshot that was taken meanwhile.
            found = None if renew else self._fresh()
            if found is None:
                found = self._last = self._take()
        return found

    def find(self, run_id: str) -> CachedRun:
        """Return a run by its id, also one that is too old for the list.

        Raises RunError if the visitor who asks has no such run.
        """
        listed = self.current().by_id.get(run_id)
        return self._cached_run(rights.find(run_id)) if listed is None else listed

    def chosen(self, run_id: str | None, snapshot: Snapshot | None = None) -> CachedRun | None:
        """Return this run, or the newest if there is no such run, or None if there are no runs."""
        snapshot = snapshot or self.current()
        if run_id and run_id not in snapshot.by_id:
            with contextlib.suppress(RunError):
                return self.find(run_id)
        newest = snapshot.newest[0] if snapshot.newest else None
        return snapshot.by_id.get(run_id or "", newest)

    def _cached_run(self, run: Run) -> CachedRun:
        with self._lock:
            entry = self._entry(run)
            entry.last_used = time.monotonic()
        return entry.refresh()

    def _part(self, snapshot: Snapshot, visitor: Visitor) -> Snapshot:
        """Return the part of a snapshot that a visitor may see."""
        mine = self._by_owner(snapshot.runs).get(visitor.name, []) if visitor.name else []
        newest = [snapshot.by_id.get(run.id) or self._cached_run(run) for run in mine[:MAX_CHOICES]]
        choices = choices_of(newest)
        number = number_of(choices)
        return Snapshot(mine, newest, choices, number, snapshot.taken_at, snapshot.folder)

    def _by_owner(self, listed: list[Run]) -> dict[str | None, list[Run]]:
        """Return the runs of each owner. Owners never change, so they are read once a list."""
        known, owned = self._owned
        if known is not listed:
            owned = {}
            for run in listed:
                owned.setdefault(rights.owner_of(run), []).append(run)
            self._owned = (listed, owned)
        return owned

    def _take(self) -> Snapshot:
        taken_at, folder = time.monotonic(), store.runs_dir()
        listed = self._list(folder)
        newest = [entry.refresh() for entry in self._newest]
        choices = choices_of(newest)
        same = self._last is not None and self._last.choices == choices
        number = self._last.number if self._last and same else next(NUMBERS)
        return Snapshot(listed, newest, choices, number, taken_at, folder)

    def _list(self, folder: Path) -> list[Run]:
        """Return the list of runs, read again if the folder has changed."""
        _, changed = signature(folder)
        if self._last and self._listed == (folder, changed):
            return self._last.runs
        listed = store.list_runs()
        # A folder may change twice within one tick of the file system's clock.
        settled = time.time_ns() - changed > _SETTLED_NS
        self._listed = (folder, changed) if settled else None
        self._newest = [self._entry(run) for run in listed[:MAX_CHOICES]]
        self._drop_unused()
        return listed

    def _entry(self, run: Run) -> RunEntry:
        key = (run.id, run.created_ns())  # an id may be used again after its run was deleted
        if key not in self._entries:
            self._entries[key] = RunEntry(run)
        return self._entries[key]

    def _drop_unused(self) -> None:
        """Drop the runs that are not in the list and were not requested lately."""
        now = time.monotonic()
        for key, entry in list(self._entries.items()):
            if entry not in self._newest and now - entry.last_used > _KEPT_SECONDS:
                del self._entries[key]


def number_of(value: object) -> int:
    """Return a number that differs for different values, small enough for JavaScript.

    A counter would tell one visitor when the runs of others change.
    """
    return int.from_bytes(hashlib.sha256(repr(value).encode()).digest()[:6], "big")


SHARED = Snapshots()
"""The snapshots of this server."""
