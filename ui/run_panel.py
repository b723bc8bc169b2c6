"""What the page shows of one run: the state in words and numbers, ready for its template."""

import threading
from collections import OrderedDict
from typing import Any

from ner_core import RunView, runs
from ui.markup import escape

_MOST_VIEWS = 256  # more than any list shows: each view of a list is kept

STATUS_TEMPLATE = """
<section class="ner-run" aria-label="Run" data-status="${value.status}">
  <h3><span class="ner-badge ${value.status}">${value.status}</span>${value.title}</h3>
  <div class="ner-bar" role="progressbar" aria-label="Progress" aria-valuemin="0"
    aria-valuemax="100" aria-valuenow="${value.percent}">
    <div style="width: ${value.percent}%"></div></div>
  <div class="ner-facts">${value.facts}</div>
  ${value.message}
</section>
"""

_views: "OrderedDict[tuple[str, int], RunView]" = OrderedDict()
_views_lock = threading.Lock()


def view_of(run_id: str) -> RunView:
    """Give the up-to-date view of a run, shared by all visitors: only what is new is read.

    Raises RunError if there is no such run.
    """
    run = runs.get(run_id)
    key = (run_id, run.created_ns())  # an id may be used again after its run was deleted
    with _views_lock:
        view = _views.pop(key, None) or RunView(run)
        _views[key] = view
        while len(_views) > _MOST_VIEWS:
            _views.popitem(last=False)
        view.refresh()
    return view


def version_of(view: RunView) -> list[Any]:
    """Give something that differs whenever the view shows something else."""
    counts = [len(view.losses), len(view.evaluations), len(view.final)]
    return [view.run.id, view.status, view.waiting_for, *counts]


def status_value(view: RunView) -> dict[str, Any]:
    """Give the values of ``STATUS_TEMPLATE``, all of them escaped."""
    total, status = view.total, view.status
    percent = 100 if status == "finished" else 100 * view.step / total if total else 0
    return {
        "status": status,
        "title": escape(view.run.id),
        "percent": f"{percent:.1f}",
        "facts": "".join(f"<span>{name} <b>{value}</b></span>" for name, value in _facts(view)),
        "message": _message(view),
    }


def label_of(view: RunView) -> str:
    """Name a run in a list: its id and how it stands."""
    scores = view.final.get("test") or view.final.get("validation")
    state = f"F1 {scores['f1']:.3f}" if scores else view.status
    return f"{view.run.id} · {state}"


def _facts(view: RunView) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    progress = view.progress
    if view.total:
        facts.append(("Step", f"{view.step:,} of {view.total:,}"))
    if progress.get("epoch") is not None and view.started:
        epochs = view.started.data["settings"]["epochs"]
        facts.append(("Epoch", f"{progress['epoch']:.1f} of {epochs:g}"))
    if view.status == "running" and progress.get("seconds_left") is not None:
        facts.append(("Time left", duration(progress["seconds_left"])))
    if progress.get("examples_per_second"):
        facts.append(("Speed", f"{progress['examples_per_second']:.0f} sentences/s"))
    if best := view.best:
        facts.append(("Best validation F1", f"{best['selection_f1']:.3f}"))
    if view.ended and view.status == "finished":
        facts.append(("Trained in", duration(view.ended.data["train_seconds"])))
    return facts


def _message(view: RunView) -> str:
    kept = view.run.model_dir.is_dir()
    texts = {
        "queued": f"Waiting for {view.waiting_for}: one run trains at a time.",
        "starting": "The worker is reading the data and loading the encoder.",
        "stopping": "It stops after the step it is at; the best model so far is kept.",
        "stopped": "Stopped; the best model so far was kept."
        if kept
        else "Stopped before anything was learned.",
        "interrupted": "The worker ended without a word: it was killed, or the machine restarted. "
        "Start a new run with these settings.",
        "failed": view.message or "It failed.",
    }
    text = texts.get(view.status)
    if text is None:
        return ""
    style = "ner-error" if view.status in ("failed", "interrupted") else "ner-quiet"
    role = ' role="alert"' if style == "ner-error" else ""
    return f'<p class="{style}"{role} style="margin-top: .6rem">{escape(text)}</p>'


def duration(seconds: float) -> str:
    """Say a time span in the words of everyday.

    >>> duration(7.4), duration(95), duration(4000)
    ('7 s', '1 min 35 s', '1 h 6 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
