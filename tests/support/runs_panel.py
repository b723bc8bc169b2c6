"""Runs in every state, and the handlers of the list of runs called as the page calls them."""

import json
from functools import cache

import gradio as gr
from gradio.blocks import Block

from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_core.runs.view import RunView
from ner_studio.runs import compare
from ner_studio.runs.panel import RunsPanel
from tests.support import panels

HOSTILE = "<img src=x onerror=alert(1)>"


LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


def make(run_id, status="finished", f1=0.75, **settings):
    """Fabricate a run of this status; one at work is held by the caller."""
    run = store.create(TrainConfig.from_values(settings), run_id)
    resolved = {**run.config().model_dump(), "epochs": 2.0, "learning_rate": 3e-4}
    events = [
        ("started", 0, _started(resolved | {k: v for k, v in settings.items() if k == "epochs"})),
        ("progress", 10, {"epoch": 1.0, "loss": 1.5, "seconds_left": 1.0}),
        ("evaluated", 10, _scores(f1 - 0.1) | {"best": True, "selection_f1": f1 - 0.1}),
        ("progress", 20, {"epoch": 2.0, "loss": 0.5, "seconds_left": 0.0}),
    ]
    if status in ("finished", "stopped"):
        run.model_dir.mkdir()
        (run.model_dir / "model.safetensors").write_bytes(b"weights")
    if status == "finished":
        events += [
            ("evaluated", 20, _scores(f1) | {"final": True}),
            ("evaluated", 20, _scores(f1 - 0.05) | {"final": True, "split": "test"}),
            ("finished", 20, {"train_seconds": 95.0}),
        ]
        run.report_path.write_text("{}")
    elif status == "queued":
        events = [("queued", 0, {"waiting_for": "other"})]
    elif status == "starting":
        events = []
    elif status in ("stopped", "failed"):
        events.append((status, 20, {"message": "It failed."}))
    if status == "stopping":
        run.stop_path.touch()
    _write(run, events)
    return run


def _write(run, events):
    with run.events_path.open("a", encoding="utf-8") as log:
        for kind, step, data in events:
            row = {"v": 1, "time": 1.0, "kind": kind, "step": step, "data": data}
            log.write(json.dumps(row) + "\n")


def _started(settings):
    sizes = {"train": 10, "validation": 5, "test": 5}
    return {
        "settings": settings,
        "total": 20,
        "sentences": sizes,
        "label_names": LABELS,
        "notes": [],
    }


def _scores(f1):
    per_type = {
        label: {"precision": f1, "recall": f1, "f1": f1 + more, "support": 5}
        for label, more in (("LOC", 0.02), ("PER", -0.02))
    }
    return {
        "split": "validation",
        "subset": False,
        "loss": 0.3,
        "precision": f1,
        "recall": f1,
        "f1": f1,
        "f1_lenient": f1 + 0.05,
        "accuracy": 0.9,
        "support": 10,
        "sentences": 5,
        "per_type": per_type,
    }


def view_of(run):
    view = RunView(run)
    view.refresh()
    return view


OPENED, USED, TRIED = [], [], []


@cache
def build():
    """Build the section once."""

    def parts():
        panel, box = RunsPanel(), gr.Textbox()
        panel.wire()
        panel.open_with(lambda run: OPENED.append(run) or {box: "opened"}, [box])
        panel.try_with(lambda run: TRIED.append(run) or {box: "tried"}, [box])
        panel.use_with(lambda config: USED.append(config) or {box: "filled"}, [box])
        return panel, box

    return panels.build(parts)


def sent(**data):
    return gr.EventData(None, data)


def results(panel, outputs, values):
    """Return the results of a handler by the names of the components that they are for."""
    compared = {"compared": panel.comparison.section}
    parts = vars(panel.comparison) | compared | vars(panel)
    names = {part: name for name, part in parts.items() if isinstance(part, Block)}
    assert set(values) <= set(outputs)
    return {names[part]: value for part, value in values.items()}


def tick(panel, *run_ids, over=compare.STEPS):
    return results(panel, panel.refreshed, panel.compare(over, sent(runs=list(run_ids))))
