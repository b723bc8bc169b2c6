import json
import os
from types import SimpleNamespace

import gradio as gr
import pytest

from ner_core.runs import store, trash
from ner_core.runs.export import export_run, exports_dir
from ner_core.runs.status import ACTIVE
from ner_core.runs.view import RunView
from ner_core.system import locks
from ner_studio.runs import compare, table
from ner_studio.runs import rows as run_rows
from ner_studio.runs.rows import RunRow, RunRows
from ner_studio.state import snapshots
from ner_studio.watch.status import status_value
from tests.support.places import REPOSITORY
from tests.support.runs_panel import (
    HOSTILE,
    OPENED,
    TRIED,
    USED,
    _write,
    build,
    make,
    results,
    sent,
    tick,
    view_of,
)


def held(run):
    return locks.acquire(run.lock_path)


def handler(event):
    """Return the handler of an event of the list."""
    panel = build()[1][0]
    return next(
        block.fn for block in build()[0].fns.values() if (panel.table._id, event) in block.targets
    )


def act(panel, event, **data):
    """Return the answer to an action, and the ids of the runs that are listed after it."""
    shown = results(panel, [*panel.refreshed, panel.files], getattr(panel, event)(sent(**data)))
    value = shown["table"]
    answer = {name: part for name, part in value["answer"].items() if part and name != "number"}
    return answer, [row["id"] for row in value["rows"]]


def refresh(panel, seen=None, selection=()):
    values = panel.refresh(seen, list(selection), compare.STEPS)
    return values if values == gr.skip() else results(panel, panel.refreshed, values)


def rows_by_id():
    return {row.id: row for row in RunRows().current().rows}


# The list


def test_no_runs_show_nothing(panel):
    shown = refresh(panel)
    assert refresh(panel, seen=0) == gr.skip()
    assert "section" not in shown


def test_a_finished_run_in_the_list():
    run = make("a", data="sample", recipe="quick")
    os.utime(run.config_path, (1767367800, 1767367800))
    value = table.table_value(RunRows().current().rows)
    assert value == {
        "rows": [
            {
                "id": "a",
                "name": "Sample · quick",
                "when": 1767367800_000,
                "status": "finished",
                "active": False,
                "model_here": True,
                "f1": 0.7,
                "f1_of": "test",
                "curve": [[10, 0.65]],
                "validation_f1": 0.75,
                "test_f1": 0.7,
                "data": "sample",
                "encoder": "minilm",
                "recipe": "quick",
                "epochs": 2.0,
                "batch_size": 32,
                "rate": 0.0003,
                "shown": {"epochs": "2", "batch_size": "32", "rate": "0.0003"},
                "steps": 20,
                "seconds": 95.0,
                "took": "1 min 35 s",
            }
        ],
        "answer": None,
        "limits": {"name": 80, "compared": 8, "undo_seconds": 600.0},
    }
    json.dumps(value, allow_nan=False)


def test_runs_of_all_statuses():
    at_work = ["queued", "starting", "running", "stopping"]
    made = {status: make(f"run-{status}", status) for status in ACTIVE}
    locks_held = [held(run) for run in made.values()]
    for status in ("finished", "stopped", "failed", "interrupted"):
        make(f"run-{status}", status)
    rows = rows_by_id()
    assert {name.removeprefix("run-"): row.status for name, row in rows.items()} == {
        status: status for status in [*at_work, "finished", "stopped", "failed", "interrupted"]
    }
    assert {row.status for row in rows.values() if row.is_at_work} == set(at_work)
    assert {row.status for row in rows.values() if row.has_model} == {"finished", "stopped"}
    # Before a run has started, its settings are those that were chosen.
    assert (rows["run-starting"].epochs, rows["run-starting"].steps) == (None, None)
    assert (rows["run-running"].epochs, rows["run-running"].steps) == (2.0, 20)
    # Before it has ended, its F1 is the best one while training.
    assert (rows["run-running"].f1, rows["run-running"].f1_of) == (0.65, "so far")
    assert (rows["run-queued"].f1, rows["run-queued"].f1_of) == (None, "")
    assert rows["run-stopped"].validation_f1 is None
    for fd in locks_held:
        os.close(fd)


