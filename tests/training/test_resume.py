"""A run that is stopped, killed or out of room goes on, and ends as if nothing had happened."""

import hashlib
import json
import os
import random
import signal
import time
from itertools import pairwise

import pytest

from ner_core.errors import RunError
from ner_core.jobs.stop import stop
from ner_core.jobs.submit import resume, submit
from ner_core.runs import checkpoints, store
from ner_core.runs.view import RunView
from ner_core.training import validation
from tests.support import toy
from tests.support.processes import start_worker

KILLS = 20

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def toy_data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "toy"
    return toy.write_toy(folder, train=64, validation=8, test=8, longest=3)


@pytest.fixture
def config(toy_data, tiny_encoder):
    return toy.toy_config(toy_data, tiny_encoder, batch_size=8, evaluations=4)


def weights(run):
    return hashlib.sha256((run.model_dir / "model.safetensors").read_bytes()).hexdigest()


def evaluations(run):
    """List what was evaluated during training and after it, without the times."""
    return [
        (event.step, event.data["split"], event.data.get("final"), event.data["f1"])
        for event in run.events()
        if event.kind == "evaluated"
    ]


def steps(run, kind):
    return [event.step for event in run.events() if event.kind == kind]


def test_a_run_killed_twenty_times_ends_like_one_that_was_not(toy_data, tiny_encoder):
    """It is killed before it has started, while it saves, and while it deletes what is old."""
    config = toy.toy_config(toy_data, tiny_encoder, batch_size=8, epochs=6, evaluations=24)
    calm = toy.fit(config)
    run = store.create(config)
    chance = random.Random(5)
    early = late = torn = outdated = 0
    # It opens or changes some 15 files before its first step, and 40 for each checkpoint.
    for moment in (1, *(chance.randint(2, 75) for _ in range(KILLS - 1))):
        process = start_worker(run, killed_at=moment)
        assert process.wait(150) == -signal.SIGKILL
        assert run.status() == "interrupted"
        folders = list(run.checkpoints_dir.glob("checkpoint-*"))
        early += not run.events()
        late += bool(steps(run, "checkpoint"))
        torn += any(not (folder / checkpoints.STATE_NAME).exists() for folder in folders)
        outdated += len(folders) == 2
    assert early >= 1
    assert late >= 10
    # Not more: the file system decides in which order the files of a folder are deleted.
    assert torn >= 1
    assert outdated >= 2
    assert start_worker(run).wait(150) == 0
    assert run.status() == "finished"

    assert evaluations(run) == evaluations(calm)
    assert run.report["validation"] == calm.report["validation"]
    assert run.report["best_step"] == calm.report["best_step"]
    assert weights(run) == weights(calm)
    for kind in ("progress", "checkpoint"):
        found = steps(run, kind)
        assert all(before < after for before, after in pairwise(found)), kind
    assert set(steps(calm, "checkpoint")) <= set(steps(run, "checkpoint"))
    assert steps(run, "finished") == steps(calm, "finished")
    view = RunView(run)
    view.refresh()
    assert [row["step"] for row in view.evaluations] == steps(calm, "checkpoint")


