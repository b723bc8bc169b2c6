"""A worker is a process: what others see of it while it lives, and after it is gone."""

import os
import signal
import subprocess
import sys

import pytest

from ner_core.config import TrainConfig
from ner_core.errors import RunError
from ner_core.jobs.process import start_process
from ner_core.jobs.stop import stop
from ner_core.jobs.submit import submit
from ner_core.jobs.worker import execute
from ner_core.runs import store
from ner_core.runs.diagnosis import explain
from ner_core.runs.view import RunView
from ner_core.system import locks
from tests.support import toy
from tests.support.places import REPOSITORY
from tests.support.processes import start_worker

NO_MEMORY = (
    "Not enough memory. Start a run with half the batch_size and twice the gradient_accumulation, "
    "or with a smaller max_length."
)
NO_ROOM = "The disk is full. Make room, then resume the run."

START = """
import json, sys
from ner_core.config import TrainConfig
from ner_core.jobs.submit import submit

run, process = submit(TrainConfig.from_values(json.loads(sys.argv[1])), sys.argv[2])
print(process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def launched():
    """Return a function that remembers processes, to kill those that are left."""
    processes = []
    yield processes.append
    for process in processes:
        process.kill()
        process.wait(timeout=10)


@pytest.fixture
def begin(toy_data, tiny_encoder, launched):
    """Return a function that submits a run: of a few steps, or ``endless``."""

    def submit_toy(run_id, endless=False, model=tiny_encoder, forked=True):
        config = toy.toy_config(toy_data, model, epochs=1000 if endless else 2)
        if forked:
            run = store.create(config, run_id)
            process = start_worker(run)
        else:
            run, process = submit(config, run_id)
        launched(process)
        return run, process

    return submit_toy


def reaches(run, *wanted):
    """Wait until a run is in one of these states."""
    return toy.wait_for(
        lambda: status if (status := run.status()) in wanted else None,
        f"{run.id} to be {' or '.join(wanted)}; it is {run.status()}",
    )


def kinds(run):
    return [event.kind for event in run.events()]


def terminal(run):
    return [event for event in run.events() if event.kind in ("finished", "stopped", "failed")]


def slot_is_free(home):
    return not locks.is_held(home / "slot.lock")


@pytest.mark.slow
def test_the_states_of_a_run_from_its_start_to_its_end(begin, ner_home):
    run, process = begin("whole-life", forked=False)
    seen = [run.status()]
    assert seen == ["starting"]
    assert run.is_held()
    with pytest.raises(RunError) as caught:
        start_process(run)
    assert str(caught.value) == ("Another process is using the run whole-life. Wait until it ends.")

    def ended():
        if (status := run.status()) != seen[-1]:
            seen.append(status)
        return process.poll() is not None

    toy.wait_for(ended, "the worker to end")
    ended()
    assert seen == ["starting", "running", "finished"]
    assert process.returncode == 0
    assert not run.is_held()
    assert slot_is_free(ner_home)
    log = run.log_path.read_text().splitlines()
    assert "step 0: started" in log[0]
    assert "step 4: finished" in log[-1]
    assert toy.strange_lines(run) == []
    assert len(terminal(run)) == 1
    view = RunView(run)
    view.refresh()
    assert (view.status, view.step, view.total) == ("finished", 4, 4)
    with pytest.raises(RunError) as caught:
        stop(run)
    assert str(caught.value) == (
        "Can't stop the run whole-life: it is finished. Choose one that is running."
    )


@pytest.mark.slow
def test_a_killed_worker_leaves_an_interrupted_run(begin, ner_home):
    run, process = begin("killed", endless=True)
    reaches(run, "running")
    os.kill(process.pid, signal.SIGKILL)
    toy.wait_for(lambda: run.status() == "interrupted", "the run to be interrupted")
    assert not run.is_held()
    assert slot_is_free(ner_home)
    assert terminal(run) == []
    assert not run.model_dir.exists()
    os.close(locks.acquire(run.lock_path))


@pytest.mark.slow
def test_one_worker_trains_at_a_time_and_the_others_wait(begin):
    first, first_process = begin("first", endless=True)
    reaches(first, "running")
    second, second_process = begin("second")
    third, third_process = begin("third")
    for waiting in (second, third):
        reaches(waiting, "queued")
        view = RunView(waiting)
        view.refresh()
        assert view.waiting_for == "first"
        assert view.summary()["waiting_for"] == "first"
    assert first.status() == "running"

    stop(third)
    assert third_process.wait(timeout=150) == 0
    assert third.status() == "stopped"
    assert kinds(third) == ["queued", "stopped"]
    assert terminal(third)[0].data == {"best_step": None, "f1": None}
    assert (first.status(), second.status()) == ("running", "queued")

    os.kill(first_process.pid, signal.SIGTERM)
    assert first_process.wait(timeout=150) == 0
    assert first.status() == "stopped"
    assert first.model_dir.is_dir()

    assert second_process.wait(timeout=150) == 0
    assert second.status() == "finished"
    assert kinds(second)[:2] == ["queued", "started"]
    assert kinds(second).count("queued") == 1
    assert second.events()[1].time >= terminal(first)[0].time


@pytest.mark.slow
def test_a_worker_stops_when_it_is_asked_to(begin):
    run, process = begin("asked", endless=True)
    reaches(run, "running")
    toy.wait_for(lambda: "progress" in kinds(run), "the first step")
    stop(run)
    assert run.status() in ("stopping", "stopped")
    assert process.wait(timeout=150) == 0
    assert run.status() == "stopped"
    assert len(terminal(run)) == 1
    assert run.model_dir.is_dir()
    assert not run.has_report


@pytest.mark.slow
@pytest.mark.usefixtures("forked_workers")
def test_a_run_stopped_before_it_starts_learns_nothing(begin):
    run, process = begin("early", endless=True, forked=False)
    stop(run)
    assert run.status() == "stopping"
    assert process.wait(timeout=150) == 0
    assert run.status() == "stopped"
    (event,) = terminal(run)
    assert event.step == 0
    assert not run.model_dir.exists()


@pytest.mark.slow
def test_a_worker_outlives_the_process_that_started_it(toy_data, tiny_encoder):
    config = toy.toy_config(toy_data, tiny_encoder, epochs=1000)
    starter = subprocess.Popen(
        [sys.executable, "-c", START, config.model_dump_json(), "orphan"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with starter:
        worker = int(starter.stdout.readline())
        os.killpg(starter.pid, signal.SIGKILL)
    run = store.get("orphan")
    try:
        assert starter.returncode == -signal.SIGKILL
        assert run.status() in ("starting", "running")
        assert os.getsid(worker) == worker
        toy.wait_for(lambda: "evaluated" in kinds(run), "the first evaluation")
        assert run.status() == "running"
        stop(run)
        reaches(run, "stopped")
        assert run.model_dir.is_dir()
        toy.wait_for(lambda: not run.is_held(), "the worker to end")
    finally:
        if run.is_held():
            os.kill(worker, signal.SIGKILL)


@pytest.mark.slow
def test_a_failing_run_says_why(begin, tiny_model, tmp_path):
    folder = tmp_path / "no-weights"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((tiny_model / name).read_bytes())
    run, process = begin("failing", model=folder)
    assert process.wait(timeout=150) == 2
    assert run.status() == "failed"
    (event,) = run.events()
    assert (event.kind, event.step) == ("failed", 0)
    assert event.data == {
        "message": f"{folder} can't be loaded as a transformers model with safetensors weights: "
        f"Error no file named model.safetensors found in directory {folder}.",
        "exit_code": 2,
    }
    assert "Traceback" in run.log_path.read_text()
    assert not run.is_held()


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (RunError("A sentence."), "A sentence.", 2),
        (
            MemoryError(),
            NO_MEMORY,
            2,
        ),
        (
            RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
            NO_MEMORY,
            2,
        ),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), NO_MEMORY, 2),
        (OSError(28, "No space left"), NO_ROOM, 2),
        (OSError(122, "Quota"), NO_ROOM, 2),
        (OSError(27, "File too large"), NO_ROOM, 2),
        (
            RuntimeError(
                "[enforce fail at inline_container.cc] PytorchStreamWriter failed writing file"
            ),
            NO_ROOM,
            2,
        ),
        (ValueError("I/O error: No space left on device (os error 28)"), NO_ROOM, 2),
        (
            OSError(13, "Permission denied"),
            "Something went wrong in NER Studio and ended the run (PermissionError). See the "
            "run's output.log for details.",
            1,
        ),
        (
            ZeroDivisionError("1/0"),
            "Something went wrong in NER Studio and ended the run (ZeroDivisionError). See the "
            "run's output.log for details.",
            1,
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_ends_a_run_is_told_in_a_sentence(error, message, code):
    assert explain(error) == (message, code)


def test_a_folder_that_is_no_run_is_a_sentence(tmp_path):
    with pytest.raises(RunError) as caught:
        execute(tmp_path / "nothing")
    assert str(caught.value) == (
        f"{tmp_path}/nothing isn't a run: it has no config.json. Choose a run's directory."
    )


@pytest.mark.slow
def test_a_run_that_has_ended_is_not_executed_again(begin):
    run, process = begin("once")
    assert process.wait(timeout=150) == 0
    weights = (run.model_dir / "model.safetensors").read_bytes()
    with pytest.raises(RunError) as caught:
        execute(run.path)
    assert str(caught.value) == (
        "Can't resume the run once: it is finished. Choose one that was stopped, failed or was "
        "interrupted."
    )
    assert run.status() == "finished"
    assert (run.model_dir / "model.safetensors").read_bytes() == weights


@pytest.mark.parametrize(
    ("owner", "told"), [("ann", "before"), ("bob", store.ANOTHER), (None, store.ANOTHER)]
)
def test_a_run_that_waits_names_runs_of_its_owner_only(ner_home, monkeypatch, owner, told):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    store.create(TrainConfig(), "before", owner="ann")
    slot = locks.Slot(ner_home / "slot.lock")
    assert slot.try_acquire("before")
    run = store.create(TrainConfig(), "waiting", owner=owner)
    run.stop_path.touch()
    assert execute(run.path) == 0
    slot.release()
    assert [event.data for event in run.events() if event.kind == "queued"] == [
        {"waiting_for": told}
    ]
