"""The commands ``train`` and ``resume``, with a progress bar, and ``worker``."""

import argparse
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from ner_core.cli import output
from ner_core.cli.arguments import add_columns
from ner_core.config import READ_SETTINGS, TrainConfig
from ner_core.errors import ConfigError
from ner_core.jobs.worker import main as execute_worker
from ner_core.recipes import RECIPES
from ner_core.runs import store
from ner_core.runs.command import FLAGS
from ner_core.runs.events import TERMINAL
from ner_core.runs.run import Run
from ner_core.runs.view import RunView
from ner_core.setting_values import expectation

if TYPE_CHECKING:  # it loads datasets
    from ner_core.jobs.submit import Worker

_SETTINGS = ("epochs", "batch_size", "learning_rate", "max_length", "seed", "max_train")
_POLL_SECONDS = 0.2


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``train``."""
    fields = TrainConfig.model_fields
    command.add_argument("--data", required=True, help=fields["data"].description)
    command.add_argument("--model", default="minilm", help=fields["model"].description)
    add_columns(command)
    command.add_argument("--recipe", default="balanced", help=f"one of {', '.join(RECIPES)}")
    for name in _SETTINGS:
        text = f"{fields[name].description} Takes {expectation(fields[name])}."
        command.add_argument(FLAGS[name], help=text)
    others = ", ".join(name for name in fields if name not in FLAGS)
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=f"any other setting: {others}",
    )
    command.add_argument("--run-id", metavar="ID", help="your own name for the run")


def train(options: argparse.Namespace) -> int:
    """Train a model, with a progress bar; Ctrl-C stops the run and keeps its best model."""
    from ner_core.jobs.submit import submit  # late: loads datasets

    named = ("data", "model", "recipe", *_SETTINGS, *READ_SETTINGS)
    values: dict[str, Any] = {name: getattr(options, name) for name in named}
    for pair in options.set:
        name, separator, value = pair.partition("=")
        if not separator:
            raise ConfigError(f"Can't read --set {pair!r}. Write it as KEY=VALUE.")
        values[name.strip()] = value.strip()
    config = TrainConfig.from_values(values)
    run, process = submit(
        config, options.run_id, warn=lambda sentence: output.say(f"warning: {sentence}")
    )
    return _follow(run, process, options.json)


def resume(options: argparse.Namespace) -> int:
    """Resume a run from its last checkpoint, with a progress bar."""
    from ner_core.jobs import submit  # late: loads datasets

    run = store.get(options.run)
    return _follow(run, submit.resume(run), options.json)


def add_worker_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``worker``."""
    command.add_argument("run_dir", metavar="RUN_DIR")


def worker(options: argparse.Namespace) -> int:
    """Execute one run (internal)."""
    return execute_worker(options.run_dir)


def _follow(run: Run, process: "Worker", as_json: bool) -> int:
    """Show the progress of a run until it ends, then its scores; return the exit code.

    Ctrl-C, and a request to terminate, stop the run; its best model so far is kept. After a second
    Ctrl-C the run goes on without this command.
    """
    view = RunView(run)
    output.say(f"run {run.id}")

    def on_signal(_number: int, _frame: object) -> None:
        if run.stop_path.exists():
            raise KeyboardInterrupt
        run.stop_path.touch()
        output.say("\nstopping and keeping the best model so far")

    before = {
        number: signal.signal(number, on_signal)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        _show_progress(view, process)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return _conclude(view, as_json)


def _show_progress(view: RunView, process: "Worker") -> None:
    waiting = None
    with tqdm(unit="step", file=sys.stderr, desc="starting", dynamic_ncols=True) as bar:
        alive = True
        while alive:
            alive = process.poll() is None
            if view.refresh():
                if view.status == "queued" and waiting != view.waiting_for:
                    waiting = view.waiting_for
                    bar.write(f"waiting for run {waiting}", file=sys.stderr)
                _update(bar, view)
            if alive:
                time.sleep(_POLL_SECONDS)


def _update(bar: "tqdm[Any]", view: RunView) -> None:
    if bar.total != view.total:
        for note in view.notes:
            bar.write(f"note: {note}", file=sys.stderr)
        bar.reset(total=view.total)
    bar.set_description(view.status, refresh=False)
    bar.n = view.step
    shown = {}
    if view.losses:
        shown["loss"] = f"{view.losses[-1][1]:.4f}"
    if view.evaluations and view.evaluations[-1]["support"]:
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
            f"error: {view.message} See {run.log_path}, then go on with `python -m ner_core "
            f"resume {run.id}`."
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
        "warning": report.get("warning"),
    }
    output.emit(as_json, document, lambda: _text(document))
    return 0


def _text(document: dict[str, Any]) -> str:
    if document["status"] == "stopped":
        kept = document["model_dir"]
        so_far = f"the model so far is in {kept}" if kept else "nothing learned yet"
        return f"stopped; {so_far}; go on with `python -m ner_core resume {document['run']}`"
    parts = [
        output.scores_text(split, document[split])
        for split in ("validation", "test")
        if document[split]
    ]
    parts.append(f"trained in {document['train_seconds']:.0f} s; model in {document['model_dir']}")
    if document["warning"]:
        parts.append(f"warning: {document['warning']}")
    return "\n\n".join(parts)