@pytest.mark.parametrize(
    "more",
    [
        {"lora_rank": 4},
        {"gradient_accumulation": 3, "schedule": "cosine", "group_by_length": False},
        {"epochs": 1.5, "class_weights": "sqrt", "freeze_layers": 1},
    ],
    ids=["adapter", "accumulation", "a part of an epoch"],
)
def test_a_stopped_run_goes_on_to_the_same_weights(toy_data, tiny_encoder, more):
    config = toy.toy_config(
        toy_data, tiny_encoder, **{"epochs": 2, "batch_size": 8, "evaluations": 3, **more}
    )
    calm = toy.fit(config)
    run = store.create(config)
    last = calm.report["steps"]
    for step in (1, last // 3, last // 2, last - 1, last):
        toy.go_on(run, lambda run, step=step: max(steps(run, "progress"), default=0) >= step)
        if run.status() == "finished":
            break
        assert run.status() == "stopped"
        assert run.model_dir.is_dir()
    toy.go_on(run)
    assert run.status() == "finished"
    assert evaluations(run) == evaluations(calm)
    assert weights(run) == weights(calm)
    assert not (run.checkpoints_dir).exists()


@pytest.mark.usefixtures("forked_workers")
def test_a_worker_that_was_killed_is_resumed_by_a_call(toy_data, tiny_encoder):
    config = toy.toy_config(toy_data, tiny_encoder, epochs=200, evaluations=400)
    run, process = submit(config, "mine")
    try:
        toy.wait_for(lambda: steps(run, "checkpoint"), "a checkpoint")
        with pytest.raises(RunError) as caught:
            resume(run)
        assert str(caught.value) == (
            "Can't resume the run mine: it is running. Choose one that was stopped, failed or was "
            "interrupted."
        )
        os.kill(process.pid, signal.SIGKILL)
        toy.wait_for(lambda: run.status() == "interrupted", "the end of the worker")
        kept = checkpoints.newest(run.checkpoints_dir).step
        view = RunView(run)
        view.refresh()
        assert view.can_resume
        assert view.message == (
            "The worker ended unexpectedly: something killed it, or the machine restarted. Resume "
            f"the run from step {kept}."
        )
        process = resume(run)
        assert run.status() == "starting"
        toy.wait_for(lambda: run.status() == "running", "the run to go on")
        started = [event for event in run.events() if event.kind == "started"][-1]
        assert (started.step, started.data["resumed"]) == (kept, True)
        assert started.data["repeats_to"] >= kept
        stop(run)
        toy.wait_for(lambda: run.status() == "stopped", "the run to stop")
        assert max(steps(run, "progress")) < started.data["total"] / 2
        assert process.wait(timeout=150) == 0
    finally:
        process.kill()
        process.wait()


def test_two_workers_started_at_once_train_one_after_the_other(config):
    pair = [store.create(config, name) for name in ("one", "two")]
    workers = [start_worker(run) for run in pair]
    assert [worker.wait(150) for worker in workers] == [0, 0]
    assert [run.status() for run in pair] == ["finished", "finished"]
    (waited,) = [run for run in pair if run.events()[0].kind == "queued"]
    (first,) = [run for run in pair if run != waited]
    assert waited.events()[0].data == {"waiting_for": first.id}
    assert steps(waited, "started") == [0]
    assert waited.events()[1].time >= first.events()[-1].time
    assert weights(waited) == weights(first)


def test_a_full_disk_is_a_sentence_and_the_run_goes_on_when_there_is_room(config):
    other = toy.fit(config)
    before = {path: path.stat().st_mtime_ns for path in other.path.rglob("*")}
    run = store.create(config)
    size = (other.model_dir / "model.safetensors").stat().st_size
    process = start_worker(run, largest_file=size + 1000)  # no room for the optimiser's state
    assert process.wait(150) == 2
    assert run.status() == "failed"
    assert run.events()[-1].data["message"] == "The disk is full. Make room, then resume the run."
    assert {path: path.stat().st_mtime_ns for path in other.path.rglob("*")} == before
    assert checkpoints.newest(run.checkpoints_dir) is None
    process = start_worker(run)
    assert (process.wait(150), run.status()) == (0, "finished")
    assert evaluations(run) == evaluations(other)
    assert weights(run) == weights(other)


def test_a_stop_ends_an_evaluation_that_takes_long(config, monkeypatch):
    score = validation.Validation.score

    def slow(self, tagger, full):
        scores = score(self, tagger, full)
        if slow.calls:
            time.sleep(3600)  # only the stop ends it
        slow.calls += 1
        return scores

    slow.calls = 0
    monkeypatch.setattr(validation.Validation, "score", slow)
    run = toy.fit(config, lambda run: len(steps(run, "evaluated")) == 1)
    assert run.status() == "stopped"
    (step,) = steps(run, "evaluated")
    assert run.events()[-1].data == {"best_step": step, "f1": evaluations(run)[0][3]}
    assert run.model_dir.is_dir()


def test_a_checkpoint_whose_event_a_kill_prevented_is_reported_by_the_next_worker(config):
    run = toy.fit(config, lambda run: len(steps(run, "checkpoint")) == 3)
    *before, last = [event for event in run.events() if event.kind == "checkpoint"]
    lines = run.events_path.read_text().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["kind"] not in {"stopped", "checkpoint"}]
    run.events_path.write_text("".join(kept))
    toy.go_on(run)
    first, *_ = [event for event in run.events() if event.kind == "checkpoint"]
    assert (first.step, first.data) == (last.step, last.data)
    assert before


def test_a_finished_run_is_not_resumed(config):
    run = toy.fit(config.model_copy(update={"epochs": 0.1}))
    with pytest.raises(RunError) as caught:
        resume(run)
    assert str(caught.value) == (
        f"Can't resume the run {run.id}: it is finished. Choose one that was stopped, failed or "
        "was interrupted."
    )


# Checkpoints


def write_checkpoint(folder, step, state):
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "model.safetensors").write_bytes(b"weights")
    if state is not None:
        (path / checkpoints.STATE_NAME).write_text(state)
    return path


def test_only_a_whole_checkpoint_counts(tmp_path):
    assert checkpoints.newest(tmp_path) is None
    write_checkpoint(tmp_path, 9, json.dumps({"best": None}))
    write_checkpoint(tmp_path, 10, json.dumps({"best": {"step": 8}}))
    for step, state in ((11, None), (12, "{"), (13, "[]"), (14, "")):
        write_checkpoint(tmp_path, step, state)
    (tmp_path / "checkpoint-x").mkdir()
    found = checkpoints.newest(tmp_path)
    assert (found.step, found.path.name) == (10, "checkpoint-10")
    assert found.state == {"best": {"step": 8}}


def test_pruning_keeps_one_checkpoint_and_the_best_model_it_names(tmp_path):
    write_checkpoint(tmp_path, 9, json.dumps({"best": None}))
    write_checkpoint(tmp_path, 10, json.dumps({"best": {"step": 8}}))
    write_checkpoint(tmp_path, 11, None)
    for step in (5, 8, 11):
        checkpoints.best_folder(tmp_path, step).mkdir()
    checkpoints.prune(tmp_path, checkpoints.newest(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best-8", "checkpoint-10"]
    checkpoints.prune(tmp_path, None)
    assert list(tmp_path.iterdir()) == []
    checkpoints.prune(tmp_path / "nothing", None)
