"""Runs on ZeroGPU: the process with the GPU is forked, the GPU itself is the processor here."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ner_core.config import TrainConfig
from ner_core.inference.predictor import Predictor
from ner_core.jobs.zero_gpu import explain
from ner_core.models import device
from ner_core.runs import store
from ner_core.runs.view import RunView
from ner_core.system import zero_gpu
from tests.support import hub_server, toy
from tests.support.hub_state import Repo, Token
from tests.support.places import REPOSITORY

FOLDER = REPOSITORY / "tests" / "support" / "zero_gpu"
ASKED = 30
ANNS = "hf_tokenOfAnn0123456789"


def serve(home, encoder, **variables):
    """Run the page of ``zero_gpu/page.py`` and return what it saw."""
    data = toy.write_toy(home / "toy", train=32, validation=8, test=8)
    environment = {
        **os.environ,
        "NER_HOME": str(home),
        "SPACES_ZERO_GPU": "true",
        "PYTHONPATH": os.pathsep.join((str(FOLDER), str(REPOSITORY))),
        "OMP_NUM_THREADS": "1",
        **variables,
    }
    done = subprocess.run(
        [sys.executable, str(FOLDER / "page.py"), str(data), str(encoder), ANNS],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done


@pytest.fixture(scope="module")
def page(tmp_path_factory, tiny_encoder):
    """Return what a page saw, whose visitors started runs one after the other, and its home.

    It was killed while the last of these was running.
    """
    home = tmp_path_factory.mktemp("space")
    rows = "Sentence #,Word,Tag\n" + "".join(f"{n},ann{n},B-PER\n{n},left,O\n" for n in range(30))
    encoder = {path.name: path.read_bytes() for path in tiny_encoder.iterdir()}
    with hub_server.serve() as hub:
        hub.tokens[ANNS] = Token("ann", "read")
        hub.datasets["ann/data"] = Repo({"main": {"train.csv": rows.encode()}}, private=True)
        hub.models["ann/encoder"] = Repo({"main": encoder}, private=True)
        seen, done = serve(
            home,
            tiny_encoder,
            SPACE_ID="olga/studio",
            HF_ENDPOINT=hub.url,
            HF_HOME=str(home / "hf"),
            HF_HUB_OFFLINE="0",
            HF_HUB_DISABLE_XET="1",
        )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return seen, home


@pytest.fixture
def run_of(page, monkeypatch):
    monkeypatch.setenv("NER_HOME", str(page[1]))

    def view(run_id):
        view = RunView(store.get(run_id))
        view.refresh()
        return view

    return view


FINISHED = {"status": "finished", "code": 0, "held": False}
FAILED = {"status": "failed", "code": 2, "held": False}


@pytest.mark.slow
def test_a_run_is_trained_in_the_process_that_has_the_gpu(page, run_of):
    seen, _ = page
    assert seen["held at once"]
    assert seen["twice"] == (
        "Can't resume the run first: it is starting. Choose one that was stopped, failed or was "
        "interrupted."
    )
    assert seen["first"] == FINISHED
    view = run_of("first")
    assert view.run.model_dir.is_dir()
    assert view.run.report["test"]["f1"] >= 0
    assert view.started.data["hardware"]["device"] == "cpu"  # there is no other here
    log = view.run.log_path.read_text().splitlines()
    assert log[0].endswith("step 0: started")
    assert log[-1].endswith("step 4: finished")
    assert toy.strange_lines(view.run) == []


@pytest.mark.slow
def test_the_page_itself_has_no_gpu_although_torch_says_so(page):
    assert page[0]["page's device"] == ["cpu", True]


@pytest.mark.slow
def test_the_process_with_the_gpu_keeps_no_lock_of_the_page(page):
    seen, _ = page
    # That process still lives when these are looked at.
    assert not seen["bystander held"]
    assert not seen["slot held"]


@pytest.mark.slow
def test_the_visitor_pays_and_waiting_for_a_turn_costs_nothing(page, run_of):
    seen, _ = page
    visitors = [call[0] for call in seen["calls"]]
    assert visitors == ["ann", "ann", None, *["ann"] * 5]
    assert seen["calls while one waits"] == 4
    assert {call[1] for call in seen["calls"]} == {None}  # the run is not part of a click
    assert {call[2] for call in seen["calls"]} <= set(range(30, 301, 10))
    assert seen["waiting"] == FINISHED
    events = store.get("waiting").events() if run_of("waiting") else []
    assert (events[0].kind, events[0].data) == ("queued", {"waiting_for": "long"})


@pytest.mark.slow
def test_the_process_is_used_again_for_the_next_run(page):
    seen, _ = page
    processes = [call[3] for call in seen["calls"]]
    # The first two calls that were lent a GPU share one, those after the killed one the next.
    assert processes[0] == processes[3]
    assert processes[1] is processes[2] is None
    assert processes[4] != processes[3]
    assert len(set(processes[4:])) == 1


@pytest.mark.slow
def test_a_run_whose_time_is_over_says_so_and_goes_on_when_it_is_resumed(page, run_of):
    seen, _ = page
    assert seen["long"] == FAILED
    view = run_of("long")
    (failed,) = (event for event in view.run.events() if event.kind == "failed")
    assert re.fullmatch(
        r"ZeroGPU took the GPU back after \d+ seconds\. Resume it to go on from step \d+\.",
        failed.data["message"],
    )
    assert seen["long again"] == FINISHED
    assert view.resumed
    assert view.started.step > 0
    assert view.step == view.total == 80


@pytest.mark.slow
def test_without_enough_allowance_the_run_says_what_was_said_to_the_visitor(page, run_of):
    seen, _ = page
    assert seen["refused"] == FAILED
    assert run_of("refused").message == (
        f"ZeroGPU did not give a GPU for {ASKED} seconds: You have exceeded your free ZeroGPU "
        f"quota ({ASKED}s requested vs. 20s left). Try again in 3:00:00. Sign in for a larger "
        "allowance, or resume the run later."
    )
    assert seen["nobody"] == FAILED
    assert run_of("nobody").message == (
        f"ZeroGPU did not give a GPU for {ASKED} seconds: Space app has reached its GPU limit. "
        "Sign in for a larger allowance, or resume the run later."
    )


@pytest.mark.slow
def test_a_run_on_zero_gpu_stops_when_it_is_asked_to(page, run_of):
    assert page[0]["stopped"] == {"status": "stopped", "code": 0, "held": False}
    assert run_of("stopped").run.model_dir.is_dir()


@pytest.mark.slow
def test_private_data_and_encoders_are_read_with_the_token_of_the_visitor(page, run_of):
    seen, home = page
    assert seen["private"] == FINISHED, run_of("private").message
    assert run_of("private").run.model_dir.is_dir()
    for path in home.rglob("*"):
        if path.is_file():
            assert ANNS.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_when_the_page_dies_so_does_the_process_with_the_gpu(page, run_of):
    run = run_of("orphan").run
    toy.wait_for(lambda: not _lives(page[0]["process"]), "the process to end")
    assert run.status() == "interrupted"
    assert not _who_have_open(run.events_path)  # nor has it left one that trains on


def _who_have_open(path):
    """List the processes that have a file open."""
    found = []
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):  # it has just gone, or is somebody else's
            if link.readlink() == path:
                found.append(link.parts[2])
    return found


def _lives(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


class Refusal(Exception):  # noqa: N818 - as gradio's
    def __init__(self, title, message):
        self.title, self.message = title, message


@pytest.mark.parametrize(
    ("error", "passed", "said"),
    [
        (
            Refusal("ZeroGPU worker error", "GPU task aborted"),
            119,
            "The 120 seconds of GPU this run asked for weren't enough. Start a shorter run.",
        ),
        (
            Refusal("ZeroGPU worker error", "GPU task aborted"),
            60,
            "ZeroGPU took the GPU back after 60 seconds. Start a shorter run.",
        ),
        (
            Refusal("ZeroGPU worker error", "RuntimeError"),
            5,
            "Training failed on ZeroGPU (RuntimeError). See the log of the Space for details, "
            "then resume the run.",
        ),
        (
            Refusal("ZeroGPU illegal duration", "The requested GPU duration (120s) is too large."),
            0,
            "ZeroGPU did not give a GPU for 120 seconds: The requested GPU duration (120s) is too "
            "large. Start a run with fewer epochs or a smaller max_train.",
        ),
        (
            Refusal("ZeroGPU client error", "Expired ZeroGPU proxy token"),
            0,
            "ZeroGPU did not give a GPU for 120 seconds: Expired ZeroGPU proxy token. Reload the "
            "page, then resume the run in a while.",
        ),
        (
            RuntimeError("POST /schedule?token=secret: 500"),
            0,
            "ZeroGPU did not give a GPU for 120 seconds: RuntimeError. Reload the page, then "
            "resume the run in a while.",
        ),
    ],
)
def test_each_way_to_get_no_gpu_is_a_sentence(error, passed, said):
    run = store.create(TrainConfig(), "some")
    code = 1 if "failed" in said else 2
    assert explain(error, run, 120, passed) == (said, code)


@pytest.mark.slow
def test_highlight_reads_on_the_processor_where_the_gpu_is_only_lent(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    predictor = Predictor.load("starter")  # an adapter, for which peft would choose the GPU
    assert [found.text for found in predictor.predict("Ann lives in Oslo.")] == ["Ann", "Oslo"]
    assert predictor.tagger.model.device.type == "cpu"


def test_models_compute_on_the_gpu_only_where_it_was_lent(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert device.best_device().type == "cuda"
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert device.best_device().type == "cpu"
    monkeypatch.setattr(zero_gpu, "_has_gpu", True)
    assert device.best_device().type == "cuda"
