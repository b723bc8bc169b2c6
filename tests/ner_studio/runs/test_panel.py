import json
import os
from functools import cache
from html import escape
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.blocks import Block

from ner_core.runs.status import ACTIVE
from ner_core.runs.view import RunView
from ner_core.config import TrainConfig
from ner_core.system import locks
from ner_core.runs import store
from ner_core.runs.export import export_run, exports_dir
from tests.support import panels
from ner_studio.runs import compare, rows as run_rows, table
from ner_studio.runs.rows import RunRow, RunRows
from ner_studio.runs.panel import RunsPanel

HOSTILE = "<img src=x onerror=alert(1)>"
LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


def make(run_id, status="finished", f1=0.75, **settings):
    """Fabricate a run of this status; one at work is held by the caller."""
    run = store.create(TrainConfig.from_values(settings), run_id)
    resolved = {**run.config().model_dump(), "epochs": 2.0, "learning_rate": 3e-4}
    events = [
        ("started", 0, _started(resolved | {k: v for k, v in settings.items() if k == "epochs"})),
        ("progress", 10, {"epoch": 1.0, "loss": 1.5, "seconds_left": 1.0}),
        ("evaluated", 10, _scores(f1 - 0.1) | {"best": True, "selection_f1": f1 - 0.1}),
        ("progress", 20, {"epoch": 2.0, "loss": 0.5, "seconds_left": 0.0}),
    ]
    if status in ("finished", "stopped"):
        run.model_dir.mkdir()
        (run.model_dir / "model.safetensors").write_bytes(b"weights")
    if status == "finished":
        events += [
            ("evaluated", 20, _scores(f1) | {"final": True}),
            ("evaluated", 20, _scores(f1 - 0.05) | {"final": True, "split": "test"}),
            ("finished", 20, {"train_seconds": 95.0}),
        ]
        run.report_path.write_text("{}")
    elif status == "queued":
        events = [("queued", 0, {"waiting_for": "other"})]
    elif status == "starting":
        events = []
    elif status in ("stopped", "failed"):
        events.append((status, 20, {"message": "It failed."}))
    if status == "stopping":
        run.stop_path.touch()
    _write(run, events)
    return run


def _write(run, events):
    with run.events_path.open("a", encoding="utf-8") as log:
        for kind, step, data in events:
            row = {"v": 1, "time": 1.0, "kind": kind, "step": step, "data": data}
            log.write(json.dumps(row) + "\n")


def _started(settings):
    sizes = {"train": 10, "validation": 5, "test": 5}
    return {
        "settings": settings,
        "total": 20,
        "sentences": sizes,
        "label_names": LABELS,
        "notes": [],
    }


def _scores(f1):
    per_type = {
        label: {"precision": f1, "recall": f1, "f1": f1 + more, "support": 5}
        for label, more in (("LOC", 0.02), ("PER", -0.02))
    }
    return {
        "split": "validation",
        "subset": False,
        "loss": 0.3,
        "precision": f1,
        "recall": f1,
        "f1": f1,
        "f1_lenient": f1 + 0.05,
        "accuracy": 0.9,
        "support": 10,
        "sentences": 5,
        "per_type": per_type,
    }


def held(run):
    return locks.acquire(run.lock_path)


def view_of(run):
    view = RunView(run)
    view.refresh()
    return view


OPENED, USED = [], []


@cache
def build():
    """Build the section once."""

    def parts():
        panel, box = RunsPanel(), gr.Textbox()
        panel.wire()
        panel.actions.open_with(OPENED.append, [box])
        panel.actions.use_with(lambda config: USED.append(config) or {box: "filled"}, [box])
        return panel, box

    return panels.build(parts)


@pytest.fixture
def panel(monkeypatch):
    panel = build()[1][0]
    monkeypatch.setattr(panel, "_rows", RunRows())
    return panel


def results(panel, outputs, values):
    """Return the results of a handler by the names of the components that they are for."""
    compared = {"compared": panel.comparison.section}
    parts = vars(panel.comparison) | compared | vars(panel.actions) | vars(panel)
    names = {part: name for name, part in parts.items() if isinstance(part, Block)}
    assert set(values) <= set(outputs)
    return {names[part]: value for part, value in values.items()}


