"""Settings beyond the usual: what each changes in a real run."""

import pytest
import torch
from safetensors.torch import load_file

from ner_core.errors import ConfigError
from ner_core.jobs.submit import submit
from ner_core.training import validation
from tests.support import toy


@pytest.fixture
def toy_data(tmp_path):
    return toy.write_toy(tmp_path / "toy", train=64, validation=20, test=0)


def during(run):
    events = [event for event in run.events() if event.kind == "evaluated"]
    return [event for event in events if not event.data.get("final")]


def rates(run):
    return [event.data["learning_rate"] for event in run.events() if event.kind == "progress"]


def script(monkeypatch, selection):
    """Let the evaluations of a run return these F1; return the iterator over them."""
    score = validation.Validation.score
    scripted = iter(selection)

    def scripted_score(self, tagger, full):
        return {**score(self, tagger, full), "selection_f1": next(scripted)}

    monkeypatch.setattr(validation.Validation, "score", scripted_score)
    return scripted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("selection", "patience", "steps"),
    [
        ((0.5, 0.6, 0.6, 0.5, 0.7, 0.9, 0.9, 0.9), 2, 8),
        ((0.5, 0.6, 0.6, 0.5, 0.7, 0.9, 0.9, 0.9), 3, 16),
        ((0.0, 0.0, 0.0, 0.0, 0.3, 0.2, 0.2, 0.1), 2, 14),
        ((0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1), 0, 16),
    ],
    ids=["two worse", "three would be needed", "nothing found yet", "never"],
)
def test_a_run_ends_early_where_nothing_gets_better(
    tiny_encoder, toy_data, monkeypatch, selection, patience, steps
):
    scripted = script(monkeypatch, selection)
    config = toy.toy_config(
        toy_data, tiny_encoder, epochs=4, evaluations=8, early_stopping=patience
    )
    run = toy.fit(config)
    report = run.report
    assert report["steps"] == steps
    assert report["stopped_early"] == (steps < 16)
    assert [event.step for event in during(run)] == list(range(2, steps + 1, 2))
    assert len(list(scripted)) == 8 - steps // 2  # none was done twice
    best = max(value for value in selection[: steps // 2])
    assert selection[report["best_step"] // 2 - 1] == best
    assert run.status() == "finished"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schedule", "last"), [("linear", 0.0), ("cosine", 0.0), ("constant", 5e-3)]
)
def test_the_rate_rises_and_falls_as_the_schedule_says(tiny_encoder, toy_data, schedule, last):
    config = toy.toy_config(toy_data, tiny_encoder, epochs=25, schedule=schedule, warmup=0.2)
    found = rates(toy.fit(config))
    assert found[0] < found[1] < 5e-3
    assert max(found) == pytest.approx(5e-3, rel=0.05)
    assert found[-1] == pytest.approx(last, abs=2e-4)
    middle = found[len(found) // 2]
    if schedule == "linear":
        assert 2e-3 < middle < 4e-3


@pytest.mark.slow
def test_gathered_gradients_are_those_of_one_large_batch(tiny_encoder, toy_data):
    """Without dropout and with equal numbers of labels, two halves teach what the whole does."""
    kept = []
    for size, batches in ((16, 1), (8, 2)):
        config = toy.toy_config(
            toy_data,
            tiny_encoder,
            epochs=2,
            batch_size=size,
            gradient_accumulation=batches,
            dropout=0,
            group_by_length=False,
        )
        run = toy.fit(config)
        assert run.report["steps"] == 8
        kept.append(run.report["validation"]["loss"])
    assert kept[0] == pytest.approx(kept[1], rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("layers", [0, 1, 2])
def test_frozen_layers_stay_as_they_are(tiny_encoder, toy_data, layers):
    config = toy.toy_config(toy_data, tiny_encoder, freeze_layers=layers)
    run = toy.fit(config)
    before = load_file(tiny_encoder / "model.safetensors")
    after = load_file(run.model_dir / "model.safetensors")
    for number in range(2):
        name = f"encoder.layer.{number}.attention.self.query.weight"
        assert torch.equal(before[name], after[f"bert.{name}"]) == (number < layers)
    for name in ("embeddings.word_embeddings.weight", "embeddings.LayerNorm.weight"):
        assert torch.equal(before[name], after[f"bert.{name}"]) == (layers > 0)


def test_more_layers_than_there_are_is_a_sentence(tiny_encoder, toy_data):
    with pytest.raises(ConfigError) as caught:
        toy.fit(toy.toy_config(toy_data, tiny_encoder, freeze_layers=3))
    assert str(caught.value) == (
        f"freeze_layers can't be 3: {tiny_encoder} has only 2 layers. Choose a smaller number."
    )


@pytest.mark.slow
def test_class_weights_find_more_of_what_is_rare(tiny_encoder, toy_data):
    recall = {}
    for weights in ("none", "inverse"):
        config = toy.toy_config(
            toy_data, tiny_encoder, epochs=2, class_weights=weights, learning_rate=2e-3
        )
        recall[weights] = during(toy.fit(config))[-1].data["recall"]
    assert recall["inverse"] > recall["none"]


@pytest.mark.slow
def test_the_curves_go_to_tensorboard_too(tiny_encoder, toy_data):
    run = toy.fit(toy.toy_config(toy_data, tiny_encoder, report_to="tensorboard"))
    (file,) = run.tensorboard_dir.iterdir()
    assert file.name.startswith("events.out.tfevents")
    content = file.read_bytes()
    for name in (b"train/loss", b"train/learning_rate", b"eval/f1", b"eval/loss"):
        assert name in content


def test_what_is_not_installed_is_a_sentence(tiny_encoder, toy_data, monkeypatch):
    from ner_core.jobs import submit as submission

    monkeypatch.setattr(submission, "find_spec", lambda name: None)
    for name, package in (("tensorboard", "tensorboardX"), ("trackio", "trackio")):
        with pytest.raises(ConfigError) as caught:
            submit(toy.toy_config(toy_data, tiny_encoder, report_to=name))
        assert str(caught.value) == (
            f"{name} (report_to) isn't installed. Run `pip install {package}`, or set report_to "
            "to none."
        )


@pytest.mark.slow
def test_a_checkpoint_is_due_when_the_last_is_long_ago(tiny_encoder, toy_data, monkeypatch):
    from ner_core.training import loop

    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(loop, "CHECKPOINT_SHARE", 1e9)
    run = toy.fit(toy.toy_config(toy_data, tiny_encoder, epochs=2))
    saved = [event.step for event in run.events() if event.kind == "checkpoint"]
    assert saved == list(range(1, 9))
    assert [event.step for event in during(run)] == [4, 8]
