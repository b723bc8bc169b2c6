"""HTML of the status of a run: its state, progress and figures."""

from typing import Any
from urllib.parse import quote

from ner_core.runs import store
from ner_core.runs.view import RunView
from ner_studio.base.durations import duration
from ner_studio.base.markup import escape
from ner_studio.watch.headline import headline, main_scores

STATUS_TEMPLATE = """
<section class="ner-run" aria-label="Run" data-status="${value.status}" data-run="${value.id}">
  <h3><span class="ner-badge ${value.status}">${value.status}</span><bdi>${value.title}</bdi>
    <button type="button" class="ner-rename" data-do="rename" aria-label="Rename this run"
      title="Rename"><svg viewBox="0 0 16 16" aria-hidden="true"><path
      d="M11.2 2.2l2.6 2.6-8.2 8.2-3.2.6.6-3.2z"/></svg></button>
    <small class="ner-id">${value.id}</small></h3>
  <div class="ner-state">${value.headline}<div>
    <div class="ner-bar" role="progressbar" aria-label="Progress" aria-valuemin="0"
      aria-valuemax="100" aria-valuenow="${value.percent}">
      <div style="width: ${value.percent}%"></div></div>
    <div class="ner-facts">${value.facts}</div>
    ${value.message}
  </div></div>
  <p class="ner-unseen" role="status">${value.said}</p>
</section>
"""
STATUS_SCRIPTS = ("watch/rename.js", "watch/ending.js")


def status_value(view: RunView) -> dict[str, Any]:
    """Return the values of ``STATUS_TEMPLATE``, all of them escaped, and those for its scripts."""
    total, status = view.total, view.status
    percent = 100 if status == "finished" else 100 * view.step / total if total else 0
    scored = main_scores(view)
    return {
        "status": view.state,
        "title": escape(view.run.title),
        "id": escape(view.run.id),
        "percent": f"{percent:.1f}",
        "headline": headline(view),
        "facts": "".join(f"<span>{name} <b>{value}</b></span>" for name, value in _facts(view)),
        "message": _message(view),
        "said": f"Run {escape(view.run.id)}: {status}.",
        "f1": f"{scored[1]['f1']:.2f}" if scored else "",
        "can_try": view.run.model_dir.is_dir(),
    }


def _facts(view: RunView) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    progress = view.progress
    if view.total:
        facts.append(("Step", f"{view.step:,} of {view.total:,}"))
    if progress.get("epoch") is not None and view.settings:
        facts.append(("Epoch", f"{progress['epoch']:.1f} of {view.settings['epochs']:g}"))
    # At the last step there is more to do than steps: the last evaluation, and the final scores.
    training = view.status == "running" and view.step < view.total and not view.scoring
    if training and progress.get("seconds_left") is not None:
        facts.append(("Time left", duration(progress["seconds_left"])))
    if (training or view.status == "stopping") and progress.get("examples_per_second"):
        facts.append(("Speed", f"{progress['examples_per_second']:.0f} windows/s"))
    if best := view.best:
        if view.status in ("running", "stopping"):
            facts.append(("Validation F1 now", f"{view.evaluations[-1]['selection_f1']:.3f}"))
        facts.append(("Best validation F1", f"{best['selection_f1']:.3f} at step {best['step']:,}"))
    if view.ended and view.status == "finished":
        facts.append(("Trained in", duration(view.ended.data["train_seconds"])))
    return facts


def _message(view: RunView) -> str:
    """Return a sentence about the status; empty if the figures say enough."""
    if view.damage or view.status in ("failed", "interrupted"):
        text = escape(view.message or "The run ended for an unknown reason. Its log may say more.")
        return f'<p class="ner-error" role="alert" style="margin-top: .6rem">{text}</p>'
    if view.warning:
        return f'<p class="ner-warning" style="margin-top: .6rem">{escape(view.warning)}</p>'
    text = _waiting(view) if view.status == "queued" else escape(_sentence(view))
    return f'<p class="ner-quiet" style="margin-top: .6rem">{text}</p>' if text else ""


def _waiting(view: RunView) -> str:
    other = view.waiting_for or store.ANOTHER
    name = view.waiting_for_name or other
    link = f'<a href="?run={escape(quote(other))}"><bdi>{escape(name)}</bdi></a>'
    shown = store.ANOTHER if other == store.ANOTHER else link
    return f"Waiting for {shown}: one run trains at a time."


def _sentence(view: RunView) -> str:
    if view.scoring:
        return _scoring(view)
    if view.repeating:
        return (
            f"Resumed: it repeats steps {_resumed_at(view) + 1:,} to {view.repeats_to:,}, then "
            "continues."
        )
    if view.status == "stopped" and view.run.model_dir.is_dir():
        return "Stopped. The best model so far was kept."
    return {
        "running": " ".join(view.notes),
        "starting": "The worker is reading the data and loading the encoder.",
        "stopping": "It stops after the current step and keeps the best model so far.",
        "stopped": "Stopped before there was a model to keep.",
    }.get(view.status, "")


def _scoring(view: RunView) -> str:
    sizes = view.started.data.get("sentences", {}) if view.started else {}
    parts = " and ".join(name for name in ("validation", "test") if name in sizes)
    return f"Scoring the finished model on {parts or 'validation'} …"


def _resumed_at(view: RunView) -> int:
    """Return the step of the checkpoint that the run was resumed from."""
    return view.started.step if view.started else 0