def click(panel, run_id, selection=(), seen=None):
    event = SimpleNamespace(row_value=["", run_id])
    values = panel.select(seen, list(selection), compare.STEPS, event)
    return results(panel, changed(panel), values)


def changed(panel):
    return panel.refreshed[1:]


def refresh(panel, seen=None, selection=()):
    values = panel.refresh(seen, list(selection), compare.STEPS)
    return values if values == gr.skip() else results(panel, panel.refreshed, values)


# The table


def test_no_runs_show_nothing(panel):
    shown = refresh(panel)
    assert refresh(panel, seen=0) == gr.skip()
    assert "section" not in shown or shown["section"]["visible"] is False


def test_a_finished_run_in_the_table():
    run = make("a", data="sample", recipe="quick")
    os.utime(run.config_path, (1767367800, 1767367800))
    rows = RunRows().current().rows
    value = table.table_value(rows)
    assert value["headers"] == list(table.COLUMNS)
    assert value["data"] == [
        [
            *("", "a", "finished", 0.75, 0.7, "sample", "minilm", "quick"),
            *(2.0, 32, 0.0003, 20, 95.0, "2026-01-02 15:30"),
        ]
    ]
    assert value["metadata"]["display_value"] == [
        [
            *("", "a", '<span class="ner-badge finished">finished</span>', "0.750", "0.700"),
            *("sample", "minilm", "quick", "2", "32", "0.0003", "20", "1 min 35 s"),
            "2026-01-02 15:30",
        ]
    ]


def test_runs_of_all_statuses():
    at_work = ["queued", "starting", "running", "stopping"]
    made = {status: make(f"run-{status}", status) for status in ACTIVE}
    locks_held = [held(run) for run in made.values()]
    for status in ("finished", "stopped", "failed", "interrupted"):
        make(f"run-{status}", status)
    rows = {row.id: row for row in RunRows().current().rows}
    assert {name.removeprefix("run-"): row.status for name, row in rows.items()} == {
        status: status for status in [*at_work, "finished", "stopped", "failed", "interrupted"]
    }
    # Before a run has started, its settings are those that were chosen.
    assert (rows["run-starting"].epochs, rows["run-starting"].steps) == (None, None)
    assert (rows["run-running"].epochs, rows["run-running"].steps) == (2.0, 20)
    assert rows["run-stopped"].validation_f1 is None
    for fd in locks_held:
        os.close(fd)


def test_damaged_settings_do_not_hide_the_run():
    run = make("a", "starting")
    (run.config_path).write_text("{")
    (row,) = RunRows().current().rows
    assert (row.id, row.status, row.data, row.epochs) == ("a", "interrupted", "", None)


def test_names_from_strangers_stay_text():
    make("a", data=HOSTILE)
    make("b", data="/home/me/uploads/4f1a/" + "x" * 60 + ".conll")
    value = table.table_value(RunRows().current().rows)
    kinds = [kind for kind, _ in table.COLUMNS.values()]
    by_run = {row[1]: row for row in value["data"]}
    place = list(table.COLUMNS).index("Data")
    assert by_run["a"][place] == HOSTILE
    assert by_run["b"][place] == "x" * 39 + "…"
    # What a cell of HTML shows is one of our own words.
    assert [name for name, kind in zip(table.COLUMNS, kinds, strict=True) if kind == "html"]
    assert kinds[place] == "str"


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


# Polling and selecting


def test_nothing_is_sent_when_nothing_changed(panel):
    make("a")
    first = refresh(panel)
    assert first["section"]["visible"]
    assert first["table"]["data"][0][1] == "a"
    assert refresh(panel, first["seen"]) == gr.skip()


def test_a_new_run_leaves_the_selection_and_what_is_done_with_it(panel):
    make("a")
    first = refresh(panel)
    make("b")
    panel._rows.current(renew=True)
    shown = refresh(panel, first["seen"], ["a"])
    assert [row[1] for row in shown["table"]["data"]] == ["b", "a"]
    assert '[data-row="1"]' in shown["marks"]
    assert "selection" not in shown
    assert "rename_step" not in shown


