import json
import math
import re
import shutil
from collections import Counter
from itertools import pairwise

import pytest
import torch
from safetensors.torch import load_file

from ner_core.data.corpus import load_data
from ner_core.errors import ConfigError, DataError, TrainingError
from ner_core.inference.predictor import Predictor
from ner_core.inference.tagger import load_tagger
from ner_core.runs import store
from ner_core.runs.error_log import ERROR_KINDS, read_errors
from ner_core.runs.run import Run
from ner_core.training import loop, trainer, validation
from ner_core.training import run as training
from tests.conftest import write_conll
from tests.support import toy

LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
SCORES = {
    "precision",
    "recall",
    "f1",
    "f1_lenient",
    "interval",
    "accuracy",
    "support",
    "sentences",
    "per_type",
    "loss",
}


@pytest.fixture
def toy_data(tmp_path):
    return toy.write_toy(tmp_path / "toy")


def of_kind(run, kind):
    return [event for event in run.events() if event.kind == kind]


def during(run):
    """List the evaluations during training, without those of the finished model."""
    return [event for event in of_kind(run, "evaluated") if not event.data.get("final")]


def weights(run):
    return load_file(run.model_dir / "model.safetensors")


def refusal(kind, config):
    with pytest.raises(kind) as caught:
        toy.fit(config)
    return str(caught.value)


# What a run says and leaves


def test_a_toy_corpus_is_learned(toy_run):
    report = toy_run.report
    assert report["validation"]["f1"] > 0.9
    assert report["test"]["f1"] > 0.9
    assert toy_run.status() == "finished"


def test_events_come_in_their_order(toy_run):
    events = toy_run.events()
    kinds = [event.kind for event in events]
    assert Counter(kinds).keys() == {
        *("started", "progress", "evaluated", "checkpoint", "finished")
    }
    assert kinds[0] == "started"
    assert kinds[-1] == "finished"
    assert kinds.count("started") == kinds.count("finished") == 1
    assert [(event.kind, event.data.get("split")) for event in events[-3:-1]] == [
        ("evaluated", "validation"),
        ("evaluated", "test"),
    ]
    assert all(event.data["final"] and not event.data["subset"] for event in events[-3:-1])
    steps = [event.step for event in events]
    assert steps == sorted(steps)
    times = [event.time for event in events]
    assert times == sorted(times)


def test_the_started_event_says_what_is_done(toy_run):
    (started,) = of_kind(toy_run, "started")
    assert started.step == 0
    assert started.data.keys() == {
        "settings",
        "total",
        "corpus",
        "base_model",
        "sentences",
        "entities",
        "windows",
        "label_names",
        "samples",
        "notes",
        "types",
        "versions",
        "hardware",
        "machine",
        "resumed",
        "repeats_to",
    }
    assert (started.data["resumed"], started.data["repeats_to"]) == (False, 0)
    assert started.data["machine"]["memory_limit"] > 2**28
    assert started.data["sentences"] == {"train": 240, "validation": 40, "test": 30}
    corpus = load_data(toy_run.config().data).dataset
    assert started.data["entities"] == {
        name: sum(tag in (1, 3) for row in split["ner_tags"] for tag in row)
        for name, split in corpus.items()
    }
    assert started.data["label_names"] == LABELS
    assert started.data["windows"] == 240
    assert started.data["total"] == 6 * 15
    assert started.data["notes"] == []
    assert started.data["settings"] == {**toy_run.config().model_dump(), "precision": "fp32"}
    assert started.data["versions"].keys() == {
        "python",
        "transformers",
        "torch",
        "datasets",
        "evaluate",
        "seqeval",
        "accelerate",
        "peft",
    }
    assert started.data["hardware"].keys() == {"device", "name", "cpus"}


def test_progress_comes_every_ten_steps_or_sooner(toy_run):
    progress = of_kind(toy_run, "progress")
    steps = [event.step for event in progress]
    assert steps[0] == 1
    assert all(after - before <= 10 for before, after in pairwise(steps))
    assert steps[-1] == 90
    for event in progress:
        assert event.data.keys() == {
            "total",
            "epoch",
            "loss",
            "learning_rate",
            "examples_per_second",
            "seconds_left",
            "memory",
        }
        assert event.data["memory"] > 2**26
        assert event.data["total"] == 90
        assert event.data["epoch"] == pytest.approx(event.step / 15)
        assert event.data["seconds_left"] >= 0
        assert event.data["examples_per_second"] > 0
    assert progress[-1].data["loss"] < progress[0].data["loss"] / 2
    assert progress[-1].data["seconds_left"] == 0


