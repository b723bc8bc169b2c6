"""The cost of a run before it starts: measured in a process, remembered, out of a run's way."""

import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig

from ner_core.config import TrainConfig
from ner_core.cost import cache, estimate
from ner_core.cost.estimate import GaveWayError, estimate_cost
from ner_core.cost.formula import Cost, Measurement, cost_of, evaluations
from ner_core.errors import ConfigError, DataError, ModelError, RunError, TrainingError
from ner_core.jobs.submit import submit
from ner_core.models.sources import find_model
from ner_core.runs import store
from ner_core.runs.diagnosis import explain
from ner_core.system import locks
from ner_core.training.setup import make_plan
from tests.conftest import write_conll
from tests.support import toy

MEASURED = Measurement(
    reading=1.0,
    starting=4.0,
    preparing=2.0,
    epoch=10.0,
    evaluation=3.0,
    sentences=400,
    save=0.5,
    save_every=60.0,
    keep=0.25,
    final=5.0,
    memory=10**9,
    gpu_free=None,
    waited=0.0,
    steps_per_epoch=20,
    automatic_rate=3e-4,
)
ANSWER = f"import json; print('noise'); print({json.dumps(json.dumps(MEASURED.as_json()))})"
FOREVER = "import time; time.sleep(600)"

AT_WORK = "The time can be measured when no run is at work."
REPLACED = "The measurement gave way to another one, for other settings."


@pytest.fixture
def config(tmp_path, tiny_encoder):
    data = toy.write_toy(tmp_path / "toy", train=150, validation=40, test=30, longest=4)
    return toy.toy_config(data, tiny_encoder, epochs=2, evaluations=2)