def test_damaged_settings_do_not_hide_the_run():
    run = make("a", "starting")
    (run.config_path).write_text("{")
    (row,) = RunRows().current().rows
    assert (row.id, row.name, row.status, row.data, row.epochs) == (
        "a",
        "a",
        "interrupted",
        "",
        None,
    )


@pytest.mark.parametrize(
    "event",
    [
        ("evaluated", 20, {"split": "test", "final": True, "per_type": {}}),
        ("evaluated", 20, {"split": "test", "final": True, "per_type": {}, "f1": "high"}),
        ("evaluated", 20, {"split": "validation", "f1": 0.5}),
        ("started", 0, {}),
        ("started", 0, {"total": 3, "settings": {"epochs": None}, "label_names": [], "notes": []}),
        ("progress", 20, {"loss": {}}),
        ("finished", 20, {}),
    ],
)
def test_a_damaged_run_is_shown_as_damaged_alone(panel, event):
    make("whole")
    damaged = make("damaged", "running", f1=0.9)
    _write(damaged, [event])
    first = refresh(panel)
    assert {row["id"]: row["status"] for row in first["table"]["rows"]} == {
        "damaged": "damaged",
        "whole": "finished",
    }
    labels = dict(map(reversed, snapshots.SHARED.current(renew=True).choices))
    assert labels["damaged"].startswith("Sample · balanced · damaged · ")
    assert labels["whole"].startswith("Sample · balanced · F1 0.70 · ")
    status = status_value(snapshots.SHARED.find("damaged").view)
    assert status["status"] == "damaged"
    assert "The event log of this run is damaged: the event “" in status["message"]
    assert "Train again with its settings, or delete it." in status["message"]
    compared = tick(panel, "damaged", "whole")
    assert compared["compared"]["visible"]
    assert act(panel, "delete_run", run="damaged")[1] == ["whole"]


def test_a_log_that_cannot_be_opened_damages_its_run_alone():
    make("whole")
    run = make("damaged", "starting")
    run.events_path.unlink()
    run.events_path.mkdir()
    rows = rows_by_id()
    assert {row.id: row.status for row in rows.values()} == {
        "damaged": "damaged",
        "whole": "finished",
    }
    assert view_of(run).message == (
        "The event log of this run is damaged: it can't be opened (Is a directory). Train again "
        "with its settings, or delete it."
    )


def test_names_from_strangers_stay_text(panel):
    make("a", data=HOSTILE)
    make("b", data="/home/me/uploads/4f1a/" + "x" * 60 + ".conll")
    make("c", data="hub:owner/wnut")
    settings = {"epochs": 1, "data": "/data/\ud800.conll", "model": "\ud800"}
    started = {"total": 1, "settings": settings, "label_names": ["O"], "notes": []}
    _write(make("d"), [("started", 0, started)])  # half a character, which JSON can have
    by_run = {row["id"]: row for row in table.table_value(RunRows().current().rows)["rows"]}
    assert by_run["a"]["data"] == HOSTILE  # the script writes it as text
    assert by_run["b"]["data"] == "x" * 39 + "…"
    assert (by_run["c"]["data"], by_run["c"]["name"]) == ("owner/wnut", "wnut · balanced")
    assert (by_run["d"]["data"], by_run["d"]["encoder"]) == ("\ufffd.conll", "\ufffd")


def test_the_script_writes_no_markup():
    scripts = [path.read_text() for path in (REPOSITORY / "ner_studio" / "runs").glob("*.js")]
    assert scripts
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser"):
        assert not any(way in script for script in scripts)


