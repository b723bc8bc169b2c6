"""The cost of a run before it starts: measured in a process, remembered, out of a run's way."""

import os
import resource
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pytest

from ner_core.cost import cache, estimate
from ner_core.cost.estimate import EstimateCancelledError, estimate_cost
from ner_core.cost.formula import cost_of
from ner_core.errors import ConfigError, DataError, ModelError, RunError, TrainingError
from ner_core.jobs.submit import submit
from ner_core.models.sources import find_model
from ner_core.runs import store
from ner_core.runs.diagnosis import explain
from ner_core.system import locks
from tests.conftest import write_conll
from tests.support import toy
from tests.support.measured import MEASURED
from tests.support.processes import start_measuring

ANSWER = f"print('noise'); open('answer.json', 'w').write({MEASURED.model_dump_json()!r})"
FOREVER = "import time; time.sleep(600)"

BUSY = "Estimate available when the current run or data check ends."
REPLACED = "Measurement cancelled: you asked for another one with other settings."


@pytest.fixture
def config(tmp_path, tiny_encoder):
    data = toy.write_toy(tmp_path / "toy", train=150, validation=40, test=30, longest=4)
    return toy.toy_config(data, tiny_encoder, epochs=2, evaluations=2)


@pytest.fixture
def stand_in(monkeypatch):
    """Return a function that starts a script instead of the measuring process.

    It returns the list of the processes, which grows as they are started.
    """
    started = []

    def replace_by(script):
        def start(folder):
            command = [sys.executable, "-c", script]
            with (folder / "log").open("wb") as log:
                process = subprocess.Popen(
                    command, stdout=log, stderr=log, cwd=folder, start_new_session=True
                )
            started.append(process)
            return process

        monkeypatch.setattr(estimate, "_start", start)
        return started

    return replace_by


class Call:
    """A call of ``estimate_cost`` in a thread: its cost or its error, once it is over."""

    def __init__(self, config):
        self.cost = self.error = None
        self._thread = threading.Thread(target=self._run, args=(config,), daemon=True)
        self._thread.start()

    def _run(self, config):
        try:
            self.cost = estimate_cost(config)
        except RunError as error:
            self.error = str(error)

    def wait(self):
        self._thread.join(timeout=150)
        assert not self._thread.is_alive()
        return self


def name_of(config):
    return cache.key(config, find_model(config.model))


def remember(config, measured=MEASURED):
    cache.write(name_of(config), measured)


def left_behind():
    return sorted(path.name for path in cache.folder().iterdir())


@contextmanager
def run_at_work(config):
    run = store.create(config, "busy")
    lock = locks.acquire(run.lock_path)
    try:
        yield
    finally:
        os.close(lock)


