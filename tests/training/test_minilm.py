"""The bundled encoder learns from the bundled sample, through a worker process as all runs do."""

import math

import pytest

from ner_core import tags
from ner_core.config import TrainConfig
from ner_core.data.corpus import load_data
from ner_core.evaluation.scoring import predict_tags, score_tags, tag_names
from ner_core.inference.predictor import Predictor
from ner_core.runs import store
from tests.support import toy
from tests.support.processes import start_worker
from tests.support.samples import part_of_sample

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("minilm-home")


@pytest.fixture(scope="module")
def data(home):
    return part_of_sample(home / "part", train=120, validation=60, test=120)


@pytest.fixture(scope="module")
def trained(home, data):
    """Train three epochs on 120 sentences; the run, which has ended."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_HOME", str(home))
        config = TrainConfig.from_values(
            {"data": str(data), "epochs": 3, "batch_size": 8, "evaluations": 1}
        )
        run = store.create(config, "first-run")
        process = start_worker(run)
        try:
            process.wait(280)
        finally:
            process.kill()
    return run


@pytest.fixture(autouse=True)
def _same_home(home, trained, monkeypatch):
    monkeypatch.setenv("NER_HOME", str(home))


def test_the_run_finishes_and_has_learned(trained):
    assert trained.status() == "finished", trained.log_path.read_text()
    report = trained.report
    assert report["validation"]["f1"] > 0.25
    assert report["test"]["f1"] > 0.2
    assert report["settings"]["learning_rate"] == 3e-4
    assert report["steps"] == 45
    losses = [event.data["loss"] for event in trained.events() if event.kind == "progress"]
    assert losses[-1] < losses[0] / 2


def test_the_output_of_the_worker_holds_no_warning(trained):
    assert toy.strange_lines(trained) == []


@pytest.mark.parametrize("split", ["validation", "test"])
def test_evaluating_the_saved_model_gives_the_scores_of_the_report(trained, data, document, split):
    arguments = ("evaluate", "--model", trained.id, "--data", data, "--split", split)
    scored = document(*arguments)
    reported = trained.report[split]
    for name in ("precision", "recall", "f1", "f1_lenient", "accuracy"):
        assert round(scored[name], 4) == round(reported[name], 4)
    assert scored["support"] == reported["support"]
    assert scored["per_type"].keys() == reported["per_type"].keys()
    assert math.isclose(scored["loss"], reported["loss"], rel_tol=1e-3)


def test_the_text_as_typed_scores_like_the_words(trained, data, document):
    arguments = ("evaluate", "--model", trained.id, "--data", data, "--from-text")
    scored = document(*arguments)
    reported = trained.report["test"]
    assert scored["from_text"] is True
    assert scored["support"] == reported["support"] == (data / "test.txt").read_text().count("](")
    assert scored["sentences"] == 120
    # What is typed is repaired to valid entities: compared with words that are, nothing is left.
    split = load_data(str(data)).dataset["test"]
    tagger = Predictor.load(trained.id).tagger
    gold = tag_names(split)
    found, _ = predict_tags(tagger, split["tokens"][:], gold)
    repaired = [tags.encode(tags.decode_predicted(row), len(row)) for row in found]
    assert abs(scored["f1"] - score_tags(gold, repaired)["f1"]) < 0.005


def test_the_run_is_listed_with_its_scores(trained, document):
    (row,) = document("runs")["runs"]
    assert (row["run"], row["status"], row["step"]) == ("first-run", "finished", 45)
    assert row["test_f1"] == trained.report["test"]["f1"]
    assert store.get("first-run").status() == "finished"


def test_the_model_reads_typed_text(trained):
    text = "Angela Merkel flew from Berlin to Nairobi to meet the board of Siemens."
    entities = Predictor.load(trained.id).predict(text)
    found = {entity.text: entity.label for entity in entities}
    assert found.get("Berlin") == "LOC" or found.get("Nairobi") == "LOC"
    assert all(text[entity.start : entity.end] == entity.text for entity in entities)
