"""A model that learns a new type keeps those that it knows, and is scored on the new one only."""

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from ner_core.checks import before_training
from ner_core.data.corpus import load_data
from ner_core.inference.tagger import Tagged, load_tagger
from ner_core.models.sources import find_model
from ner_core.training.known_types import fill
from tests.conftest import write_conll
from tests.support import toy

NAMES = ["O", "B-LOC", "I-LOC", "B-WHEN", "I-WHEN"]


class FixedTagger:
    """A tagger that always predicts the same tags."""

    iob2 = True

    def __init__(self, *predicted):
        self.predicted = [tags.split() for tags in predicted]

    def tag(self, texts):
        return Tagged(self.predicted, [[1.0] * len(tags) for tags in self.predicted])


def filled(own, predicted, undecided=None):
    features = {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=NAMES))}
    rows = {"tokens": [["w"] * len(own)], "ner_tags": [own]}
    if undecided is not None:
        features["undecided"] = List(Value("int64"))
        rows["undecided"] = [undecided]
    split = Dataset.from_dict(rows, features=Features(features))
    row = fill(split, FixedTagger(predicted), ["LOC"])[0]
    names = [NAMES[number] for number in row["ner_tags"]]
    return (names, row["undecided"]) if undecided is not None else names


@pytest.mark.parametrize(
    ("own", "predicted", "expected"),
    [
        ([0, 0, 0], "B-LOC I-LOC O", "B-LOC I-LOC O"),
        ([3, 4, 0], "B-LOC I-LOC B-LOC", "B-WHEN I-WHEN B-LOC"),  # what people say counts
        ([0, 3, 0], "B-LOC I-LOC O", "O B-WHEN O"),  # no part of one either
        ([0, 0, 0], "B-WHEN O B-LOC", "O O B-LOC"),  # people annotated WHEN: there is none
    ],
)
def test_what_the_model_finds_fills_what_nobody_annotated(own, predicted, expected):
    assert filled(own, predicted) == expected.split()


def test_an_undecided_word_in_such_an_entity_is_decided():
    assert filled([0, 0, 3, 0], "O B-LOC O O", [0, 1, 3]) == (
        ["O", "B-LOC", "B-WHEN", "O"],
        [0, 3],
    )


@pytest.fixture
def times(tmp_path):
    """Write data with a type that the toy model does not know, and without those it knows."""
    folder = tmp_path / "times"
    folder.mkdir()
    for seed, (name, size) in enumerate({"train": 60, "validation": 20, "test": 20}.items()):
        texts = [
            [(word, "B-WHEN" if word in {"lives", "works"} else "O") for word, _ in sentence]
            for sentence in toy.toy_sentences(size, seed + 7)
        ]
        write_conll(folder / f"{name}.conll", texts)
    return folder


@pytest.mark.slow
def test_a_run_keeps_what_its_model_knows(times, toy_run, tmp_path):
    model = str(toy_run.model_dir)
    known = toy.write_toy(tmp_path / "known")
    config = toy.toy_config(times, model, epochs=6, keep_types=True)
    run = toy.fit(config)
    report = run.report
    assert report["types"] == {"kept": ["LOC", "PER"], "new": ["WHEN"], "dropped": []}
    assert report["label_names"][:3] == ["O", "B-LOC", "I-LOC"]
    assert list(report["test"]["per_type"]) == ["WHEN"]  # the others are not scored
    assert report["test"]["f1"] > 0.9
    assert report["notes"][-1] == (
        "The data have no LOC, PER, so what model finds of them in the training sentences is "
        "learned again and not forgotten. They are not scored."
    )
    # What it found before, it finds now.
    texts = load_data(str(known)).dataset["test"]["tokens"][:]
    before, after = (load_tagger(name).tag(texts).tags for name in (model, str(run.model_dir)))
    places = [
        (one, other)
        for row in zip(before, after, strict=True)
        for one, other in zip(*row, strict=True)
        if one != "O"
    ]
    assert sum(one == other for one, other in places) >= 0.95 * len(places) > 0

    forgetful = toy.fit(config.model_copy(update={"keep_types": False}))
    assert forgetful.report["types"]["dropped"] == ["LOC", "PER"]
    assert "B-LOC" not in forgetful.report["label_names"]


@pytest.mark.slow
def test_nothing_is_said_to_be_lost_if_it_is_kept(times, toy_run):
    corpus, model = load_data(str(times)), find_model(str(toy_run.model_dir))
    assert before_training.warnings(corpus, model, keep_types=True) == []
    assert len(before_training.warnings(corpus, model, keep_types=False)) == 1
