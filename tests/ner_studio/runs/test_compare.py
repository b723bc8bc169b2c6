"""Runs side by side: settings that differ, scores, curves."""

import os

import pytest

from ner_core.runs import store
from ner_studio.base.times import when
from ner_studio.runs import compare
from tests.support.runs_panel import HOSTILE, make, tick, view_of


def test_two_runs_are_compared(panel):
    make("a", f1=0.7)
    make("b", f1=0.8, batch_size=8)
    assert not tick(panel, "a")["compared"]["visible"]
    shown = tick(panel, "a", "b", "a", "../../etc")
    assert shown["selection"] == ["a", "b"]
    assert shown["compared"]["visible"]
    drawn = {line["name"]: line for line in shown["scores"]["series"]}
    assert drawn["A"]["points"] == [[10, pytest.approx(0.6)]]
    assert drawn["B"]["points"] == [[10, pytest.approx(0.7)]]
    assert [line["colour"] for line in drawn.values()] == list(compare.LINES[:2])
    assert shown["losses"]["series"][1]["points"] == [[10, 1.5], [20, 0.5]]
    assert shown["losses"]["said"] == (
        "Chart of the training loss of runs; newest values: A 0.500, B 0.500."
    )
    over_epochs = panel.comparison.show(["a", "b"], compare.EPOCHS)[panel.comparison.scores]
    assert [line["points"][0][0] for line in over_epochs["series"]] == [1.0, 1.0]
    assert (over_epochs["x"], over_epochs["whole"]) == ("epoch", False)


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
    assert list(compare.score_rows(views, "test")) == [
        "F1",
        "F1 of conlleval",
        "type:LOC",
        "type:PER",
    ]
    drawn = compare.tables(views)
    assert drawn.count('<b class="best">0.820</b>') == 2  # LOC on validation, of two that are equal
    assert '<b class="best">0.700</b>' not in drawn


def test_more_runs_than_there_are_colours(panel):
    for number in range(10):
        make(f"r{number}")
    shown = tick(panel, *(f"r{number}" for number in range(10)))
    assert shown["key"].count("<li>") == 8


def test_runs_of_the_same_name_are_told_apart_by_their_times():
    one, other = make("a"), make("b")
    os.utime(one.config_path, (1767367800, 1767367800))
    store.rename(other, "<b>")
    key = compare.key([view_of(one), view_of(other)])
    assert f"<bdi>Sample · balanced</bdi> <span>finished · {when(one.created_ns())} · best" in key
    assert "<bdi>&lt;b&gt;</bdi>" in key
