"""What a run is doing: derived from its event log, its lock and its stop file, and never stored."""

from typing import Literal

from ner_core.runs.events import TERMINAL, Event

Status = Literal[
    "queued", "starting", "running", "stopping", "stopped", "finished", "failed", "interrupted"
]
ACTIVE: frozenset[str] = frozenset({"queued", "starting", "running", "stopping"})
"""A worker is at work on the run."""
RESUMABLE: frozenset[str] = frozenset({"stopped", "failed", "interrupted"})
"""The run can go on from its last checkpoint."""
LIFE: frozenset[str] = TERMINAL | {"queued", "started"}
"""The kinds of events that say where in its life a run is."""


def derive_status(last: Event | None, held: bool, stop_asked: bool) -> Status:
    """Return a run's status.

    ``last`` is the last event of a kind in ``LIFE``, None without any; ``held`` is whether a worker
    holds the run's lock, ``stop_asked`` whether its stop file is there. Without a terminal event a
    run that no worker holds was interrupted.
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
