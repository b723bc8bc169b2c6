"""Runs in this process: what `ner_core.train` and `ner_core.resume` do."""

import asyncio
import os
import signal
import threading
import warnings

import pytest

from ner_core import api
from ner_core.errors import ConfigError, DataError, NerWarning, RunError, TrainingError
from ner_core.jobs.stop import stop
from ner_core.runs import store
from ner_core.system import locks
from tests.conftest import write_conll
from tests.support import toy


@pytest.fixture
def begin(toy_data, tiny_encoder):
    """Return a function that trains the toy here."""

    def train(on_event=None, **more):
        return api.train(toy_data, tiny_encoder, on_event=on_event, **toy.SETTINGS | more)

    return train


def kinds(events):
    return [event.kind for event in events]


def test_a_run_in_this_process_is_one_like_any_other(begin, ner_home):
    heard, states = [], set()

    def on_event(event):
        heard.append(event)
        (run,) = store.list_runs()
        states.add((run.status(), run.is_held()))

    run = begin(on_event, batch_size=8, epochs=1)
    assert run.status() == "finished"
    assert not run.is_held()
    assert run.model_dir.is_dir()
    assert 0 <= run.report["test"]["f1"] <= 1
    assert run.config().batch_size == 8
    assert kinds(heard) == kinds(run.events())
    assert {"started", "progress", "evaluated", "checkpoint", "finished"} == set(kinds(heard))
    assert states == {("running", True), ("finished", True)}
    assert len(run.log_path.read_text().splitlines()) == len(heard)
    assert toy.strange_lines(run) == []
    assert str(heard[0]) == "step 0: started"
    slot = locks.Slot(ner_home / "slot.lock")
    assert slot.try_acquire("next")
    slot.release()
    with pytest.raises(RunError) as caught:
        api.resume(run)
    assert str(caught.value) == (
        f"Can't resume the run {run.id}: it is finished. Choose one that was stopped, failed or "
        "was interrupted."
    )


def test_what_the_command_line_says_before_the_start_is_a_warning(begin, toy_data):
    write_conll(toy_data / "test.conll", [[("x", "B-NEW")]])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        begin(max_train=4, epochs=1)
    said = [warning for warning in caught if issubclass(warning.category, NerWarning)]
    assert [warning.filename for warning in said] == [__file__]
    assert [str(warning.message) for warning in said] == [
        "NEW is in test but not in train, so the model can't learn it and each one counts as "
        "missed. Add examples to train, or remove it."
    ]


def test_a_warning_that_is_made_an_error_starts_no_run(begin, toy_data):
    write_conll(toy_data / "test.conll", [[("x", "B-NEW")]])
    with warnings.catch_warnings():
        warnings.simplefilter("error", NerWarning)
        with pytest.raises(NerWarning):
            begin()
    assert store.list_runs() == []


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        (
            {"batch_size": 0},
            ConfigError,
            "batch_size can't be 0. Use a whole number from 1 to 1,024.",
        ),
        (
            {"recipe": "cake"},
            ConfigError,
            "recipe can't be 'cake'. Use one of quick, balanced, best, adapter, notebook.",
        ),
    ],
)
def test_a_setting_that_cannot_work_is_refused_before_there_is_a_run(
    begin, settings, error, sentence
):
    with pytest.raises(error) as caught:
        begin(**settings)
    assert str(caught.value) == sentence
    assert store.list_runs() == []


def test_data_that_is_not_there_is_refused_before_there_is_a_run(tmp_path):
    with pytest.raises(DataError):
        api.train(tmp_path / "nowhere")
    assert store.list_runs() == []


def interrupt_at(kind):
    """Return a listener that presses Ctrl-C at the first event of a kind."""
    pressed = []

    def on_event(event):
        if event.kind == kind and not pressed:
            pressed.append(event)
            os.kill(os.getpid(), signal.SIGINT)

    return on_event


@pytest.mark.slow
def test_ctrl_c_keeps_the_best_model_and_the_run_can_be_resumed(begin):
    before = signal.getsignal(signal.SIGINT)
    run = begin(interrupt_at("evaluated"), epochs=4, evaluations=8)
    assert run.status() == "stopped"
    assert run.model_dir.is_dir()
    assert kinds(run.events())[-1] == "stopped"
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(RunError):
        _ = run.report

    heard = []
    assert api.resume(run.id, heard.append) == run
    assert run.status() == "finished"
    assert kinds(heard)[0] == "started"
    assert heard[0].data["resumed"]


@pytest.mark.slow
def test_a_second_ctrl_c_ends_at_once_and_leaves_an_interrupted_run(begin):
    def on_event(event):
        if event.kind == "progress":
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        begin(on_event)
    (run,) = store.list_runs()
    assert run.status() == "interrupted"


@pytest.mark.slow
def test_a_run_can_be_stopped_from_elsewhere(begin):
    def on_event(event):
        if event.kind == "evaluated":
            stop(store.list_runs()[0])

    assert begin(on_event, epochs=4, evaluations=8).status() == "stopped"


@pytest.mark.slow
def test_it_works_beside_a_loop_of_asyncio_and_in_a_thread_that_gets_no_signals(begin):
    async def in_a_notebook():
        return begin(epochs=1)

    assert asyncio.run(in_a_notebook()).status() == "finished"
    done = []
    thread = threading.Thread(target=lambda: done.append(begin(epochs=1)))
    thread.start()
    thread.join(120)
    assert done[0].status() == "finished"


@pytest.mark.slow
def test_an_error_of_the_listener_fails_the_run_and_is_raised(begin):
    def on_event(event):
        if event.kind == "evaluated":
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        begin(on_event)
    (run,) = store.list_runs()
    assert run.status() == "failed"
    assert not run.is_held()
    assert "LookupError: mine" in run.log_path.read_text()


def test_what_the_user_can_fix_is_raised_in_a_sentence(begin, monkeypatch):
    from ner_core.training import run as training

    def out_of_memory(*_):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(training, "fit", out_of_memory)
    with pytest.raises(TrainingError) as caught:
        begin()
    (run,) = store.list_runs()
    (failed,) = run.events()
    assert str(caught.value) == failed.data["message"]
    assert str(caught.value).startswith("Not enough memory. ")