def test_only_what_changed_is_read_again(monkeypatch):
    monkeypatch.setattr(run_rows, "SHARED", SimpleNamespace(everything=_nobody_watched))
    kept, work = make("kept"), make("work", "running")
    fd = held(work)
    rows = RunRows()
    first = rows.current()
    read = []
    monkeypatch.setattr(run_rows, "RunView", lambda run: (read.append(run.id), RunView(run))[1])
    assert rows.current() is first
    assert rows.current(renew=True) is first
    assert read == ["work"]
    os.close(fd)
    assert rows.current(renew=True).version != first.version
    _write(kept, [("progress", 20, {"loss": 0.4})])
    read.clear()
    rows.current(renew=True)
    assert read == ["kept"]


def test_many_new_runs_come_in_parts(monkeypatch):
    monkeypatch.setattr(run_rows, "SHARED", SimpleNamespace(everything=_nobody_watched))
    monkeypatch.setattr(run_rows, "_READING_SECONDS", -1)
    make("a")
    rows = RunRows()
    assert rows.current().rows == ()
    monkeypatch.setattr(run_rows, "_READING_SECONDS", 10)
    assert [row.id for row in rows.current(renew=True).rows] == ["a"]


def _nobody_watched(_renew=False):
    folder = store.runs_dir()
    return SimpleNamespace(runs=store.list_runs(), newest=[], folder=folder, number=1)


# Polling


def test_nothing_is_sent_when_nothing_changed(panel):
    make("a")
    first = refresh(panel)
    assert first["section"]["visible"]
    assert [row["id"] for row in first["table"]["rows"]] == ["a"]
    assert refresh(panel, first["seen"]) == gr.skip()


def test_a_new_name_and_a_new_model_are_shown(panel):
    run = make("a", "failed")
    first = refresh(panel)
    store.rename(run, "Menus")
    run.model_dir.mkdir()
    panel._rows.current(renew=True)
    (row,) = refresh(panel, first["seen"])["table"]["rows"]
    assert (row["name"], row["model_here"]) == ("Menus", True)


def test_a_new_run_leaves_the_selection(panel):
    make("a")
    first = refresh(panel)
    make("b")
    panel._rows.current(renew=True)
    shown = refresh(panel, first["seen"], ["a"])
    assert [row["id"] for row in shown["table"]["rows"]] == ["b", "a"]
    assert "selection" not in shown


def test_a_run_that_is_gone_is_not_compared_any_more(panel):
    for run_id in ("a", "b"):
        make(run_id)
    first = refresh(panel)
    store.delete(store.get("a"))
    panel._rows.current(renew=True)
    shown = refresh(panel, first["seen"], ["a", "b"])
    assert shown["selection"] == ["b"]
    assert shown["compared"]["visible"] is False


# One run


def test_rename(panel):
    make("a")
    answer, listed = act(panel, "rename_run", run="a", name="  Menü <b>\n1 ")
    assert answer == {"done": "rename_run", "run": "a", "name": "Menü <b> 1"}
    assert listed == ["a"]
    assert store.get("a").title == "Menü <b> 1"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "A run needs a name that can be seen. Type at least one letter or digit."),
        ("x" * 81, "The name has 81 characters, and a run's name has at most 80. Shorten it."),
        (7, "This request has no run. Choose one in the list of runs."),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_a_sentence(panel, name, sentence):
    make("a")
    answer, _ = act(panel, "rename_run", run="a", name=name)
    assert answer == {"done": "rename_run", "run": "a", "problem": sentence}
    assert store.get("a").title == "Sample · balanced"


def test_a_deleted_run_is_brought_back(panel):
    make("a")
    make("b")
    export_run(store.get("a"))
    answer, listed = act(panel, "delete_run", run="a")
    assert answer == {"done": "delete_run", "run": "a", "name": "Sample · balanced"}
    assert listed == ["b"]
    assert not store.exists("a")
    assert list(exports_dir().iterdir()) == []
    answer, listed = act(panel, "undo_delete", run="a")
    assert answer == {"done": "undo_delete", "run": "a", "name": "Sample · balanced"}
    assert sorted(listed) == ["a", "b"]
    assert (store.get("a").model_dir / "model.safetensors").read_bytes() == b"weights"