def test_a_run_that_is_gone_is_not_selected_any_more(panel):
    make("a")
    first = refresh(panel)
    make("b")
    store.delete(store.get("a"))
    panel._rows.current(renew=True)
    shown = refresh(panel, first["seen"], ["a"])
    assert shown["selection"] == []
    assert shown["buttons"]["visible"] is False


def test_a_click_selects_and_another_one_does_not_any_more(panel):
    make("a")
    first = refresh(panel)
    shown = click(panel, "a", seen=first["seen"])
    assert "table" not in shown  # the browser has it
    assert shown["selection"] == ["a"]
    assert shown["selected"] == '<p role="status">Selected: <b>a</b></p>'
    assert shown["buttons"]["visible"]
    assert not shown["compared"]["visible"]
    assert '[data-row="0"]' in shown["marks"]
    again = click(panel, "a", ["a"], first["seen"])
    assert (again["selection"], again["selected"], again["marks"]) == ([], "", "")


def test_a_click_on_an_old_table_brings_the_new_one(panel):
    make("a")
    seen = refresh(panel)["seen"]
    make("b")
    panel._rows.current(renew=True)
    shown = click(panel, "a", seen=seen)
    assert [row[1] for row in shown["table"]["data"]] == ["b", "a"]
    assert '[data-row="1"]' in shown["marks"]


def test_a_click_with_a_made_up_id_selects_nothing(panel):
    make("a")
    assert click(panel, "../../etc")["selection"] == []


# One run


def test_rename(panel):
    make("a")
    shown = results(panel, changed(panel), panel.rename_run(None, ["a"], "steps", " my-run "))
    assert shown["selection"] == ["my-run"]
    assert [row[1] for row in shown["table"]["data"]] == ["my-run"]
    assert store.exists("my-run")


NO_ID = "{} can't be a run's id, which has only letters, digits, - and _."


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../x", NO_ID.format("'../x'")),
        ("", NO_ID.format("''")),
        ("<b>", NO_ID.format("'<b>'")),
        ("b", "There is already a run named b. Choose another id."),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_a_sentence(panel, name, sentence):
    make("a")
    make("b")
    shown = results(panel, changed(panel), panel.rename_run(None, ["a"], "steps", name))
    assert shown["problem"].startswith(f'<p class="ner-error" role="alert">{escape(sentence)}')
    assert "<b>" not in shown["problem"]
    assert "selection" not in shown
    assert store.exists("a")


def test_delete_asks_first(panel):
    make("a")
    asked = panel.actions.ask_whether(["a"])
    assert asked[panel.actions.question] == (
        "<p>Delete a? Its model and report are deleted, too.</p>"
    )
    steps = (panel.actions.rename_step, panel.actions.delete_step, panel.actions.files)
    assert [asked[step]["visible"] for step in steps] == [False, True, False]
    export_run(store.get("a"))
    shown = results(panel, changed(panel), panel.delete_run(None, ["a"], "steps"))
    assert (shown["selection"], shown["table"]["data"]) == ([], [])
    assert not store.exists("a")
    assert list(exports_dir().iterdir()) == []


@pytest.mark.slow
def test_a_run_at_work_is_not_deleted(panel):
    run = make("a", "running")
    fd = held(run)
    shown = results(panel, changed(panel), panel.delete_run(None, ["a"], "steps"))
    os.close(fd)
    assert shown["problem"] == (
        '<p class="ner-error" role="alert">Run a can&#x27;t be deleted while it is running. Stop it '
        "first.</p>"
    )
    assert store.exists("a")


def test_what_needs_one_run_says_so(panel):
    shown = results(panel, changed(panel), panel.delete_run(None, [], "steps"))
    assert shown["problem"] == (
        '<p class="ner-error" role="alert">This needs one selected run, not 0. '
        "Click a row to select.</p>"
    )