@pytest.fixture
def stand_in(monkeypatch):
    """Give a function that puts a script in the place of the measuring process.

    It gives the list of the processes, which grows as they are started.
    """
    started = []

    def replace_by(script):
        def start(_settings, output, log):
            command = [sys.executable, "-c", script]
            process = subprocess.Popen(command, stdout=output, stderr=log, start_new_session=True)
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
    cache.folder().mkdir(parents=True, exist_ok=True)
    cache.keep(name_of(config), measured)


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
    """Give the processor's seconds that processes took which this one started and which ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.slow
def test_what_is_measured_is_what_the_run_takes(config, ner_home, monkeypatch):
    began = time.monotonic()
    cost = estimate_cost(config)
    measuring = time.monotonic() - began
    assert measuring < estimate.MOST_SECONDS
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
def test_data_that_cannot_be_learned_from_are_a_sentence(tmp_path, tiny_encoder):
    data = tmp_path / "nothing"
    data.mkdir()
    for part in ("train", "validation"):
        write_conll(data / f"{part}.conll", [[("ann", "O")], [("bob", "O")]])
    with pytest.raises(DataError) as caught:
        estimate_cost(toy.toy_config(data, tiny_encoder))
    assert str(caught.value) == (
        "Expected entities in the training part of nothing, found none in 2 sentences; annotate "
        "some, or check the tag column."
    )
    assert left_behind() == ["lock"]


def test_what_is_not_there_needs_no_process(config, tmp_path, stand_in):
    started = stand_in(FOREVER)
    wrong = config.model_copy(update={"data": str(tmp_path / "gone")})
    for measure in (True, False):
        with pytest.raises(DataError) as caught:
            estimate_cost(wrong, measure)
        assert str(caught.value) == (
            "Expected data: sample, a file, a folder or a Hub dataset (owner/name); found nothing "
            f"at {str(tmp_path / 'gone')!r}."
        )
    with pytest.raises(ModelError) as caught_model:
        estimate_cost(config, folders=False)
    assert str(caught_model.value) == (
        f"There is no model {config.model!r}. Choose minilm, starter, a run id or a Hub id; "
        "folders are for the command line."
    )
    assert estimate_cost(config, measure=False) is None
    assert not started
    assert not cache.folder().exists()


def test_what_is_printed_last_is_the_measurement(config, stand_in):
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
            "import json, sys; print(json.dumps({'error': 'ModelError', 'message': 'No model.'}));"
            "sys.exit(2)",
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
            "The time could not be measured, by a fault of NER Studio (ValueError: a tensor is "
            "missing); a run can be started all the same.",
        ),
        (
            "print('{}')",
            RunError,
            "The time could not be measured, by a fault of NER Studio (exit code 0); "
            "a run can be started all the same.",
        ),
    ],
)
def test_a_process_that_fails_is_a_sentence(config, stand_in, script, kind, message):
    stand_in(script)
    with pytest.raises(kind) as caught:
        estimate_cost(config)
    assert str(caught.value) == message
    assert left_behind() == ["lock"]


def test_a_measurement_that_takes_too_long_is_ended(config, stand_in, monkeypatch):
    started = stand_in(FOREVER)
    monkeypatch.setattr(estimate, "MOST_SECONDS", 1.0)
    with pytest.raises(RunError) as caught:
        estimate_cost(config)
    assert str(caught.value) == (
        "The time could not be measured within 1 seconds; "
        "once the run is at work it shows the time left."
    )
    assert [process.poll() for process in started] == [-9]
    assert left_behind() == ["lock"]


def test_nothing_is_measured_while_a_run_is_at_work(config, stand_in):
    started = stand_in(ANSWER)
    with run_at_work(config):
        assert estimate_cost(config, measure=False) is None
        with pytest.raises(GaveWayError) as caught:
            estimate_cost(config)
        assert str(caught.value) == AT_WORK
        remember(config)
        assert estimate_cost(config).steps == 40
    assert not started


def test_a_run_that_starts_ends_the_measurement(config, stand_in, monkeypatch):
    monkeypatch.setattr(estimate, "_LOOK_EVERY", 0.1)
    started = stand_in(FOREVER)
    call = Call(config)
    toy.wait_for(lambda: started, "the process")
    with run_at_work(config):
        assert call.wait().error == AT_WORK
    assert started[0].poll() == -9


def test_a_measurement_can_be_ended_at_once(config, stand_in):
    started = stand_in(FOREVER)
    call = Call(config)
    toy.wait_for(lambda: started, "the process")
    estimate.stop_measuring()
    assert call.wait().error == AT_WORK
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
        "import sys; from ner_core import TrainConfig, estimate_cost;"
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


@pytest.fixture
def asked(monkeypatch):
    """Give the set of the threads that have asked for their turn to measure."""
    threads, lock = set(), estimate._lock

    def ask(file):
        threads.add(threading.get_ident())
        return lock(file)

    monkeypatch.setattr(estimate, "_lock", ask)
    return threads


def test_the_same_settings_are_measured_once(config, stand_in, asked, tmp_path):
    both = tmp_path / "both"
    started = stand_in(f"import os\nwhile not os.path.exists({str(both)!r}): pass\n{ANSWER}")
    calls = [Call(config), Call(config.model_copy(update={"epochs": 4}))]
    toy.wait_for(lambda: len(asked) == 2, "both to ask for their turn")
    both.touch()
    assert [call.wait().cost.steps for call in calls] == [40, 80]
    assert len(started) == 1


@pytest.mark.parametrize(
    "on_the_hub", [{"data": "hub:ann/data"}, {"model": "ann/encoder"}, {"model": "hub:encoder"}]
)
def test_what_was_measured_of_the_hub_is_told_to_nobody_else(config, stand_in, on_the_hub):
    started = stand_in(ANSWER)
    hidden = config.model_copy(update=on_the_hub)
    assert estimate_cost(hidden, asker="user ann").steps == 40
    assert estimate_cost(hidden, measure=False, asker="user ann").steps == 40
    for asker in ("user bob", "page ann", ""):
        assert estimate_cost(hidden, measure=False, asker=asker) is None
    assert len(started) == 1
    # What is here is for all.
    assert estimate_cost(config, asker="user ann").steps == 40
    assert estimate_cost(config, measure=False, asker="user bob").steps == 40


def test_another_process_that_measures_is_waited_for(config, stand_in, asked):
    started = stand_in(ANSWER)
    cache.folder().mkdir(parents=True)
    lock = locks.acquire(cache.folder() / "lock")
    call = Call(config)
    toy.wait_for(lambda: asked, "it to ask for its turn")
    remember(config, replace(MEASURED, steps_per_epoch=7))
    os.close(lock)
    assert call.wait().cost.steps == 14
    assert not started


def test_a_home_that_cannot_be_written_is_a_sentence(config, ner_home, stand_in):
    stand_in(ANSWER)
    (ner_home / "cache").write_text("a file in the way")
    with pytest.raises(ConfigError) as caught:
        estimate_cost(config)
    assert str(caught.value) == (
        f"Expected a folder that can be written at {cache.folder()}, found: "
        "Not a directory; set NER_HOME to another one."
    )


DAMAGED = [
    "",
    "{",
    "null",
    "[]",
    "[" * 100_000,
    json.dumps({**MEASURED.as_json(), "epoch": None}),
    json.dumps({**MEASURED.as_json(), "epoch": "10"}),
    json.dumps({**MEASURED.as_json(), "epoch": -1}),
    json.dumps({**MEASURED.as_json(), "epoch": float("nan")}),
    json.dumps({**MEASURED.as_json(), "memory": float("inf")}),
    json.dumps({**MEASURED.as_json(), "steps_per_epoch": 0}),
    json.dumps({**MEASURED.as_json(), "steps_per_epoch": True}),
    json.dumps({**MEASURED.as_json(), "more": 1}),
    json.dumps({name: value for name, value in MEASURED.as_json().items() if name != "save"}),
]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_counts_as_missing(config, stand_in, text):
    remember(config)
    (cache.folder() / f"{name_of(config)}.json").write_text(text)
    assert estimate_cost(config, measure=False) is None
    stand_in(ANSWER)
    assert estimate_cost(config).steps == 40
    assert estimate_cost(config, measure=False).steps == 40


def test_a_measurement_on_a_gpu_knows_what_is_free_there(config):
    remember(config, replace(MEASURED, gpu_free=5 * 10**9))
    assert cache.read(name_of(config)).gpu_free == 5 * 10**9
    assert estimate_cost(config).memory_free == 5 * 10**9


def test_what_was_measured_on_a_busy_machine_is_soon_forgotten(config):
    for waited, after_an_hour in ((0.1, True), (0.5, False)):
        remember(config, replace(MEASURED, waited=waited))
        assert estimate_cost(config, measure=False).steps == 40
        path = cache.folder() / f"{name_of(config)}.json"
        os.utime(path, (time.time() - 3600,) * 2)
        assert (estimate_cost(config, measure=False) is not None) == after_an_hour


def test_only_the_newest_measurements_are_kept(ner_home, monkeypatch):
    monkeypatch.setattr(cache, "MOST_KEPT", 3)
    cache.folder().mkdir(parents=True)
    for number in range(5):
        cache.keep(f"m{number}", MEASURED)
        os.utime(cache.folder() / f"m{number}.json", (number, number))
    cache.keep("m5", MEASURED)
    assert left_behind() == ["m3.json", "m4.json", "m5.json"]


OTHER_VALUES = {
    "token_column": "2",
    "tag_column": "3",
    "label_names": "O,B-PER,I-PER",
    "recipe": "quick",
    "epochs": 7,
    "learning_rate": 1e-3,
    "schedule": "cosine",
    "sub_token_labels": "all",
    "class_weights": "sqrt",
    "precision": "bf16",
    "report_to": "trackio",
    "max_train": 50,
}


def other(config, name):
    if name in ("data", "model"):
        return {"data": "sample", "model": "starter"}[name]
    value = getattr(config, name)
    if name in OTHER_VALUES:
        return OTHER_VALUES[name]
    return not value if isinstance(value, bool) else value + 1


@pytest.mark.parametrize("name", TrainConfig.model_fields)
def test_a_setting_has_a_measurement_of_its_own_if_it_changes_the_speed(config, name):
    value = other(config, name)
    assert value != getattr(config, name)
    same = name_of(config) == name_of(config.model_copy(update={name: value}))
    assert same == (name in cache.NO_MATTER)


def test_other_data_or_another_model_in_the_same_place_are_measured_anew(config, tmp_path):
    before = name_of(config)
    assert name_of(config) == before
    write_conll(tmp_path / "toy" / "train.conll", toy.toy_sentences(151, 5))
    after = name_of(config)
    assert after != before
    model = shutil.copytree(config.model, tmp_path / "model")
    config = config.model_copy(update={"model": str(model)})
    before = name_of(config)
    os.utime(model / "config.json", (1, 1))
    assert name_of(config) != before


@given(st.integers(1, 400), st.integers(1, 60), st.integers(1, 30))
def test_evaluations_are_counted_as_a_run_makes_them(steps, steps_per_epoch, wanted):
    full = partial = 0
    for step in range(1, steps + 1):  # RunCallback.on_step_end
        ends_epoch = step % steps_per_epoch == 0 or step >= steps
        full += ends_epoch
        partial += not ends_epoch and step % max(1, steps // wanted) == 0
    assert evaluations(steps, steps_per_epoch, wanted) == (full, partial)


@given(st.integers(1, 5000), st.sampled_from([None, 0.3, 1, 2.5, 12]), st.integers(1, 64))
def test_steps_are_those_of_the_plan(windows, epochs, batch_size):
    config = TrainConfig(epochs=epochs, batch_size=batch_size)
    plan = make_plan(config, BertConfig(), windows)
    automatic = make_plan(TrainConfig(batch_size=batch_size), BertConfig(), windows)
    measured = replace(
        MEASURED,
        steps_per_epoch=plan.steps_per_epoch,
        automatic_rate=automatic.learning_rate,
    )
    cost = cost_of(config, measured, 0)
    assert (cost.steps, cost.epochs) == (plan.total_steps, plan.epochs)
    assert cost.learning_rate == plan.learning_rate


def test_the_parts_of_a_run_add_up():
    config = TrainConfig(epochs=2, evaluations=4, eval_sentences=100, learning_rate=1e-4)
    # 40 steps: at 10 and 30 an evaluation on a quarter, at 20 and 40 on all 400 sentences.
    assert cost_of(config, MEASURED, 7) == Cost(
        seconds=1 + 4 + 2 + 20 + 2 * 3 + 2 * 0.75 + 4 * (0.5 + 0.25) + 5,
        memory_bytes=10**9,
        memory_free=7,
        steps=40,
        epochs=2,
        learning_rate=1e-4,
    )
    few = config.model_copy(update={"eval_sentences": 1000})
    assert cost_of(few, MEASURED, 7).seconds == cost_of(config, MEASURED, 7).seconds + 2 * 2.25


def test_long_ways_between_evaluations_have_checkpoints_on_them():
    config = TrainConfig(epochs=1, evaluations=1)
    slow = replace(MEASURED, epoch=250.0)
    assert cost_of(config, slow, 0).seconds == 1 + 4 + 2 + 250 + 3 + 0.25 + (1 + 4) * 0.5 + 5
