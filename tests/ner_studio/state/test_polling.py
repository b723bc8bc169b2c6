import asyncio
import json
import os
import threading
import time
from types import SimpleNamespace

import gradio as gr
import pytest

from ner_core.errors import RunError
from ner_core.runs import store
from ner_core.runs import view as run_view
from ner_core.runs.events import read_events
from ner_core.system.locks import acquire
from ner_studio import page
from ner_studio.base.times import when
from ner_studio.state import predictors, snapshots
from ner_studio.state.snapshots import SHARED, Snapshots
from ner_studio.watch.panel import WatchPanel
from tests.support.fake_runs import FakeRun
from tests.support.panels import build

EVENTS = 100_000
POLLED_WITHIN = 0.020


@pytest.fixture(scope="module")
def panel():
    """Build the panel, which keeps nothing."""
    return build(WatchPanel)[1]


@pytest.fixture
def at_work():
    fake = FakeRun().start()
    yield fake
    fake.end()


@pytest.fixture
def reads(monkeypatch):
    """Note each reading of an event log: the offset it begins at, and the bytes it takes."""
    noted = []

    def noting(path, offset=0):
        events, end = read_events(path, offset)
        noted.append((offset, end - offset))
        return events, end

    monkeypatch.setattr(run_view, "read_events", noting)
    return noted


def best_of(polls, times=5):
    """Return the shortest time of the processor: other work on the machine only ever adds to it."""
    seconds = []
    for _ in range(times):
        began = time.process_time()
        polls()
        seconds.append(time.process_time() - began)
    return min(seconds)


@pytest.mark.slow
def test_a_run_of_100_000_events_is_polled_in_a_moment(panel, at_work, reads):
    data = {"total": EVENTS, "epoch": 1.0, "loss": 0.5, "seconds_left": 1.0}
    with at_work.run.events_path.open("a") as file:
        for step in range(1, EVENTS):
            row = {"v": 1, "time": 1.0, "kind": "progress", "step": step}
            file.write(json.dumps({**row, "data": {**data, "examples_per_second": 60.0}}) + "\n")
    size = at_work.run.events_path.stat().st_size
    SHARED.current(renew=True)
    assert sum(count for _, count in reads) == size
    steps = iter(range(EVENTS, EVENTS + 100))

    def poll():
        at_work.progress(next(steps))
        SHARED.current(renew=True)
        status, loss, *_ = asyncio.run(panel.poll("at-work", None))
        assert f"{EVENTS:,}"[:3] in status["facts"]
        assert all(len(line["points"]) < 1_000 for line in loss["series"])

    assert best_of(poll) < POLLED_WITHIN
    # Of what was there before, nothing was read again.
    assert all(offset >= size for offset, _ in reads[1:])
    assert sum(count for _, count in reads) == at_work.run.events_path.stat().st_size


def test_many_pages_share_one_look_and_one_drawing(panel, at_work, reads, monkeypatch):
    at_work.progress(5)
    SHARED.current(renew=True)
    monkeypatch.setattr(snapshots, "MAX_AGE", 60.0)
    reads.clear()
    answers = [asyncio.run(panel.poll("at-work", None)) for _ in range(50)]
    assert reads == []
    assert all(answer[1] is answers[0][1] for answer in answers)
    assert len({answer[0]["key"] for answer in answers}) == 1


def test_a_look_serves_for_half_a_second(at_work, monkeypatch):
    shared = Snapshots()
    first = shared.current()
    assert shared.current() is first is shared.fresh()
    now = time.monotonic()
    monkeypatch.setattr(snapshots.time, "monotonic", lambda: now + snapshots.MAX_AGE)
    assert shared.fresh() is None
    assert shared.current() is not first


def test_who_comes_while_another_one_looks_gets_the_last_look(at_work, monkeypatch):
    shared = Snapshots()
    first = shared.current()
    monkeypatch.setattr(snapshots, "MAX_AGE", 0.0)
    looking, done = threading.Event(), threading.Event()

    def take():
        looking.set()
        assert done.wait(30)
        return first

    monkeypatch.setattr(shared, "_take", take)
    thread = threading.Thread(target=shared.current)
    thread.start()
    assert looking.wait(30)
    assert shared.current() is first
    done.set()
    thread.join(30)