def test_the_last_run_is_deleted_and_the_list_stays(panel):
    make("a")
    first = refresh(panel)
    assert act(panel, "delete_run", run="a")[1] == []
    assert "section" not in refresh(panel, first["seen"])


def test_a_run_whose_time_is_over_is_not_brought_back(panel, monkeypatch):
    make("a")
    act(panel, "delete_run", run="a")
    monkeypatch.setattr(trash, "KEPT_SECONDS", 0.0)
    trash.sweep()
    assert act(panel, "undo_delete", run="a")[0] == {
        "done": "undo_delete",
        "run": "a",
        "problem": "This run can't be brought back any more: its files were deleted.",
    }


@pytest.mark.slow
def test_a_run_at_work_is_not_deleted(panel):
    run = make("a", "running")
    fd = held(run)
    answer, listed = act(panel, "delete_run", run="a")
    os.close(fd)
    assert answer["problem"] == "Run a can't be deleted while it is running. Stop it first."
    assert listed == ["a"]


def test_a_run_at_work_is_asked_to_stop(panel):
    run = make("a", "running")
    fd = held(run)
    assert act(panel, "stop_run", run="a")[0] == {
        "done": "stop_run",
        "run": "a",
        "name": "Sample · balanced",
    }
    assert rows_by_id()["a"].status == "stopping"
    os.close(fd)


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ("rename_run", "There is no run 'gone'. List your runs with `python -m ner_core runs`."),
        ("stop_run", "There is no run 'gone'. List your runs with `python -m ner_core runs`."),
        ("delete_run", "There is no run 'gone'. List your runs with `python -m ner_core runs`."),
        ("export", "There is no run 'gone'. List your runs with `python -m ner_core runs`."),
        ("undo_delete", "This run can't be brought back any more: its files were deleted."),
    ],
)
def test_a_run_that_is_gone_is_a_sentence(panel, event, sentence):
    assert act(panel, event, run="gone", name="x")[0]["problem"] == sentence


@pytest.mark.parametrize("data", [None, {}, {"run": None}, {"run": ["a"]}, {"run": 7, "runs": "a"}])
def test_requests_that_are_not_from_the_page_are_refused(panel, data):
    make("a")
    sentence = "This request has no run. Choose one in the list of runs."
    event = gr.EventData(None, data)
    for act_on in (*(panel.rename_run, panel.stop_run, panel.delete_run), panel.undo_delete):
        assert act_on(event)[panel.table]["answer"]["problem"] == sentence
    assert panel.compare(compare.STEPS, event)[panel.table]["answer"]["problem"] == sentence
    assert handler("open_run")(event) == handler("try_run")(event) == gr.skip()
    assert store.exists("a")


def test_download(panel):
    make("a")
    shown = panel.export(sent(run="a"))
    files = shown[panel.files]
    names = [path.rsplit("/", 1)[-1] for path in files["value"]]
    assert names == ["a.zip", "report-a.json", "events-a.jsonl"]
    assert all(path.startswith(str(store.home() / "exports")) for path in files["value"])
    assert files["label"] == "Files of Sample · balanced"
    assert shown[panel.table]["answer"]["problem"] == ""
    assert not panel.export(sent(run="gone"))[panel.files]["visible"]


def test_open_try_and_use_tell_the_page(panel):
    make("a", batch_size=8)
    box = build()[1][1]
    assert handler("open_run")(sent(run="a")) == {box: "opened"}
    assert handler("try_run")(sent(run="a")) == {box: "tried"}
    assert (OPENED, TRIED) == (["a"], ["a"])
    assert handler("use_run")(sent(run="a"))[box] == "filled"
    assert [store.get("a").config()] == USED
    refused = handler("use_run")(sent(run="gone"))
    assert box not in refused
    assert refused[panel.table]["answer"]["problem"].startswith("There is no run 'gone'.")


# Several runs


def test_a_row_is_one_value():
    run = make("a")
    assert RunRow.of(view_of(run)) == RunRow.of(view_of(run))
