"""The score of a finished run, in words."""

import re
from itertools import count

import pytest

from ner_core.runs.view import RunView
from ner_studio.watch.headline import headline, main_scores
from tests.support.fake_runs import FakeRun

FINAL = {"final": True, "samples": [], "support": 400, "f1_lenient": 0.8125}

_NUMBERS = count()


def view_of(*scores, ended="finished"):
    fake = FakeRun(f"run-{next(_NUMBERS)}").start()
    for split, f1, more in scores:
        fake.evaluated(100, f1, split=split, **{**FINAL, **more})
    fake.end(ended, train_seconds=65)
    view = RunView(fake.run)
    view.refresh()
    return view


def said(view):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", headline(view))).strip()


def test_the_test_score_counts_and_the_others_stand_below():
    assert said(view_of(("validation", 0.7412, {}), ("test", 0.7255, {}))) == (
        "0.73 test F1 Usable. It is right more often than not. Check by hand what matters. "
        "Rule of thumb: good from 0.85, usable from 0.60. "
        "Precision 0.726 Recall 0.726 F1 of conlleval 0.812 Validation F1 0.741"
    )


@pytest.mark.parametrize(
    ("f1", "sentence"),
    [
        (0.85, "Good. Most entities are found, with exactly the right words and the right type."),
        (0.84, "Usable. It is right more often than not. Check by hand what matters."),
        (0.59, "Weak. Many entities are missed or mistaken. More annotated text helps most."),
    ],
)
def test_a_score_is_put_in_words(f1, sentence):
    assert sentence in said(view_of(("validation", f1, {})))


def test_a_score_of_few_entities_is_rough():
    few = said(view_of(("test", 0.9, {"support": 30})))
    assert "Only 30 entities were scored, so the figure is rough." in few
    one = said(view_of(("test", 1.0, {"support": 1})))
    assert "Only 1 entity was scored, so the figure is rough." in one


def test_a_part_without_entities_is_no_score():
    view = view_of(("validation", 0.5, {}), ("test", 0.0, {"support": 0}))
    assert main_scores(view)[0] == "validation"
    assert headline(view_of(("test", 0.0, {"support": 0}))) == ""


def test_a_run_at_work_has_the_best_score_so_far():
    fake = FakeRun("at-work").start()
    view = RunView(fake.run)
    view.refresh()
    assert said(view) == "– validation F1 so far"
    fake.evaluated(50, 0.756).evaluated(60, 0.5, best=False)
    view.refresh()
    assert said(view) == "0.76 validation F1 so far"
    fake.end("stopped")
    view.refresh()
    assert said(view) == ""


def test_a_run_that_has_not_finished_has_none():
    assert headline(view_of(("validation", 0.5, {}), ended="stopped")) == ""


def test_the_interval_stands_below_the_figure():
    interval = {name: [0.68, 0.7712] for name in ("precision", "recall", "f1")}
    assert "0.73 test F1 0.68 to 0.77 (95 %)" in said(
        view_of(("test", 0.7255, {"interval": interval}))
    )


@pytest.mark.parametrize("interval", [[0.1, 0.2], {"f1": 0.5}, {"f1": [0.1]}, {"f1": ["<b>", 1]}])
def test_an_interval_that_is_none_is_left_out_with_its_event(interval):
    assert headline(view_of(("test", 0.5, {"interval": interval}))) == ""