def test_runs_that_ended_are_read_once(reads, monkeypatch):
    for number in range(3):
        FakeRun(f"run-{number}").start().end("finished", train_seconds=1)
    shared = Snapshots()
    assert len(shared.current().newest) == 3
    reads.clear()
    again = shared.current(renew=True)
    assert reads == []
    assert again.number == shared.current(renew=True).number
    with (store.runs_dir() / "run-1" / "events.jsonl").open("a") as file:
        file.write('{"v": 1, "time": 1, "kind": "started", "step": 0, "data": {}}\n')
    shared.current(renew=True)
    assert len(reads) == 1


def test_the_folder_is_listed_when_it_changed(monkeypatch):
    FakeRun("first").end()
    shared, listed = Snapshots(), []
    original = store.list_runs
    monkeypatch.setattr(store, "list_runs", lambda: listed.append(1) or original())
    monkeypatch.setattr(snapshots, "_SETTLED_NS", -1)
    for _ in range(3):
        shared.current(renew=True)
    assert len(listed) == 1
    FakeRun("second").end()
    shared.current(renew=True)
    assert [value for _, value in shared.current().choices] == ["second", "first"]
    assert len(listed) == 2


def test_an_interrupted_run_that_somebody_holds_again_is_seen():
    run = FakeRun().start().end()
    shared = Snapshots()
    assert shared.current().newest[0].view.status == "interrupted"
    held = acquire(run.lock_path)
    assert shared.current(renew=True).anyone_at_work
    os.close(held)
    assert not shared.current(renew=True).anyone_at_work


def test_another_run_of_the_same_id_is_another_one():
    store.delete(FakeRun("again").start().progress(7).end())
    shared = Snapshots()
    shared.current()
    FakeRun("again").start().end()
    view = shared.current(renew=True).newest[0].view
    assert (view.run.id, view.step) == ("again", 0)


def test_a_run_that_is_not_there_is_a_run_error():
    with pytest.raises(RunError) as caught:
        SHARED.find("gone")
    assert str(caught.value) == (
        "There is no run 'gone'. List your runs with `python -m ner_core runs`."
    )


def test_older_runs_are_forgotten_when_nobody_asks_for_them(monkeypatch):
    monkeypatch.setattr(snapshots, "MAX_CHOICES", 1)
    for name in ("old", "new"):
        FakeRun(name).end()
    shared = Snapshots()
    assert shared.find("old").view.run.id == "old"
    assert {run_id for run_id, _ in shared._entries} == {"old", "new"}
    monkeypatch.setattr(snapshots, "_KEPT_SECONDS", 0.0)
    FakeRun("newest").end()
    shared.current(renew=True)
    assert {run_id for run_id, _ in shared._entries} == {"newest"}


def test_the_highlight_tab_lists_models_without_reading_again(at_work, reads):
    for run_id in ("kept", "none"):
        fake = FakeRun(run_id).start().evaluated(100, 0.75, final=True)
        fake.end("finished", train_seconds=1)
    store.get("kept").model_dir.mkdir()
    SHARED.current(renew=True)
    reads.clear()
    assert predictors.model_choices()[1:] == [
        (f"Sample · balanced · F1 0.75 · {when(store.get('kept').created_ns())}", "kept")
    ]
    assert reads == []


def test_the_page_opens_where_there_is_something_to_watch():
    def first_tab(**query):
        SHARED.current(renew=True)
        return page.first_tab(SimpleNamespace(query_params=query))

    assert first_tab() == gr.skip()
    assert first_tab(run="any")[0].selected == "train"
    fake = FakeRun().start()
    assert first_tab()[0].selected == "train"
    fake.end("finished", train_seconds=1)
    assert first_tab() == gr.skip()


def test_a_drawing_is_made_once_for_each_state(at_work):
    SHARED.current(renew=True)
    cached, made = SHARED.find("at-work"), []
    for _ in range(2):
        assert cached.render("name", lambda view: made.append(view) or "drawn") == "drawn"
    assert made == [cached.view]
