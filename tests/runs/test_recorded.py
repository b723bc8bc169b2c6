"""A run directory of an earlier version: it opens, publishes and goes on.

``recorded`` holds the files of one as they were written in November 2026, before the packages were
made. They must not be changed: what they hold is what people have on their disks.
"""

import json
import shutil
from pathlib import Path

import pytest

from ner_core.publishing.push import publish
from ner_core.runs import checkpoints, store
from ner_core.runs.error_log import read_errors
from ner_core.runs.export import export_run
from ner_core.runs.view import RunView
from tests.support import toy

RECORDED = Path(__file__).parent / "recorded"
RUN_ID = "20260102-153000-tiny-encoder-toy-a26d"


def recorded(run_id, names, data="toy", encoder="encoder"):
    """Make a run directory of recorded files; it was trained on these data and this encoder."""
    folder = store.runs_dir() / run_id
    folder.mkdir(parents=True)
    (folder / "lock").touch()
    for name in names:
        text = (RECORDED / name).read_text(encoding="utf-8")
        text = text.replace("DATA", str(data)).replace("ENCODER", str(encoder))
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def finished(tiny_model):
    folder = recorded(RUN_ID, ["config.json", "events.jsonl", "report.json", "errors.jsonl"])
    shutil.copytree(tiny_model, folder / "model")
    (folder / "owner").write_text("ann\n", encoding="utf-8")
    return store.get(RUN_ID)


def test_it_opens(finished):
    assert store.list_runs() == [finished]
    assert finished.owner == "ann"
    assert finished.status() == "finished"
    assert (finished.config().learning_rate, finished.config().seed) == (0.005, 42)
    assert finished.report["test"]["f1"] == 2 / 3
    assert [row["sentence"] for row in read_errors(finished.errors_path)] == [0, 1, 2]
    view = RunView(finished)
    view.refresh()
    assert (view.step, view.total, view.types) == (2, 2, ["LOC", "PER"])
    assert [step for step, _ in view.losses] == [1, 2]
    assert view.best["selection_f1"] == view.final["validation"]["f1"] == 2 / 7
    assert view.final["test"]["per_type"]["LOC"]["support"] == 2


# huggingface_hub sends files by an argument that its transport has renamed.
@pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")
def test_it_is_exported_and_published(hub, finished):
    names = [f"{RUN_ID}.zip", f"report-{RUN_ID}.json", f"events-{RUN_ID}.jsonl"]
    assert [path.name for path in export_run(finished)] == names
    publish(finished, "me/ner")
    pushed = hub.models["me/ner"].revisions["main"]
    assert {"model.safetensors", "report.json", "training_config.json"} < set(pushed)
    assert b"Its strict F1 is **0.667** on the test part" in pushed["README.md"]


@pytest.mark.slow
def test_it_goes_on_from_its_checkpoint(tmp_path, tiny_encoder):
    data = toy.write_toy(tmp_path / "toy", train=16, validation=3, test=2)
    folder = recorded("old", ["config.json"], data, tiny_encoder)
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"epochs": 2.0, "evaluations": 2}))
    run = store.get("old")
    toy.go_on(run, lambda run: checkpoints.newest(run.checkpoints_dir))
    last = checkpoints.newest(folder / "checkpoints")
    shutil.copyfile(RECORDED / "run_state.json", last.path / "run_state.json")
    assert run.status() == "stopped"
    toy.go_on(run)
    started = [event for event in run.events() if event.kind == "started"]
    assert [(event.step, event.data["resumed"]) for event in started] == [
        (0, False),
        (last.step, True),
    ]
    assert run.status() == "finished"
    assert run.report["steps"] == 4
    assert run.report["best_step"] in (2, 4)
    assert run.report["train_seconds"] > 5.57  # what the recorded state says was used before
