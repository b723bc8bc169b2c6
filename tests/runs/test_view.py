import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_core.runs.run import Run
from ner_core.runs.view import RunView
from ner_core.system import locks

SCORES = {"loss": 0.2, "precision": 0.5, "recall": 0.5, "f1": 0.5, "selection_f1": 0.4}
SCORES["per_type"] = {}
NOTES = ["Zürich was put aside."]
STARTED = {"total": 20, "notes": NOTES, "settings": {"epochs": 1}, "label_names": ["O"]}
EVENTS = [
    ("queued", 0, {"waiting_for": "other-run"}),
    ("started", 0, STARTED),
    ("progress", 5, {"epoch": 0.25, "loss": 1.5, "seconds_left": 9.0}),
    ("evaluated", 5, {"split": "validation", "best": True, **SCORES}),
    ("progress", 10, {"epoch": 0.5, "loss": None, "seconds_left": 6.0}),
    ("checkpoint", 10, {}),
    ("evaluated", 10, {"split": "validation", "best": True, **SCORES, "selection_f1": 0.6}),
    ("progress", 15, {"epoch": 0.75, "loss": 0.5, "seconds_left": 3.0}),
    ("evaluated", 15, {"split": "validation", "best": False, **SCORES}),
    ("evaluated", 20, {"split": "validation", "final": True, **SCORES, "f1": 0.7}),
    ("evaluated", 20, {"split": "test", "final": True, **SCORES, "f1": 0.65}),
    ("finished", 20, {"train_seconds": 1.5}),
]
LOG = "".join(
    json.dumps({"v": 1, "time": 1.0, "kind": kind, "step": step, "data": data}, ensure_ascii=False)
    + "\n"
    for kind, step, data in EVENTS
).encode()


def state(view):
    return {key: value for key, value in vars(view).items() if key != "run"}


def log_of(count):
    return b"".join(LOG.splitlines(keepends=True)[:count])


@pytest.fixture
def run():
    return store.create(TrainConfig(), "a")


@pytest.fixture
def held(run):
    fd = locks.acquire(run.lock_path)
    yield run
    os.close(fd)


def test_a_run_without_events(run):
    view = RunView(run)
    assert view.refresh()
    assert not view.refresh()
    assert view.summary() == {
        "run": "a",
        "name": "Sample · balanced",
        "status": "interrupted",
        "step": 0,
        "total": 0,
        "epoch": None,
        "loss": None,
        "seconds_left": None,
        "best_f1": None,
        "validation_f1": None,
        "test_f1": None,
        "waiting_for": None,
        "message": "The worker ended unexpectedly: something killed it, or the machine restarted. "
        "Resume the run from the start.",
    }
    assert (view.best, view.notes) == (None, [])


def test_a_finished_run(run):
    run.events_path.write_bytes(LOG)
    view = RunView(run)
    assert view.refresh()
    assert view.summary() == {
        "run": "a",
        "name": "Sample · balanced",
        "status": "finished",
        "step": 20,
        "total": 20,
        "epoch": 0.75,
        "loss": 0.5,
        "seconds_left": 3.0,
        "best_f1": 0.6,
        "validation_f1": 0.7,
        "test_f1": 0.65,
        "waiting_for": None,
        "message": None,
    }
    assert view.losses == [(5, 1.5), (15, 0.5)]
    assert [row["step"] for row in view.evaluations] == [5, 10, 15]
    assert view.best == view.evaluations[1]
    assert set(view.final) == {"validation", "test"}
    assert view.notes == ["Zürich was put aside."]
    json.dumps(view.summary(), allow_nan=False)


def test_a_queued_run_names_the_one_it_waits_for(held):
    held.events_path.write_bytes(log_of(1))
    view = RunView(held)
    view.refresh()
    assert (view.status, view.summary()["waiting_for"]) == ("queued", "other-run")
    held.events_path.write_bytes(log_of(2))
    view.refresh()
    assert (view.status, view.summary()["waiting_for"]) == ("running", None)


def test_a_failed_run_says_why(run):
    row = {"v": 1, "time": 1, "kind": "failed", "step": 3, "data": {"message": "Out of memory."}}
    run.events_path.write_bytes(log_of(3) + json.dumps(row).encode() + b"\n")
    view = RunView(run)
    view.refresh()
    assert (view.status, view.message) == ("failed", "Out of memory.")