def test_there_are_ten_evaluations_and_one_at_the_end_of_each_epoch(toy_run):
    evaluations = during(toy_run)
    assert len(evaluations) >= 10
    steps = [event.step for event in evaluations]
    assert len(set(steps)) == len(steps)
    assert {15, 30, 45, 60, 75, 90} <= set(steps)
    for event in evaluations:
        more = {"split", "subset", "selection_f1", "epoch", "best", "samples"}
        assert event.data.keys() == SCORES - {"interval"} | more
        assert event.data["split"] == "validation"
        assert event.data["per_type"].keys() <= {"LOC", "PER"}
    assert {type(event.data["loss"]) for event in evaluations} == {float}


def test_a_few_validation_sentences_can_be_watched(toy_run):
    (started,) = of_kind(toy_run, "started")
    texts = load_data(toy_run.config().data).dataset["validation"]["tokens"][:]
    samples = started.data["samples"]
    assert len(samples) == 4
    for sample in samples:
        assert sample["tokens"] in texts
        assert {label for _, _, label in sample["gold"]} == {"LOC", "PER"}
    seen = [event.data["samples"] for event in during(toy_run)]
    assert seen[-1] == [sample["gold"] for sample in samples]
    assert seen[0] != seen[-1]


def test_each_evaluation_is_followed_by_a_checkpoint(toy_run):
    events = [event for event in toy_run.events() if event.kind in ("evaluated", "checkpoint")]
    pairs = [(event.kind, event.step) for event in events if not event.data.get("final")]
    steps = [event.step for event in during(toy_run)]
    assert pairs == [(kind, step) for step in steps for kind in ("evaluated", "checkpoint")]


