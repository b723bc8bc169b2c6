"""``train`` and ``resume`` in the foreground: follow the worker's events with a progress bar."""

import signal
import sys
import time
from typing import Any

from tqdm import tqdm

from ner_core.cli import output
from ner_core.jobs.submit import Worker
from ner_core.runs.events import TERMINAL
from ner_core.runs.run import Run
from ner_core.runs.view import RunView

_POLL_SECONDS = 0.2


def follow(run: Run, process: Worker, as_json: bool) -> int:
    """Show a run until its worker ends, then its scores; gives the exit code.

    Ctrl-C, and a request to terminate, stop the run; what it has learned so far is kept. A second
    Ctrl-C leaves it to itself.
    """
    view = RunView(run)
    output.say(f"run {run.id}")

    def on_signal(_number: int, _frame: object) -> None:
        if run.stop_path.exists():
            raise KeyboardInterrupt
        run.stop_path.touch()
        output.say("\nstopping; the best model so far is kept")

    before = {
        number: signal.signal(number, on_signal)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        _watch(view, process)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return _conclude(view, as_json)


def _watch(view: RunView, process: Worker) -> None:
    waiting = None
    with tqdm(unit="step", file=sys.stderr, desc="starting", dynamic_ncols=True) as bar:
        alive = True
        while alive:
            alive = process.poll() is None
            if view.refresh():
                if view.status == "queued" and waiting != view.waiting_for:
                    waiting = view.waiting_for
                    bar.write(f"waiting for run {waiting}", file=sys.stderr)
                _draw(bar, view)
            if alive:
                time.sleep(_POLL_SECONDS)


def _draw(bar: "tqdm[Any]", view: RunView) -> None:
    if bar.total != view.total:
        for note in view.notes:
            bar.write(f"note: {note}", file=sys.stderr)
        bar.reset(total=view.total)
    bar.set_description(view.status, refresh=False)
    bar.n = view.step
    shown = {}
    if view.losses:
        shown["loss"] = f"{view.losses[-1][1]:.4f}"
    if view.evaluations:
        shown["f1"] = f"{view.evaluations[-1]['f1']:.4f}"
    if view.best:
        shown["best"] = f"{view.best['selection_f1']:.4f}"
    bar.set_postfix(shown)


def _conclude(view: RunView, as_json: bool) -> int:
    run, status = view.run, view.status
    if status == "failed" and view.ended is not None:
        output.say(f"error: {view.message}")
        return int(view.ended.data.get("exit_code", 1))
    if status not in TERMINAL:
        output.say(
            f"error: {view.message} Its log is {run.log_path}; "
            f"`python -m ner_core resume {run.id}` goes on."
        )
        return 1
    report = run.report if run.has_report else {}
    document = {
        "run": run.id,
        "status": status,
        "model_dir": str(run.model_dir) if run.model_dir.is_dir() else None,
        "validation": report.get("validation"),
        "test": report.get("test"),
        "train_seconds": report.get("train_seconds"),
        "examples_per_second": report.get("examples_per_second"),
    }
    output.emit(as_json, document, lambda: _text(document))
    return 0


def _text(document: dict[str, Any]) -> str:
    if document["status"] == "stopped":
        kept = document["model_dir"]
        so_far = f"the model so far is in {kept}" if kept else "nothing was learned yet"
        return f"stopped; {so_far}; `python -m ner_core resume {document['run']}` goes on"
    parts = [
        output.scores_text(split, document[split])
        for split in ("validation", "test")
        if document[split]
    ]
    parts.append(f"trained in {document['train_seconds']:.0f} s; model in {document['model_dir']}")
    return "\n\n".join(parts)