def test_download(panel):
    make("a")
    shown = panel.actions.export(["a"])
    files, problem = shown[panel.actions.files], shown[panel.actions.problem]
    names = [path.rsplit("/", 1)[-1] for path in files["value"]]
    assert names == ["a.zip", "report-a.json", "events-a.jsonl"]
    assert all(path.startswith(str(store.home() / "exports")) for path in files["value"])
    assert problem == ""
    shown = panel.actions.export(["gone"])
    assert not shown[panel.actions.files]["visible"]
    assert "There is no run &#x27;gone&#x27;" in shown[panel.actions.problem]


def test_open_and_use_tell_the_page(panel):
    make("a", batch_size=8)
    by_target = {
        target[0]: block.fn
        for block in build()[0].fns.values()
        for target in block.targets
        if target[1] == "click"
    }
    box, problem, use = build()[1][1], panel.actions.problem, by_target[panel.actions.use._id]
    by_target[panel.actions.open._id](["a"])
    assert OPENED == ["a"]
    assert use(["a"]) == {problem: "", box: "filled"}
    assert [store.get("a").config()] == USED
    refused = use(["gone"])
    assert [*refused] == [problem]
    assert "There is no run" in refused[problem]


# Several runs


def test_two_runs_are_compared(panel):
    make("a", f1=0.7)
    make("b", f1=0.8, batch_size=8)
    shown = click(panel, "b", ["a"])
    assert shown["selection"] == ["a", "b"]
    assert shown["compared"]["visible"]
    assert not shown["buttons"]["visible"]
    points = [row for row in shown["scores"]["data"] if row[0] == 10]
    assert points == [[10, pytest.approx(0.6), "A"], [10, pytest.approx(0.7), "B"]]
    assert [row for row in shown["losses"]["data"] if row[2] == "B" and row[1]] == [
        [10, 1.5, "B"],
        [20, 0.5, "B"],
    ]
    over_epochs = panel.comparison.show(["a", "b"], compare.EPOCHS)[panel.comparison.scores]
    assert {row[0] for row in over_epochs["data"] if row[1] is not None} == {0.97, 1.0}


def test_only_the_settings_that_differ_are_shown():
    views = [
        view_of(make("a", batch_size=8, report_to="tensorboard")),
        view_of(make("b", data=HOSTILE, dropout=0.25)),
    ]
    assert compare.differences(views) == {
        "data": ["sample", HOSTILE],
        "batch_size": ["8", "32"],
        "dropout": ["0", "0.25"],
    }
    drawn = compare.tables(views)
    assert "&lt;img" in drawn
    assert "<img" not in drawn
    assert "These runs did not learn from the same data" in drawn


def test_a_run_that_has_not_started_is_compared_by_what_was_chosen():
    views = [view_of(make("a")), view_of(make("b", "starting"))]
    assert compare.differences(views)["epochs"] == ["2", "auto"]
    assert compare.score_rows(views, "validation")["F1"] == [0.75, None]


def test_runs_with_the_same_settings():
    drawn = compare.tables([view_of(make("a")), view_of(make("b"))])
    assert '<p class="ner-quiet">All settings are the same.</p>' in drawn
    assert "did not learn from the same data" not in drawn
    assert "best" not in drawn  # none is better


def test_the_best_scores_are_marked():
    views = [view_of(make(name, f1=f1)) for name, f1 in (("a", 0.7), ("b", 0.8), ("c", 0.8))]
    assert list(compare.score_rows(views, "test")) == ["F1", "F1, lenient", "type:LOC", "type:PER"]
    drawn = compare.tables(views)
    assert drawn.count('<b class="best">0.820</b>') == 2  # LOC on validation, of two that are equal
    assert '<b class="best">0.700</b>' not in drawn


def test_more_runs_than_there_are_colours(panel):
    for number in range(10):
        make(f"r{number}")
    selection = [f"r{number}" for number in range(9)]
    shown = click(panel, "r9", selection)
    assert shown["selected"] == (
        '<p class="ner-quiet" role="status">10 runs are selected. Click a row again to deselect '
        "it. The first 8 are compared.</p>"
    )
    assert shown["key"].count("<li>") == 8


def test_a_row_is_one_value():
    run = make("a")
    assert RunRow.of(view_of(run)) == RunRow.of(view_of(run))
