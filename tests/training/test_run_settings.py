"""What the settings of a run change: its windows, its plan, its weights."""

import json
from itertools import chain

import pytest
import torch
from safetensors.torch import load_file

from ner_core.data.corpus import load_data
from ner_core.models.loading import load_tokenizer
from ner_core.models.sources import find_model
from ner_core.models.windows import IGNORED
from ner_core.training import setup, trainer
from ner_core.training.plan import automatic_epochs
from tests.conftest import write_conll
from tests.support import toy


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


def same_weights(one, other):
    assert one.keys() == other.keys()
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["balanced", "adapter"])
def test_the_head_has_a_learning_rate_of_its_own(tiny_encoder, toy_data, monkeypatch, recipe):
    made = []
    create = trainer.NerTrainer.create_optimizer

    def keep(self, model=None):
        optimizer = create(self, model)
        sizes = {(5, 32), (5,)}  # of the head of the toy's five labels
        for group in optimizer.param_groups:
            rate = group["initial_lr"] if "initial_lr" in group else group["lr"]
            for weights in group["params"]:
                made.append((tuple(weights.shape) in sizes, rate, group["weight_decay"] > 0))
        return optimizer

    monkeypatch.setattr(trainer.NerTrainer, "create_optimizer", keep)
    toy.fit(toy.toy_config(toy_data, tiny_encoder, recipe=recipe, learning_rate=1e-3, head_rate=8))
    assert {rate for head, rate, _ in made if head} == {8e-3}
    assert {rate for head, rate, _ in made if not head} == {1e-3}
    assert sorted(decay for head, _, decay in made if head) == [False, True]


@pytest.mark.slow
def test_the_seed_decides_the_weights(tiny_encoder, toy_data):
    one, again, other = (
        weights(toy.fit(toy.toy_config(toy_data, tiny_encoder, seed=seed))) for seed in (7, 7, 8)
    )
    assert same_weights(one, again)
    assert not same_weights(one, other)


@pytest.mark.parametrize(("most", "used"), [(10, 10), (64, 64), (1000, 64), (None, 64)])
def test_the_training_part_can_be_shortened(tiny_encoder, toy_data, most, used):
    config = toy.toy_config(toy_data, tiny_encoder, max_train=most)
    corpus = setup.load_corpus(config)
    sizes = {name: split.num_rows for name, split in corpus.dataset.items()}
    assert sizes == {"train": used, "validation": 20, "test": 20}
    again = setup.load_corpus(config).dataset["train"]["tokens"][:]
    assert corpus.dataset["train"]["tokens"][:] == again


def test_a_shortened_part_is_chosen_by_the_seed(tiny_encoder, toy_data):
    chosen = [
        setup.load_corpus(toy.toy_config(toy_data, tiny_encoder, max_train=10, seed=seed)).dataset[
            "train"
        ]["tokens"][:]
        for seed in (1, 2)
    ]
    assert chosen[0] != chosen[1]


@pytest.mark.slow
def test_without_a_validation_part_a_run_says_what_it_took(tiny_encoder, tmp_path):
    folder = toy.write_toy(tmp_path / "toy", train=50, validation=0, test=0)
    run = toy.fit(toy.toy_config(folder, tiny_encoder, max_train=16))
    notes = [
        "The data have no validation part, so 5 of 50 training sentences were set aside for it, "
        "chosen by seed 42."
    ]
    (started,) = of_kind(run, "started")
    assert started.data["notes"] == run.report["notes"] == notes
    assert started.data["sentences"] == {"train": 16, "validation": 5}
    assert run.report["test"] is None
    assert run.events()[-1].data["test_f1"] is None


@pytest.mark.slow
@pytest.mark.parametrize(("epochs", "steps"), [(0.5, 2), (1.5, 6), (0.01, 1)])
def test_parts_of_epochs_end_with_a_full_evaluation(tiny_encoder, toy_data, epochs, steps):
    run = toy.fit(toy.toy_config(toy_data, tiny_encoder, epochs=epochs, eval_sentences=7))
    assert of_kind(run, "started")[0].data["total"] == run.report["steps"] == steps
    last = during(run)[-1]
    assert (last.step, last.data["subset"]) == (steps, False)