def computed_by_children():
    """Return the seconds of CPU of processes that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.slow
def test_what_is_measured_is_what_the_run_takes(config, ner_home, monkeypatch):
    began = time.monotonic()
    cost = estimate_cost(config)
    measuring = time.monotonic() - began
    assert measuring < estimate.MAX_SECONDS
    assert not store.runs_dir().exists()
    assert left_behind() == [f"{name_of(config)}.json", "lock"]

    computed_before = computed_by_children()
    began = time.time()
    run, process = submit(config)
    process.wait(timeout=200)
    report = run.report
    real = run.events()[-1].time - began
    computed = computed_by_children() - computed_before
    assert (cost.steps, cost.epochs) == (report["steps"], report["settings"]["epochs"])
    assert cost.learning_rate == report["settings"]["learning_rate"]
    # Other work on the cores makes both longer, each by its own part, but not what is computed.
    assert computed / 4 < cost.seconds < max(real, measuring) * 4
    assert report["memory_peak"] / 1.5 < cost.memory_bytes < report["memory_peak"] * 1.5

    def no_process(*_arguments, **_options):
        pytest.fail("a process was started although the measurement was there")

    monkeypatch.setattr(estimate, "_start", no_process)
    again = estimate_cost(config)
    assert replace(again, memory_free=0) == replace(cost, memory_free=0)
    longer = [
        estimate_cost(config.model_copy(update={"epochs": epochs, "evaluations": 1}))
        for epochs in (10, 20, 30)
    ]
    assert [each.steps for each in longer] == [100, 200, 300]
    first, second = (longer[i + 1].seconds - longer[i].seconds for i in (0, 1))
    assert first == pytest.approx(second)
    assert first > 0


@pytest.mark.slow
def test_data_that_cannot_be_learned_from_are_a_sentence(tmp_path, tiny_encoder, monkeypatch):
    monkeypatch.setattr(estimate, "_start", start_measuring)
    data = tmp_path / "nothing"
    data.mkdir()
    for part in ("train", "validation"):
        write_conll(data / f"{part}.conll", [[("ann", "O")], [("bob", "O")]])
    with pytest.raises(DataError) as caught:
        estimate_cost(toy.toy_config(data, tiny_encoder))
    assert str(caught.value) == (
        "The training part of nothing has 2 sentences but no entities. Annotate some, or check "
        "the tag column."
    )
    assert left_behind() == ["lock"]


def test_what_is_not_there_needs_no_process(config, tmp_path, stand_in):
    started = stand_in(FOREVER)
    wrong = config.model_copy(update={"data": str(tmp_path / "gone")})
    for measure in (True, False):
        with pytest.raises(DataError) as caught:
            estimate_cost(wrong, measure)
        assert str(caught.value) == (
            f"Found no data at {str(tmp_path / 'gone')!r}. Choose sample, a file, a folder or a "
            "Hub dataset (owner/name)."
        )
    with pytest.raises(ModelError) as caught_model:
        estimate_cost(config, folders=False)
    assert str(caught_model.value) == (
        f"No model called {config.model!r}. Choose one from the list, or type a Hub id such as "
        "owner/name. Folders work only on the command line."
    )
    assert estimate_cost(config, measure=False) is None
    assert not started
    assert not cache.folder().exists()


def test_the_answer_of_the_process_is_the_measurement(config, stand_in):
    started = stand_in(ANSWER)
    cost = estimate_cost(config)
    assert replace(cost, memory_free=0) == cost_of(config, MEASURED, 0)
    assert cost.memory_free > 0
    assert estimate_cost(config, measure=False) == replace(
        cost, memory_free=pytest.approx(cost.memory_free, rel=0.5)
    )
    assert len(started) == 1
    assert left_behind() == [f"{name_of(config)}.json", "lock"]


@pytest.mark.parametrize(
    ("script", "kind", "message"),
    [
        (
            "import json, sys; file = open('answer.json', 'w');"
            "json.dump({'error': 'ModelError', 'message': 'No model.'}, file); sys.exit(2)",
            ModelError,
            "No model.",
        ),
        (
            "import os; os.kill(os.getpid(), 9)",
            TrainingError,
            explain(MemoryError())[0],
        ),
        (
            "raise ValueError('a tensor is missing')",
            RunError,
            "Something went wrong in NER Studio while measuring (ValueError: a tensor is "
            "missing). You can start a run anyway.",
        ),
        (
            "open('answer.json', 'w').write('{}')",
            RunError,
            "Something went wrong in NER Studio while measuring (exit code 0). You can start a "
            "run anyway.",
        ),
    ],
)
def test_a_process_that_fails_is_a_sentence(config, stand_in, script, kind, message):
    stand_in(script)
    with pytest.raises(kind) as caught:
        estimate_cost(config)
    assert str(caught.value) == message
    assert left_behind() == ["lock"]


@pytest.mark.slow
def test_a_measurement_that_takes_too_long_is_ended(config, stand_in, monkeypatch):
    started = stand_in(FOREVER)
    monkeypatch.setattr(estimate, "MAX_SECONDS", 1.0)
    with pytest.raises(RunError) as caught:
        estimate_cost(config)
    assert str(caught.value) == (
        "Measuring took longer than 1 seconds. Start the run to see the time left."
    )
    assert [process.poll() for process in started] == [-9]
    assert left_behind() == ["lock"]


def test_nothing_is_measured_while_a_run_is_at_work(config, stand_in):
    started = stand_in(ANSWER)
    with run_at_work(config):
        assert estimate_cost(config, measure=False) is None
        with pytest.raises(EstimateCancelledError) as caught:
            estimate_cost(config)
        assert str(caught.value) == BUSY
        remember(config)
        assert estimate_cost(config).steps == 40
    assert not started


@pytest.mark.slow
def test_a_run_that_starts_ends_the_measurement(config, stand_in):
    started = stand_in(FOREVER)
    call = Call(config)
    toy.wait_for(lambda: started, "the process")
    with run_at_work(config):
        assert call.wait().error == BUSY
    assert started[0].poll() == -9


def test_a_measurement_can_be_ended_at_once(config, stand_in):
    started = stand_in(FOREVER)
    call = Call(config)
    toy.wait_for(lambda: started, "the process")
    estimate.stop_measuring()
    assert call.wait().error == BUSY
    assert started[0].poll() == -9
    estimate.stop_measuring()  # nothing to stop
    stand_in(ANSWER)
    assert estimate_cost(config).steps == 40


def test_other_settings_take_the_place_of_a_measurement(config, stand_in):
    started = stand_in(FOREVER)
    before = Call(config)
    toy.wait_for(lambda: started, "the process")
    stand_in(ANSWER)
    after = Call(config.model_copy(update={"batch_size": 8}))
    assert after.wait().cost.steps == 40
    assert before.wait().error == REPLACED
    assert len(started) == 2


@pytest.mark.slow
def test_the_measuring_process_ends_with_the_one_that_asked(config, ner_home, stand_in):
    asks = (
        "import sys; from ner_core.config import TrainConfig;"
        "from ner_core.cost.estimate import estimate_cost;"
        "estimate_cost(TrainConfig.model_validate_json(sys.argv[1]))"
    )
    asking = subprocess.Popen([sys.executable, "-c", asks, config.model_dump_json()])
    try:
        toy.wait_for(lambda: psutil.Process(asking.pid).children(), "the measuring process")
        (measuring,) = psutil.Process(asking.pid).children()
    finally:
        asking.kill()
        asking.wait(timeout=10)
    # It notices once it has imported torch, long before it has measured anything.
    toy.wait_for(lambda: not measuring.is_running(), "the measuring process to end")
    assert [name for name in left_behind() if name.endswith(".json")] == []
    stand_in(ANSWER)
    assert estimate_cost(config).steps == 40
    assert left_behind() == [f"{name_of(config)}.json", "lock"]


@pytest.mark.slow
def test_the_same_settings_are_measured_once(config, stand_in):
    started = stand_in(f"import time; time.sleep(1); {ANSWER}")
    calls = [Call(config), Call(config.model_copy(update={"epochs": 4}))]
    assert [call.wait().cost.steps for call in calls] == [40, 80]
    assert len(started) == 1


@pytest.mark.parametrize(
    "on_the_hub", [{"data": "hub:ann/data"}, {"model": "ann/encoder"}, {"model": "hub:encoder"}]
)
def test_what_was_measured_of_the_hub_is_told_to_nobody_else(config, stand_in, on_the_hub):
    started = stand_in(ANSWER)
    hidden = config.model_copy(update=on_the_hub)
    assert estimate_cost(hidden, visitor="user ann").steps == 40
    assert estimate_cost(hidden, measure=False, visitor="user ann").steps == 40
    for visitor in ("user bob", "page ann", ""):
        assert estimate_cost(hidden, measure=False, visitor=visitor) is None
    assert len(started) == 1
    # What is here is for all.
    assert estimate_cost(config, visitor="user ann").steps == 40
    assert estimate_cost(config, measure=False, visitor="user bob").steps == 40


def test_another_process_that_measures_is_waited_for(config, stand_in):
    started = stand_in(ANSWER)
    cache.folder().mkdir(parents=True)
    lock = locks.acquire(cache.folder() / "lock")
    call = Call(config)
    time.sleep(0.3)
    remember(config, MEASURED.model_copy(update={"steps_per_epoch": 7}))
    os.close(lock)
    assert call.wait().cost.steps == 14
    assert not started


def test_a_home_that_cannot_be_written_is_a_sentence(config, ner_home, stand_in):
    stand_in(ANSWER)
    (ner_home / "cache").write_text("a file in the way")
    with pytest.raises(ConfigError) as caught:
        estimate_cost(config)
    assert str(caught.value) == (
        f"Can't write to the folder {cache.folder()}: Not a directory. "
        "Set NER_HOME to another folder."
    )


def test_a_measurement_on_a_gpu_knows_what_is_free_there(config):
    remember(config, MEASURED.model_copy(update={"gpu_free": 5 * 10**9}))
    assert cache.read(name_of(config)).gpu_free == 5 * 10**9
    assert estimate_cost(config).memory_free == 5 * 10**9
