"""Training that would end with a model of no use, or scores that mean nothing, says so."""

import math
import re

import pytest

from ner_core.checks import before_training
from ner_core.data.corpus import load_data
from ner_core.errors import DataError, TrainingError
from ner_core.models.sources import find_model
from ner_core.runs import diagnosis
from ner_core.runs.view import RunView
from ner_core.training import loop, trainer
from tests.conftest import write_conll
from tests.support import toy


def view_of(run):
    view = RunView(run)
    view.refresh()
    return view


def rename(folder, before, after):
    for path in folder.iterdir():
        path.write_text(path.read_text().replace(before, after))


def test_a_run_from_a_model_says_which_types_stay_come_and_go(tiny_model, toy_data, document):
    rename(toy_data, "-LOC", "-CITY")
    run = toy.fit(toy.toy_config(toy_data, tiny_model))
    note = (
        f"{tiny_model.name} keeps what it knows of PER, learns CITY from scratch and forgets LOC."
    )
    types = {"kept": ["PER"], "new": ["CITY"], "dropped": ["LOC"]}
    assert (run.report["notes"], run.report["types"]) == ([note], types)
    started = run.events()[0]
    assert (started.data["notes"], started.data["types"]) == ([note], types)
    assert str(started) == f"step 0: started. Note: {note[:-1]}"
    assert view_of(run).notes == [note]
    report = document("check", toy_data, "--model", tiny_model)
    assert "lost_types" in {finding["code"] for finding in report["findings"]}


def test_what_the_check_knows_is_said_before_the_start(tiny_model, toy_data):
    rename(toy_data, "-LOC", "-CITY")
    write_conll(toy_data / "validation.conll", [[("x", "O")]])
    write_conll(toy_data / "test.conll", [[("x", "B-NEW")]])
    said = before_training.warnings(load_data(str(toy_data)), find_model(str(tiny_model)), False)
    assert [sentence.split(",")[0] for sentence in said] == [
        "validation has no entities",
        "NEW is in test but not in train",
        f"{tiny_model} can find LOC",
    ]


def test_without_entities_validation_is_not_scored(tiny_encoder, toy_data):
    write_conll(toy_data / "validation.conll", [[("x", "O")]])
    run = toy.fit(toy.toy_config(toy_data, tiny_encoder, epochs=2, evaluations=2))
    during = [event for event in run.events() if event.kind == "evaluated"]
    for event in during[:-1]:
        assert "validation: not scored, loss" in str(event)
        assert "best" not in str(event)
    finished = run.events()[-1]
    assert (finished.kind, finished.data["validation_f1"]) == ("finished", None)
    assert run.report["best_step"] == run.report["steps"]
    assert view_of(run).best is None


@pytest.mark.parametrize(("factor", "ends"), [(5000.0, True), (50.0, False)])
def test_a_loss_that_rises_a_thousandfold_is_a_divergence(
    tiny_encoder, toy_data, monkeypatch, factor, ends
):
    step = trainer.NerTrainer.training_step

    def rising(self, *arguments, **options):
        loss = step(self, *arguments, **options)
        return loss * factor if self.state.global_step >= 3 else loss

    monkeypatch.setattr(trainer.NerTrainer, "training_step", rising)
    monkeypatch.setattr(loop, "LOG_SECONDS", -math.inf)
    config = toy.toy_config(toy_data, tiny_encoder, epochs=3)
    if not ends:
        assert toy.fit(config).status() == "finished"
        return
    with pytest.raises(
        TrainingError, match=r"Training diverged: the loss rose to [\d,.]+ at step 4, "
    ) as e:
        toy.fit(config)
    assert str(e.value).endswith(" before. Choose a smaller learning rate.")


def test_a_model_that_finds_nothing_is_told_as_such(tiny_encoder, toy_data):
    for part in toy_data.iterdir():  # a word in twelve or so is an entity
        part.write_text(re.sub(r"^(\w+ O)$", r"\1\n\1\n\1\n\1", part.read_text(), flags=re.M))
    config = toy.toy_config(toy_data, tiny_encoder, learning_rate=1e-4, head_rate=50, epochs=6)
    run = toy.fit(config)
    warning = run.report["warning"]
    assert warning.startswith(
        "The model finds no entities: it calls every word O. Likely reasons: "
    )
    assert "its learning rate of 0.0001 is too low (try 0.001)" in warning
    assert view_of(run).warning == warning


@pytest.mark.parametrize(
    ("values", "reasons"),
    [
        ((300, 1e-3, 1e-4, {"A": 90}), "its learning rate of 0.001 is too high (try 0.0001)"),
        (
            (1, 1e-5, 1e-4, {"A": 1}),
            "its learning rate of 1e-05 is too low (try 0.0001); 1 step of training is too few "
            "(try more epochs); 1 entity in train is too few (annotate more)",
        ),
        ((300, 1e-4, 1e-4, {"A": 90}), "the tags of train may be wrong (see the data check)"),
    ],
)
def test_why_nothing_is_found(values, reasons):
    assert diagnosis.why_nothing_is_found(*values) == (
        f"The model finds no entities: it calls every word O. Likely reasons: {reasons}."
    )


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ("-PER", "-NAME", "train, validation, test"),
        ("-PER", "-PERSON", "train, validation, test"),
        ("ann", "anna", "train, validation, test"),
    ],
)
def test_data_that_changed_between_stop_and_resume_are_refused(
    tiny_encoder, toy_data, before, after, where
):
    config = toy.toy_config(toy_data, tiny_encoder, batch_size=8, epochs=2)
    calls = iter([False] * 5 + [True] * 1000)
    run = toy.fit(
        config, lambda run: any(e.kind == "progress" for e in run.events()) and next(calls)
    )
    assert run.status() == "stopped"
    rename(toy_data, before, after)
    with pytest.raises(DataError) as caught:
        toy.go_on(run)
    assert str(caught.value) == (
        f"The data changed since the run began (in {where}), so it can't go on. Undo the change, "
        "or start a new run."
    )
    rename(toy_data, after, before)
    toy.go_on(run)
    assert run.status() == "finished"