@pytest.mark.slow
def test_a_part_of_an_epoch_more_takes_no_evaluation_away(tiny_encoder, toy_data):
    # 4 steps an epoch: 3.25 epochs are 13 steps, and an evaluation is due at each.
    run = toy.fit(
        toy.toy_config(toy_data, tiny_encoder, epochs=3.25, evaluations=13, eval_sentences=7)
    )
    assert [event.step for event in during(run)] == list(range(1, 14))
    full = [event.step for event in during(run) if not event.data["subset"]]
    assert full == [4, 8, 12, 13]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "continued"), [("first", IGNORED), ("all", 4), ("copy", 3)], ids=str
)
def test_which_sub_tokens_are_labelled(tiny_encoder, tmp_path, mode, continued):
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [[("maria", "B-PER"), ("k", "I-PER"), ("lives", "O"), ("in", "O"), ("oslo", "B-LOC")]]
    rows.append([("paris", "B-LOC"), ("city", "I-LOC")])
    for name in ("train", "validation"):
        write_conll(folder / f"{name}.conll", rows)
    config = toy.toy_config(folder, tiny_encoder, sub_token_labels=mode)
    tokenizer = load_tokenizer(find_model(str(tiny_encoder)))
    windows = setup.make_windows(load_data(str(folder)), tokenizer, config)
    assert windows["labels"][0] == [IGNORED, 3, *[continued] * 4, 4, 0, 0, 1, IGNORED]
    assert windows["length"][:] == [11, 4]
    saved = toy.fit(config).model_dir / "config.json"
    assert json.loads(saved.read_text())["ner_studio"]["sub_token_labels"] == mode


@pytest.mark.slow
def test_long_texts_are_learned_and_scored_to_their_end(tiny_encoder, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    texts = {
        name: [list(chain.from_iterable(toy.toy_sentences(40, seed))) for seed in seeds]
        for name, seeds in (("train", (1, 2, 3, 4)), ("validation", (5, 6)), ("test", (7,)))
    }
    for name, rows in texts.items():
        write_conll(folder / f"{name}.conll", rows)
    config = toy.toy_config(folder, tiny_encoder, epochs=12, max_length=32, overlap=8)
    run = toy.fit(config)
    report = run.report
    (started,) = of_kind(run, "started")
    assert started.data["windows"] > 4 * 200 / 32
    for name in ("validation", "test"):
        gold = sum(tag.startswith("B-") for row in texts[name] for _, tag in row)
        assert report[name]["support"] == started.data["entities"][name] == gold
        assert report[name]["recall"] > 0.9


def stop_after(step):
    """Ask for a stop as soon as an event of this step is there: the next step is the last."""

    def should_stop(run):
        if any(event.step >= step for event in run.events()):
            run.stop_path.touch()
        return run.stop_path.exists()

    return should_stop


@pytest.mark.parametrize(
    ("steps", "epochs"),
    [
        (1, 150),
        (5, 30),
        (6, 25),
        (10, 15),
        (12, 15),
        (20, 15),
        (30, 10),
        (48, 7),
        (99, 4),
        (107, 3),
        (10_000, 3),
    ],
)
def test_automatic_epochs(steps, epochs):
    assert automatic_epochs(steps) == epochs


@pytest.mark.parametrize(
    ("aim", "steps", "epochs"),
    [(600, 109, 6), (600, 10_000, 6), (90, 94, 1), (90, 10_000, 1), (90, 4, 12), (1, 1, 1)],
)
def test_automatic_epochs_for_more_steps_or_fewer(aim, steps, epochs):
    assert automatic_epochs(steps, aim) == epochs


def test_automatic_settings_are_written_down(tiny_encoder, toy_data):
    config = toy.toy_config(
        toy_data, tiny_encoder, epochs="auto", learning_rate="auto", batch_size=64
    )
    run = toy.fit(config, stop_after(1))
    settings = of_kind(run, "started")[0].data["settings"]
    assert (settings["epochs"], settings["learning_rate"]) == (150, 1e-3)
    assert run.config().epochs is None
