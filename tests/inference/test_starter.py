"""The small model that comes with the repository: what it is, what it finds, how it was made."""

import json
import re

import pytest

from ner_core.config import TrainConfig
from ner_core.data.sources import SAMPLE
from ner_core.inference.predictor import Predictor
from ner_core.models.sources import MINILM_ID, MINILM_REVISION, STARTER, find_model
from ner_studio.highlight.tab import EXAMPLES
from tests.support import toy
from tests.support.places import REPOSITORY
from tests.support.samples import part_of_sample

MOST_BYTES = 4_000_000


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load("starter")


def test_it_is_a_small_adapter_for_minilm():
    assert {path.name for path in STARTER.iterdir()} == {
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "config.json",
    }
    assert sum(path.stat().st_size for path in STARTER.iterdir()) <= MOST_BYTES
    described = json.loads((STARTER / "adapter_config.json").read_text())
    assert described["base_model_name_or_path"] == MINILM_ID
    assert described["revision"] == MINILM_REVISION
    assert find_model("starter").base == find_model("minilm")


def test_it_is_committed_as_itself_and_not_as_a_pointer():
    assert (STARTER / "adapter_model.safetensors").read_bytes()[:10] != b"version ht"
    last = (REPOSITORY / ".gitattributes").read_text().splitlines()[-1]
    assert last == "ner_core/starter/*.safetensors -filter -diff -merge -text"


def test_nothing_in_it_names_the_machine_it_was_made_on():
    for name in ("adapter_config.json", "config.json"):
        assert not re.search(r'"/|site-packages|\.venv', (STARTER / name).read_text())


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        (
            "Sunny is Data Scientist and Generative AI Engineer at Infosys in Bengaluru",
            {("Sunny", "PER"), ("Infosys", "ORG"), ("Bengaluru", "LOC")},
        ),
        (
            "Angela Merkel flew from Berlin to Nairobi to meet officials of the African Union.",
            {
                ("Angela Merkel", "PER"),
                ("Berlin", "LOC"),
                ("Nairobi", "LOC"),
                ("African Union", "ORG"),
            },
        ),
        (
            "Wangari Maathai, a Kenyan activist, won the Nobel Peace Prize in Oslo in 2004.",
            {
                ("Wangari Maathai", "PER"),
                ("Kenyan", "MISC"),
                ("Nobel Peace Prize", "MISC"),
                ("Oslo", "LOC"),
            },
        ),
        (
            "The Chief Executive Officer will speak at the Annual General Meeting on Monday.",
            set(),
        ),
        (
            "my brother moved from lagos to toronto and works for google now",
            {("lagos", "LOC"), ("toronto", "LOC"), ("google", "ORG")},
        ),
        (
            "Toyota and Panasonic will build a battery plant in North Carolina.",
            {("Toyota", "ORG"), ("Panasonic", "ORG"), ("North Carolina", "LOC")},
        ),
    ],
)
def test_it_reads_sentences_sensibly(predictor, text, entities):
    assert {(entity.text, entity.label) for entity in predictor.predict(text)} == entities


def test_it_finds_something_in_every_example_of_the_page(predictor):
    for text in EXAMPLES.values():
        assert len(predictor.predict(text)) >= 2, text


@pytest.mark.slow
def test_its_card_states_its_true_score_on_the_sample(document):
    card = (STARTER / "README.md").read_text(encoding="utf-8")
    scores = document("evaluate", "--model", "starter", "--data", "sample", "--precision", "fp32")
    assert f"| sample, test | {scores['f1']:.3f} |" in card
    assert scores["f1"] >= 0.75


@pytest.mark.slow
def test_it_carries_over_to_wikigold(shared_data, document):
    arguments = ("--model", "starter", "--data", str(shared_data / "wikigold"))
    scores = document("evaluate", *arguments, "--precision", "fp32")
    assert scores["support"] > 3000
    assert scores["f1"] >= 0.60
    card = (STARTER / "README.md").read_text(encoding="utf-8")
    assert f"| Wikigold, all of it | {scores['f1']:.3f} |" in card


@pytest.mark.slow
def test_every_command_takes_it(document, tmp_path):
    text = "Ann lives in Oslo."
    named = document("predict", "--model", "starter", text)
    assert document("predict", text) == named  # it is the default there
    assert {entity["label"] for entity in named["entities"]} == {"PER", "LOC"}
    check = document("check", "sample", "--model", "starter", "--show-alignment", "1")
    assert check["alignment"]


@pytest.mark.slow
def test_training_goes_on_from_it(tmp_path):
    data = part_of_sample(tmp_path / "part", train=64, validation=20, test=80)
    values = {"data": str(data), "model": "starter", "epochs": 1, "evaluations": 1}
    report = finished(TrainConfig.from_values({**values, "learning_rate": 3e-5}))
    # With its head and labels it starts where it ended.
    assert report["test"]["f1"] > 0.7


def documented_command():
    """Return the settings of the command in its card that made it."""
    card = (STARTER / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^python -m ner_core (train .+)$", card, re.MULTILINE)
    words = command.split()
    return dict(zip(words[1::2], words[2::2], strict=True))


@pytest.mark.slow
def test_the_recipe_that_made_it_works_on_a_part_of_the_sample(tmp_path):
    options = documented_command()
    assert options["--data"] == "sample"
    values = {
        name.removeprefix("--").replace("-", "_"): value
        for name, value in options.items()
        if name != "--run-id"
    }
    data = part_of_sample(tmp_path / "part", train=160, validation=20, test=80)
    values |= {"data": str(data), "epochs": 2, "batch_size": 4, "evaluations": 1}
    run_report = finished(TrainConfig.from_values(values))
    assert run_report["settings"]["lora_rank"] == 16
    assert run_report["test"]["f1"] > 0.3


def finished(config):
    """Train; give the report."""
    run = toy.fit(config)
    assert run.status() == "finished"
    return run.report


def test_the_sample_says_that_it_was_trained_on_it():
    assert "starter" in (SAMPLE / "README.md").read_text(encoding="utf-8")