def test_refresh_tells_whether_anything_changed(held):
    view = RunView(held)
    assert not view.refresh()
    held.events_path.write_bytes(log_of(2))
    assert view.refresh()
    assert not view.refresh()
    held.events_path.write_bytes(log_of(3)[:-4])
    assert not view.refresh()
    held.events_path.write_bytes(log_of(3))
    assert view.refresh()
    held.stop_path.touch()
    assert view.refresh()
    assert view.status == "stopping"


@settings(max_examples=50)
@given(st.lists(st.integers(0, len(LOG)), max_size=8))
def test_reading_piece_by_piece_equals_reading_at_once(tmp_path_factory, cuts):
    path = tmp_path_factory.mktemp("run")
    run = Run("a", path)
    slow, at_once = RunView(run), RunView(run)
    for cut in [*sorted(cuts), len(LOG)]:
        run.events_path.write_bytes(LOG[:cut])
        slow.refresh()
    at_once.refresh()
    assert state(slow) == state(at_once)
    assert slow.summary() == at_once.summary()


SAMPLES = [{"tokens": ["Ann", "in", "Oslo"], "gold": [[0, 1, "PER"], [2, 3, "LOC"]]}]
START = {
    "total": 20,
    "notes": [],
    "label_names": ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"],
    "settings": {"epochs": 2.0},
    "samples": SAMPLES,
    "resumed": False,
    "repeats_to": 0,
}
RESUMED = [
    ("started", 0, START),
    ("progress", 10, {"loss": 2.0}),
    (
        "evaluated",
        10,
        {"split": "validation", "best": True, **SCORES, "samples": [[[0, 1, "PER"]]]},
    ),
    ("progress", 15, {"loss": 1.0}),
    ("failed", 15, {"message": "The disk is full. Make room, then resume the run."}),
    ("queued", 15, {"waiting_for": None}),
    ("started", 10, {**START, "resumed": True, "repeats_to": 15}),
    ("progress", 18, {"loss": 0.7}),
]


def write(run, events):
    run.events_path.write_text(
        "".join(
            json.dumps({"v": 1, "time": 1.0, "kind": kind, "step": step, "data": data}) + "\n"
            for kind, step, data in events
        )
    )


def test_a_run_that_has_been_trained_is_scored(held):
    view = RunView(held)
    events = [
        ("started", 0, START),
        ("checkpoint", 10, {"done": False}),
        ("checkpoint", 20, {"done": True}),
        ("started", 20, {**START, "resumed": True, "repeats_to": 20}),
        ("started", 10, {**START, "resumed": True, "repeats_to": 20}),
    ]
    seen = []
    for count in range(1, len(events) + 1):
        write(held, events[:count])
        view.refresh()
        seen.append(view.scoring)
    assert seen == [False, False, True, True, False]


def test_a_resumed_run_takes_nothing_back(held):
    view = RunView(held)
    seen = []
    for count in range(1, len(RESUMED) + 1):
        write(held, RESUMED[:count])
        view.refresh()
        seen.append((view.status, view.step, view.can_resume, view.repeating))
    assert seen == [
        ("running", 0, False, False),
        ("running", 10, False, False),
        ("running", 10, False, False),
        ("running", 15, False, False),
        ("failed", 15, True, False),
        ("starting", 15, False, False),
        ("running", 15, False, True),
        ("running", 18, False, False),
    ]
    assert view.resumed
    assert view.message is None
    assert view.losses == [(10, 2.0), (15, 1.0), (18, 0.7)]
    assert [row["step"] for row in view.evaluations] == [10]


def test_the_watched_sentences_have_the_last_predictions(held):
    view = RunView(held)
    assert (view.samples, view.types, view.settings) == ([], [], {})
    write(held, RESUMED[:1])
    view.refresh()
    assert view.samples == [{**SAMPLES[0], "predicted": None}]
    assert (view.types, view.settings) == (["LOC", "PER"], {"epochs": 2.0})
    write(held, RESUMED)
    view.refresh()
    assert view.samples == [{**SAMPLES[0], "predicted": [[0, 1, "PER"]]}]
