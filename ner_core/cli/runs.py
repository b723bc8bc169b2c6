"""The commands of the run store: ``runs``, ``show``, ``stop``, ``delete``."""

import argparse
import sys

from ner_core.cli import output
from ner_core.jobs.stop import stop as request_stop
from ner_core.runs import store
from ner_core.runs.export import drop_exports


def list_runs(options: argparse.Namespace) -> int:
    """List all runs, the newest first."""
    rows = [output.summary(run) for run in store.list_runs()]
    output.emit(options.json, {"runs": rows}, lambda: output.runs_text(rows))
    return 0


def show(options: argparse.Namespace) -> int:
    """Show one run: its state, settings and scores."""
    run = store.get(options.run)
    document = {
        **output.summary(run),
        "path": str(run.path),
        "model_dir": str(run.model_dir) if run.model_dir.is_dir() else None,
        "settings": run.config().model_dump(),
        "report": run.report if run.has_report else None,
    }
    output.emit(options.json, document, lambda: output.run_text(document))
    return 0


def stop(options: argparse.Namespace) -> int:
    """Ask a run to stop at its next step."""
    run = store.get(options.run)
    request_stop(run)
    document = {"run": run.id, "status": run.status()}
    output.emit(options.json, document, lambda: f"{run.id} will stop soon.")
    return 0


def delete(options: argparse.Namespace) -> int:
    """Delete a run with its model and report; in a terminal it asks first."""
    run = store.get(options.run)
    if sys.stdin.isatty() and sys.stderr.isatty():
        output.say(f"Delete {run.id}, its model and report? [y/N]")
        if input().strip().lower() not in {"y", "yes"}:
            output.say("Nothing deleted.")
            return 0
    store.delete(run)
    drop_exports(run.id)
    output.emit(options.json, {"run": run.id, "deleted": True}, lambda: f"{run.id} deleted.")
    return 0