def test_the_log_says_in_words_what_happens(tiny_encoder, toy_data, capsys):
    toy.fit(toy.toy_config(toy_data, tiny_encoder))
    lines = [line.split("  ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "step 0: started"
    assert re.fullmatch(r"step 1: loss \d\.\d{4}, \d+ windows/s", lines[1])
    assert any(re.match(r"step 4: validation: F1 \d\.\d{4}, loss \d", line) for line in lines)
    assert any(re.match(r"step 4: checkpoint, \d+ MB in \d", line) for line in lines)
    assert lines[-1] == "step 4: finished"


def test_the_best_evaluation_is_marked(toy_run):
    best = -1.0
    for event in during(toy_run):
        assert event.data["best"] == (event.data["selection_f1"] >= best)
        best = max(best, event.data["selection_f1"])
    marked = [event for event in during(toy_run) if event.data["best"]]
    assert toy_run.report["best_step"] == marked[-1].step
    assert toy_run.events()[-1].data["best_step"] == marked[-1].step
    assert toy_run.report["validation"]["f1"] == marked[-1].data["f1"]


def test_the_report_is_whole(toy_run):
    text = toy_run.report_path.read_text(encoding="utf-8")
    report = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert report.keys() == {
        "run",
        "data",
        "corpus",
        "model",
        "base_model",
        "validation",
        "test",
        "analysis",
        "threshold",
        "best_step",
        "steps",
        "train_seconds",
        "evaluation_seconds",
        "examples_per_second",
        "stopped_early",
        "seconds",
        "memory_peak",
        "warning",
        "types",
        "label_names",
        "notes",
        "settings",
        "versions",
        "hardware",
    }
    assert report["run"] == toy_run.id
    assert report["steps"] == 90
    assert 0 < report["evaluation_seconds"] < report["train_seconds"] < report["seconds"]
    assert report["memory_peak"] > 2**26
    entities = of_kind(toy_run, "started")[0].data["entities"]
    for split, sentences in (("validation", 40), ("test", 30)):
        scores = report[split]
        assert scores.keys() == SCORES
        assert scores["per_type"].keys() == {"LOC", "PER"}
        for row in scores["per_type"].values():
            assert row.keys() == {"precision", "recall", "f1", "support"}
        assert scores["sentences"] == sentences
        assert scores["support"] == entities[split]
        assert scores["support"] == sum(row["support"] for row in scores["per_type"].values())
    final = {e.data["split"]: e.data for e in of_kind(toy_run, "evaluated") if e.data.get("final")}
    for split in ("validation", "test"):
        assert {name: final[split][name] for name in SCORES} == report[split]


def test_the_report_explains_the_scores(toy_run):
    report = toy_run.report
    assert report["analysis"].keys() == {"validation", "test"}
    rows = read_errors(toy_run.errors_path)
    for split, analysis in report["analysis"].items():
        counts, scores = analysis["counts"], report[split]
        missed = scores["support"] - counts["correct"]
        assert counts["correct"] / scores["support"] == pytest.approx(scores["recall"])
        assert missed == sum(counts[kind] for kind in ERROR_KINDS if kind != "spurious")
        windows = analysis["windows"]
        assert windows["one"]["sentences"] + windows["several"]["sentences"] == scores["sentences"]
    errors = [error for row in rows for error in row["errors"]]
    counts = report["analysis"]["validation"]["counts"]
    assert len(errors) == sum(counts[kind] for kind in ERROR_KINDS)
    assert {row["split"] for row in rows} <= {"validation"}


def test_the_threshold_with_the_best_f1_comes_with_the_model(toy_run, monkeypatch, tmp_path):
    unfiltered = toy_run.report["validation"]["f1"]
    assert toy_run.report["threshold"] == {
        "best_f1": 0.0,
        "f1": pytest.approx(unfiltered),
        "f1_of_all": pytest.approx(unfiltered),
    }
    monkeypatch.setattr(training, "best_threshold", lambda *_: {"best_f1": 0.35})
    run = Run("again", tmp_path / "again")
    shutil.copytree(toy_run.path, run.path)
    scored = training.score(run, load_data(str(toy_run.config().data)))
    assert scored["threshold"] == {"best_f1": 0.35}
    assert Predictor.load(str(run.model_dir)).threshold == 0.35
    assert Predictor.load(str(toy_run.model_dir)).threshold == 0


def test_only_the_complete_model_is_left(toy_run):
    assert sorted(path.name for path in toy_run.model_dir.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert not (toy_run.checkpoints_dir).exists()
    assert not list(toy_run.path.rglob(".ner-writing-*"))
    saved = json.loads((toy_run.model_dir / "config.json").read_text())
    assert saved["ner_studio"] == {"max_length": 64, "overlap": 16, "sub_token_labels": "first"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("selection", "best"),
    [((0.1, 0.9, 0.5, 0.8), 2), ((0.3, 0.2, 0.1, 0.0), 1), ((0.5, 0.5, 0.5, 0.5), 4)],
    ids=["in the middle", "the first", "of equals the last"],
)
def test_the_model_that_scored_best_is_kept(tiny_encoder, toy_data, monkeypatch, selection, best):
    seen = []
    score = validation.Validation.score

    def scripted(self, tagger, full):
        seen.append({k: v.clone() for k, v in tagger.model.state_dict().items()})
        return {**score(self, tagger, full), "selection_f1": selection[len(seen) - 1]}

    monkeypatch.setattr(validation.Validation, "score", scripted)
    run = toy.fit(toy.toy_config(toy_data, tiny_encoder, epochs=4))
    steps = [event.step for event in during(run)]
    assert steps == [4, 8, 12, 16]
    assert run.report["best_step"] == steps[best - 1]
    kept = weights(run)
    matches = [all(torch.equal(kept[name], state[name]) for name in kept) for state in seen]
    assert matches == [number == best for number in range(1, 5)]


# Subsets, sizes, seeds


@pytest.mark.slow
def test_evaluations_between_epochs_use_a_subset_of_a_large_validation_part(tiny_encoder, toy_data):
    config = toy.toy_config(
        toy_data, tiny_encoder, epochs=2, evaluations=8, eval_sentences=7, learning_rate=2e-3
    )
    run = toy.fit(config)
    rows = [(event.step, event.data["subset"], event.data["sentences"]) for event in during(run)]
    assert rows == [(step, step not in (4, 8), 20 if step in (4, 8) else 7) for step in range(1, 9)]
    for event in during(run):
        if event.data["subset"]:
            assert event.data["selection_f1"] == event.data["f1"]
    final = run.report
    assert final["validation"]["sentences"] == final["test"]["sentences"] == 20


def test_a_full_evaluation_selects_by_the_same_subset(tiny_model, toy_data):
    split = load_data(str(toy_data)).dataset["validation"]
    tagger = load_tagger(str(tiny_model))
    scorer = validation.Validation(split, 7, seed=3)
    part, full = scorer.score(tagger, full=False), scorer.score(tagger, full=True)
    assert (part["subset"], part["sentences"]) == (True, 7)
    assert (full["subset"], full["sentences"]) == (False, 20)
    assert full["selection_f1"] == part["f1"] == part["selection_f1"]
    assert validation.Validation(split, 7, seed=3).subset == scorer.subset
    assert validation.Validation(split, 7, seed=4).subset != scorer.subset


@pytest.mark.parametrize("size", [20, 500])
def test_a_small_validation_part_is_always_scored_in_full(tiny_model, toy_data, size):
    split = load_data(str(toy_data)).dataset["validation"]
    scorer = validation.Validation(split, size, seed=3)
    scores = scorer.score(load_tagger(str(tiny_model)), full=False)
    assert (scores["subset"], scores["sentences"]) == (False, 20)
    assert scores["selection_f1"] == scores["f1"]


# Labels and windows


def test_windows_longer_than_the_encoder_reads_are_a_sentence(tiny_encoder, toy_data):
    config = toy.toy_config(toy_data, tiny_encoder, max_length=129)
    assert refusal(ConfigError, config) == (
        f"max_length can't be 129: {tiny_encoder} reads at most 128 sub-tokens at a time. Choose "
        "a smaller number."
    )


# Stopping and failing


def stop_after(step):
    """Ask for a stop as soon as an event of this step is there: the next step is the last."""

    def should_stop(run):
        if any(event.step >= step for event in run.events()):
            run.stop_path.touch()
        return run.stop_path.exists()

    return should_stop


def test_a_stopped_run_keeps_its_best_model(tiny_encoder, toy_data):
    config = toy.toy_config(toy_data, tiny_encoder, epochs=50, evaluations=50)
    run = toy.fit(config, stop_after(4))
    assert run.status() == "stopped"
    last = run.events()[-1]
    assert (last.kind, last.step) == ("stopped", 5)
    best = [event for event in during(run) if event.data["best"]][-1]
    assert best.step == 4
    assert last.data == {"best_step": best.step, "f1": best.data["selection_f1"]}
    assert not run.has_report
    assert not list(run.path.rglob(".ner-writing-*"))
    assert Predictor.load(str(run.model_dir)).predict("ann lives in oslo") is not None


@pytest.mark.slow
def test_a_run_stopped_at_once_leaves_a_model_too(tiny_encoder, toy_data):
    run = toy.fit(toy.toy_config(toy_data, tiny_encoder, epochs=50), stop_after(1))
    last = run.events()[-1]
    assert (last.kind, last.step) == ("stopped", 2)
    assert last.data == {"best_step": 2, "f1": None}
    assert during(run) == []
    assert Predictor.load(str(run.model_dir)).entity_types == ["LOC", "PER"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [float("nan"), float("inf")], ids=str)
def test_a_loss_that_is_no_number_ends_the_run(tiny_encoder, toy_data, monkeypatch, number):
    step = trainer.NerTrainer.training_step

    def diverging(self, *arguments, **options):
        loss = step(self, *arguments, **options)
        return loss * number if self.state.global_step + 1 >= 3 else loss

    monkeypatch.setattr(trainer.NerTrainer, "training_step", diverging)
    monkeypatch.setattr(loop, "LOG_SECONDS", math.inf)
    assert refusal(TrainingError, toy.toy_config(toy_data, tiny_encoder, epochs=5)) == (
        f"Training diverged: the loss is {number} at step 4. Choose a smaller learning rate."
    )


@pytest.mark.slow
def test_a_loss_that_is_lost_in_the_last_steps_ends_the_run(tiny_encoder, toy_data, monkeypatch):
    step = trainer.NerTrainer.training_step

    def diverging(self, *arguments, **options):
        loss = step(self, *arguments, **options)
        return loss * math.nan if self.state.global_step + 1 >= 14 else loss

    monkeypatch.setattr(trainer.NerTrainer, "training_step", diverging)
    monkeypatch.setattr(loop, "LOG_SECONDS", math.inf)
    message = refusal(TrainingError, toy.toy_config(toy_data, tiny_encoder, epochs=3.5))
    assert message.startswith("Training diverged: the loss is nan at step 14.")


@pytest.mark.parametrize(("most", "count"), [(None, "20"), (3, "3")])
def test_data_without_entities_is_a_sentence(tiny_encoder, tmp_path, most, count):
    folder = toy.write_toy(tmp_path / "toy", train=0)
    write_conll(folder / "train.conll", [[("the", "O"), ("city", "O")]] * 20)
    config = toy.toy_config(folder, tiny_encoder, max_train=most)
    assert refusal(DataError, config) == (
        f"The training part of toy has {count} sentences but no entities. Annotate some, or check "
        "the tag column."
    )


def test_a_failed_run_leaves_no_model(tiny_encoder, toy_data, monkeypatch):
    monkeypatch.setattr(
        trainer.NerTrainer, "training_step", lambda *a, **o: torch.tensor(float("nan"))
    )
    assert refusal(TrainingError, toy.toy_config(toy_data, tiny_encoder)) == (
        "Training diverged: the loss is nan at step 1. Choose a smaller learning rate."
    )
    (run,) = store.list_runs()
    assert [event.kind for event in run.events()] == ["started"]
    assert not run.model_dir.exists()
    assert not run.has_report
