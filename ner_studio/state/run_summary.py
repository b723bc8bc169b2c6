"""What the page shows of one run: the state in words and numbers, ready for its template."""

from typing import Any
from urllib.parse import quote

from ner_core.runs import store
from ner_core.runs.view import RunView
from ner_studio.base.markup import escape
from ner_studio.state import snapshots

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


def view_of(run_id: str) -> RunView:
    """Give the view of a run, shared by all visitors. Raises RunError if there is no such run."""
    return snapshots.SHARED.find(run_id).view


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


def _facts(view: RunView) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    progress = view.progress
    if view.total:
        facts.append(("Step", f"{view.step:,} of {view.total:,}"))
    if progress.get("epoch") is not None and view.settings:
        facts.append(("Epoch", f"{progress['epoch']:.1f} of {view.settings['epochs']:g}"))
    if view.status == "running" and progress.get("seconds_left") is not None:
        facts.append(("Time left", duration(progress["seconds_left"])))
    if view.status in ("running", "stopping") and progress.get("examples_per_second"):
        facts.append(("Speed", f"{progress['examples_per_second']:.0f} windows/s"))
    if best := view.best:
        if view.status in ("running", "stopping"):
            facts.append(("Validation F1 now", f"{view.evaluations[-1]['selection_f1']:.3f}"))
        facts.append(("Best validation F1", f"{best['selection_f1']:.3f} at step {best['step']:,}"))
    if view.ended and view.status == "finished":
        facts.append(("Trained in", duration(view.ended.data["train_seconds"])))
    return facts


def _message(view: RunView) -> str:
    """Say in a sentence what the status means, as far as figures do not."""
    if view.status in ("failed", "interrupted"):
        text = escape(view.message or "The run ended, and nothing says why.")
        return f'<p class="ner-error" role="alert" style="margin-top: .6rem">{text}</p>'
    text = _waiting(view) if view.status == "queued" else escape(_sentence(view))
    return f'<p class="ner-quiet" style="margin-top: .6rem">{text}</p>' if text else ""


def _waiting(view: RunView) -> str:
    other = view.waiting_for or store.ANOTHER
    link = f'<a href="?run={escape(quote(other))}">{escape(other)}</a>'
    shown = store.ANOTHER if other == store.ANOTHER else link
    return f"Waiting for {shown}: one run trains at a time."


def _sentence(view: RunView) -> str:
    if view.repeating:
        return (
            f"Resumed: it goes over steps {_resumed_at(view) + 1:,} to {view.repeats_to:,} again, "
            "then goes on."
        )
    if view.status == "stopped" and view.run.model_dir.is_dir():
        return "Stopped; the best model so far was kept."
    return {
        "starting": "The worker is reading the data and loading the encoder.",
        "stopping": "It stops after the step it is at; the best model so far is kept.",
        "stopped": "Stopped before anything was learned.",
    }.get(view.status, "")


def _resumed_at(view: RunView) -> int:
    """Give the step of the checkpoint that the run goes on from."""
    return view.started.step if view.started else 0


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
