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
from ner_core.cost import zero_gpu_estimate
from ner_core.cost.estimate import estimate_cost
from ner_core.cost.zero_gpu import Workload, gpu_cost, what_fits
from ner_core.data.corpus import load_data
from ner_core.errors import ConfigError
from ner_core.inference.predictor import Predictor
from ner_core.jobs import zero_gpu as lent_gpu
from ner_core.jobs.submit import submit
from ner_core.runs import store
from ner_core.runs.view import RunView
from ner_core.system import zero_gpu
from tests.support import hub_server, toy
from tests.support.hub_state import Repo, Token
from tests.support.places import REPOSITORY

FOLDER = REPOSITORY / "tests" / "support" / "zero_gpu"
REPOSITORY = FOLDER.parent.parent
ASKED = 30
ANNS = "hf_tokenOfAnn0123456789"
REFUSED = (
    "Expected a run for the 60 seconds of GPU that ZeroGPU allows, found one that asks for 110; "
    "choose recipe quick or epochs 1."
)


def serve(home, encoder, **variables):
    """Run the page of ``zero_gpu/page.py``: what it saw."""
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
    """Give what a page saw whose visitors started runs one after the other, and its home.

    It was killed while the last of these was at work.
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


def test_a_run_is_trained_in_the_process_that_has_the_gpu(page, run_of):
    seen, _ = page
    assert seen["held at once"]
    assert seen["twice"] == "Expected a run that can go on, found first, which is starting."
    assert seen["first"] == FINISHED
    view = run_of("first")
    assert view.run.model_dir.is_dir()
    assert view.run.report["test"]["f1"] >= 0
    assert view.started.data["hardware"]["device"] == "cpu"  # there is no other here
    log = view.run.log_path.read_text().splitlines()
    assert log[0].endswith("step 0: started")
    assert log[-1].endswith("step 4: finished")
    assert toy.strange_lines(view.run) == []


def test_the_page_itself_has_no_gpu_although_torch_says_so(page):
    assert page[0]["page's device"] == ["cpu", True]


def test_the_process_with_the_gpu_keeps_no_lock_of_the_page(page):
    seen, _ = page
    # That process still lives when these are looked at.
    assert not seen["bystander held"]
    assert not seen["slot held"]


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


def test_the_process_is_used_again_for_the_next_run(page):
    seen, _ = page
    processes = [call[3] for call in seen["calls"]]
    # The first two calls that were lent a GPU share one, those after the killed one the next.
    assert processes[0] == processes[3]
    assert processes[1] is processes[2] is None
    assert processes[4] != processes[3]
    assert len(set(processes[4:])) == 1


def test_a_run_whose_time_is_over_says_so_and_goes_on_when_it_is_resumed(page, run_of):
    seen, _ = page
    assert seen["long"] == FAILED
    view = run_of("long")
    (failed,) = (event for event in view.run.events() if event.kind == "failed")
    assert re.fullmatch(
        r"ZeroGPU took its GPU back after \d+ seconds; resume it: it goes on from step \d+\.",
        failed.data["message"],
    )
    assert seen["long again"] == FINISHED
    assert view.resumed
    assert view.started.step > 0
    assert view.step == view.total == 80


def test_without_enough_allowance_the_run_says_what_was_said_to_the_visitor(page, run_of):
    seen, _ = page
    assert seen["refused"] == FAILED
    assert run_of("refused").message == (
        f"Expected ZeroGPU to lend a GPU for {ASKED} seconds, found: You have exceeded your free "
        f"ZeroGPU quota ({ASKED}s requested vs. 20s left). Try again in 3:00:00; sign in for a "
        "larger allowance, or resume the run later."
    )
    assert seen["nobody"] == FAILED
    assert run_of("nobody").message == (
        f"Expected ZeroGPU to lend a GPU for {ASKED} seconds, found: Space app has reached its GPU "
        "limit; sign in for a larger allowance, or resume the run later."
    )


def test_a_run_on_zero_gpu_stops_when_it_is_asked_to(page, run_of):
    assert page[0]["stopped"] == {"status": "stopped", "code": 0, "held": False}
    assert run_of("stopped").run.model_dir.is_dir()


def test_private_data_and_encoders_are_read_with_the_token_of_the_visitor(page, run_of):
    seen, home = page
    assert seen["private"] == FINISHED, run_of("private").message
    assert run_of("private").run.model_dir.is_dir()
    for path in home.rglob("*"):
        if path.is_file():
            assert ANNS.encode() not in path.read_bytes(), path


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
            "The 120 seconds of GPU that this run had asked for were over before it was finished; "
            "start a shorter one.",
        ),
        (
            Refusal("ZeroGPU worker error", "GPU task aborted"),
            60,
            "ZeroGPU took its GPU back after 60 seconds; start a shorter one.",
        ),
        (
            Refusal("ZeroGPU worker error", "RuntimeError"),
            5,
            "Expected ZeroGPU to run the training, found a fault (RuntimeError); the log of the "
            "Space has details, and the run can be resumed.",
        ),
        (
            Refusal("ZeroGPU illegal duration", "The requested GPU duration (120s) is too large."),
            0,
            "Expected ZeroGPU to lend a GPU for 120 seconds, found: The requested GPU duration "
            "(120s) is too large; start a run with fewer epochs or a smaller max_train.",
        ),
        (
            Refusal("ZeroGPU client error", "Expired ZeroGPU proxy token"),
            0,
            "Expected ZeroGPU to lend a GPU for 120 seconds, found: Expired ZeroGPU proxy token; "
            "reload the page and resume the run in a while.",
        ),
        (
            RuntimeError("POST /schedule?token=secret: 500"),
            0,
            "Expected ZeroGPU to lend a GPU for 120 seconds, found: RuntimeError; reload the page "
            "and resume the run in a while.",
        ),
    ],
)
def test_each_way_to_get_no_gpu_is_a_sentence(error, passed, said):
    run = store.create(TrainConfig(), "some")
    code = 1 if "fault" in said else 2
    assert lent_gpu._explain(error, run, 120, passed) == (said, code)


def test_elsewhere_the_package_is_not_looked_for(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    monkeypatch.setattr(zero_gpu, "import_module", lambda name: pytest.fail(f"imports {name}"))
    for value in (None, "", "false", "0"):
        if value is not None:
            monkeypatch.setenv("SPACES_ZERO_GPU", value)
        assert not zero_gpu.is_here()
        zero_gpu.use_zero_gpu()
        assert not zero_gpu.is_ready()
    assert "spaces" not in sys.modules


def test_highlight_reads_on_the_processor_where_the_gpu_is_only_lent(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    predictor = Predictor.load("starter")  # an adapter, for which peft would choose the GPU
    assert [found.text for found in predictor.predict("Ann lives in Oslo.")] == ["Ann", "Oslo"]
    assert predictor.tagger.model.device.type == "cpu"


def test_models_compute_on_the_gpu_only_where_it_was_lent(monkeypatch):
    from ner_core.models import device

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert device.best_device().type == "cuda"
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert device.best_device().type == "cpu"
    monkeypatch.setattr(zero_gpu, "_has_gpu", True)
    assert device.best_device().type == "cuda"


@pytest.fixture
def on_zero_gpu(monkeypatch):
    monkeypatch.setattr(zero_gpu, "_lent", lambda *_: pytest.fail("asks for a GPU"))


def test_a_run_that_does_not_fit_says_what_does_before_it_exists(on_zero_gpu, monkeypatch):
    monkeypatch.setenv("NER_GPU_SECONDS", "60")
    with pytest.raises(ConfigError) as refused:
        submit(TrainConfig.from_values({"recipe": "best"}))
    assert str(refused.value) == REFUSED
    assert store.list_runs() == []


@pytest.mark.parametrize("value", ["0", "-5", "1.5", "much"])
def test_an_allowance_that_is_no_number_is_a_sentence(value, monkeypatch):
    monkeypatch.setenv("NER_GPU_SECONDS", value)
    with pytest.raises(ConfigError) as refused:
        zero_gpu.allowance()
    assert str(refused.value) == (
        f"NER_GPU_SECONDS: expected the seconds of GPU that a run may take, found {value!r}; "
        "set a whole number such as 300."
    )


def test_the_allowance_is_a_free_visitors_unless_it_is_set(monkeypatch):
    monkeypatch.delenv("NER_GPU_SECONDS", raising=False)
    assert zero_gpu.allowance() == 300
    monkeypatch.setenv("NER_GPU_SECONDS", " 2400 ")
    assert zero_gpu.allowance() == 2400


def test_the_estimate_is_computed_there_and_nothing_is_measured(
    on_zero_gpu, tiny_encoder, tmp_path
):
    config = toy.toy_config(toy.write_toy(tmp_path / "toy"), tiny_encoder, epochs=3)
    assert estimate_cost(config, measure=False) is None
    cost = estimate_cost(config)
    assert (cost.steps, cost.epochs, cost.learning_rate) == (12, 3, 5e-3)
    assert 20 < cost.seconds < 30
    assert cost.memory_bytes < cost.memory_free
    assert estimate_cost(config, measure=False) == cost
    longer = estimate_cost(config.model_copy(update={"epochs": 300}), measure=False)
    assert longer.steps == 1200
    assert longer.seconds > cost.seconds + 30


def test_what_was_seen_of_the_hub_is_told_to_nobody_else(
    on_zero_gpu, tiny_encoder, tmp_path, monkeypatch
):
    corpus = load_data(str(toy.write_toy(tmp_path / "toy")))
    monkeypatch.setattr(zero_gpu_estimate, "_read", lambda _config: corpus)
    config = toy.toy_config("hub:ann/data", tiny_encoder)
    assert estimate_cost(config, asker="user ann").steps == 4
    assert estimate_cost(config, measure=False, asker="user ann").steps == 4
    for asker in ("user bob", "page ann", ""):
        assert estimate_cost(config, measure=False, asker=asker) is None


def load(**sizes):
    sample = {"train": 3467, "validation": 600, "scored": 1300, "words": 20}
    minilm = {"layers": 6, "width": 384, "vocabulary": 30522}
    return Workload(**{**sample, **minilm, **sizes})


def test_what_is_asked_for_grows_with_data_encoder_and_passes():
    seconds = gpu_cost(TrainConfig(), load()).seconds_to_ask()
    assert 30 <= seconds <= 120
    for larger in (
        gpu_cost(TrainConfig(), load(train=100_000)),
        gpu_cost(TrainConfig(), load(layers=24, width=1024)),
        gpu_cost(TrainConfig(epochs=30), load()),
        gpu_cost(TrainConfig(), load(words=200)),
    ):
        assert larger.seconds_to_ask() > seconds


def test_a_run_that_goes_on_asks_for_what_is_left():
    cost = gpu_cost(TrainConfig(epochs=30), load())
    assert cost.seconds_to_ask(cost.steps // 2) < cost.seconds_to_ask()
    assert cost.seconds_to_ask(cost.steps) == cost.seconds_to_ask(10 * cost.steps) > 0


@pytest.mark.parametrize("limit", [70, 150, 300, 1000])
def test_what_is_proposed_fits(limit):
    config, large = TrainConfig(epochs=20), load(train=50_000, layers=12, width=768)
    assert gpu_cost(config, large).seconds_to_ask() > limit
    for way in what_fits(config, large, limit):
        name, value = way.split()
        if name == "recipe":
            changed = TrainConfig.from_values({"recipe": value})
        else:
            changed = config.model_copy(update={name: int(value)})
        assert gpu_cost(changed, large).seconds_to_ask() <= limit
    assert what_fits(config, large, 1) == []


def test_on_its_own_machine_a_run_is_a_process(monkeypatch):
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")  # as in the terminal of such a Space
    assert not zero_gpu.is_ready()
