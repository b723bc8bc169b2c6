"""Training and the run store on the command line."""

import json
import signal
import subprocess
import sys

import pytest

from ner_core.cli import runs as cli_runs
from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_core.runs.events import EventWriter
from tests.conftest import write_conll
from tests.support import toy
from tests.support.places import REPOSITORY
from tests.support.toy import training

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_workers")]

NOTHING_THERE = "There is no run 'nowhere'. `python -m ner_core runs` lists all runs."


def test_a_run_from_training_to_its_figures(call, document, toy_data, tiny_encoder):
    arguments = training(toy_data, tiny_encoder, "--run-id", "toy-1", "--set", "precision=fp32")
    code, out, err = call(*arguments, "--json")
    assert code == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result.keys() == {
        "run",
        "status",
        "model_dir",
        "validation",
        "test",
        "train_seconds",
        "examples_per_second",
        "warning",
    }
    run = store.get("toy-1")
    assert (result["run"], result["status"]) == ("toy-1", "finished")
    assert result["model_dir"] == str(run.model_dir)
    for split in ("validation", "test"):
        assert result[split] == run.report[split]
        assert {"precision", "recall", "f1", "accuracy", "per_type"} <= result[split].keys()
    assert err.startswith("run toy-1\n")
    assert "Traceback" not in err

    shown = document("show", "toy-1")
    assert (shown["run"], shown["status"], shown["step"]) == ("toy-1", "finished", 4)
    assert shown["settings"]["learning_rate"] == 5e-3
    assert shown["report"] == run.report
    assert shown["path"] == str(run.path)
    (row,) = document("runs")["runs"]
    assert (row["run"], row["name"]) == ("toy-1", shown["name"])
    assert shown["name"].endswith(" · balanced")
    assert row["test_f1"] == result["test"]["f1"]

    scores = document("evaluate", "--model", "toy-1", "--data", toy_data)
    assert (scores["model"], scores["split"], scores["from_text"]) == ("toy-1", "test", False)
    assert scores["f1"] == pytest.approx(result["test"]["f1"], abs=1e-4)


def test_a_run_that_fails_gives_its_sentence(refusal_of_training, toy_data, tmp_path):
    folder = toy.write_toy(tmp_path / "bare", train=0)
    write_conll(folder / "train.conll", [[("the", "O"), ("city", "O")]] * 3)
    assert refusal_of_training(folder) == (
        "error: The training part of bare has no entities in its 3 sentences. "
        "Annotate some, or check the tag column."
    )
    (run,) = store.list_runs()
    assert run.status() == "failed"


@pytest.fixture
def refusal_of_training(call, tiny_encoder):
    def run_command(folder):
        code, out, err = call(*training(folder, tiny_encoder, "--json"))
        assert (code, out) == (2, "")
        assert "Traceback" not in err
        return err.splitlines()[-1]

    return run_command


def test_ctrl_c_stops_a_run_and_keeps_its_model(toy_data, tiny_encoder, ner_home):
    process = subprocess.Popen(
        [
            *[sys.executable, "-m", "ner_core"],
            *training(toy_data, tiny_encoder, "--epochs", 1000, "--run-id", "long", "--json"),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            toy.wait_for(lambda: store.exists("long"), "the run to be there")
            run = store.get("long")
            toy.wait_for(
                lambda: "evaluated" in [event.kind for event in run.events()],
                "the first evaluation",
            )
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=150)
        finally:
            process.kill()
            if store.exists("long"):
                store.get("long").stop_path.touch()
    assert process.returncode == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["status"] == run.status() == "stopped"
    assert result["model_dir"] == str(run.model_dir)
    assert result["validation"] is result["test"] is None
    assert (run.model_dir / "model.safetensors").is_file()
    assert "stopping; the best model so far is kept" in err
    assert "Traceback" not in err
    toy.wait_for(lambda: not run.is_held(), "the worker to end")


def test_without_runs_the_list_says_how_to_make_one(call, document):
    code, out, err = call("runs")
    assert (code, err) == (0, "")
    assert out == "There are no runs yet: `python -m ner_core train --data sample` makes one.\n"
    assert document("runs") == {"runs": []}


def test_runs_are_listed_and_shown_for_people(call):
    run = store.create(TrainConfig(), "one")
    writer = EventWriter(run.events_path)
    writer.append("failed", data={"message": "What went wrong.", "exit_code": 2})
    writer.close()
    code, out, _ = call("runs")
    assert code == 0
    assert out.splitlines()[2].split() == [
        *("one", "Sample", "·", "balanced", "failed", "0/0", "–", "–", "–")
    ]
    code, out, _ = call("show", "one")
    assert code == 0
    assert out.splitlines()[:5] == [
        "one: failed, step 0",
        "name: Sample · balanced",
        "What went wrong.",
        f"directory: {run.path}",
        "  data: sample",
    ]


def test_a_run_at_work_is_asked_to_stop(document, call, monkeypatch):
    run = store.create(TrainConfig(), "busy")
    monkeypatch.setattr(store.locks, "is_held", lambda path: True)
    assert document("stop", "busy") == {"run": "busy", "status": "stopping"}
    assert run.stop_path.exists()
    assert call("stop", "busy") == (0, "busy was asked to stop.\n", "")


@pytest.mark.parametrize("command", ["show", "stop", "resume", "delete"])
def test_an_unknown_run_is_refused(refusal, command):
    assert refusal(command, "nowhere") == NOTHING_THERE


def test_a_run_that_is_not_at_work_cannot_be_stopped(refusal):
    store.create(TrainConfig(), "idle")
    assert refusal("stop", "idle") == (
        "The run idle cannot be stopped because it is interrupted. Choose one that is running."
    )


def test_a_stopped_run_is_resumed_and_deleted(call, document, toy_data, tiny_encoder):
    config = toy.toy_config(toy_data, tiny_encoder, epochs=2)
    run = toy.fit(config, lambda run: any(event.step for event in run.events()))
    assert run.status() == "stopped"
    code, out, err = call("resume", run.id, "--json")
    assert code == 0, err
    result = json.loads(out.splitlines()[-1])
    assert (result["run"], result["status"]) == (run.id, "finished")
    assert result["validation"] == run.report["validation"]
    code, out, err = call("resume", run.id)
    assert (code, out) == (2, "")
    assert err == (
        f"error: The run {run.id} cannot be resumed because it is finished. "
        "Choose one that was stopped, failed or was interrupted.\n"
    )
    assert document("delete", run.id) == {"run": run.id, "deleted": True}
    assert store.list_runs() == []


@pytest.mark.parametrize(("answer", "deleted"), [("y", True), ("", False), ("no", False)])
def test_a_person_is_asked_before_a_run_is_deleted(call, monkeypatch, answer, deleted):
    store.create(TrainConfig(), "mine")
    for stream in (cli_runs.sys.stdin, cli_runs.sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: answer)
    code, out, err = call("delete", "mine")
    assert code == 0
    assert err.startswith("Delete mine with its model and report? [y/N]\n")
    assert out == ("mine was deleted.\n" if deleted else "")
    assert store.exists("mine") != deleted
    assert err.endswith("Nothing was deleted.\n") != deleted
