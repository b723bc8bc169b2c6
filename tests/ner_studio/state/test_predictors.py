"""Which models the page offers, and what it tells of them."""

import json
import shutil

import pytest

from ner_core.errors import ModelError, UnnamedLabelsError
from ner_studio.state import predictors


@pytest.fixture(autouse=True)
def offered(monkeypatch):
    offered = {}
    monkeypatch.setattr(predictors, "_offered", offered)
    return offered


@pytest.mark.parametrize(
    ("place", "name"),
    [("mine", "mine"), ("20260102-a/model", "20260102-a"), ("starter", "starter (folder)")],
)
def test_a_folder_is_offered_first_by_its_name(tmp_path, place, name):
    (tmp_path / place).mkdir(parents=True)
    assert predictors.offer(str(tmp_path / place)) == name
    assert predictors.model_choices()[0] == (name, name)


@pytest.mark.parametrize("name", ["starter", "owner/name"])
def test_a_name_is_offered_once_and_first(name):
    assert predictors.offer(name) == name
    names = [value for _, value in predictors.model_choices()]
    assert names[0] == name
    assert names.count("starter") == 1


def test_where_a_folder_is_is_not_told(tmp_path, tiny_model):
    folder = shutil.copytree(tiny_model, tmp_path / "secret" / "mine")
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {str(number): f"LABEL_{number}" for number in range(5)}
    (folder / "config.json").write_text(json.dumps(config))
    name = predictors.offer(str(folder))
    with pytest.raises(UnnamedLabelsError) as caught:
        predictors.MODELS.get(name)
    assert str(caught.value).startswith(
        "The model mine doesn't name its labels, it only has LABEL_0 to LABEL_4. Name its 5 labels"
    )
    assert caught.value.count == 5
    labels = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    assert predictors.MODELS.get(name, labels).entity_types == ["LOC", "PER"]
    assert predictors.is_loaded(name, labels)
    assert not predictors.is_loaded(name)


def test_no_folder_but_one_that_was_offered(tiny_model):
    with pytest.raises(ModelError) as caught:
        predictors.MODELS.get(str(tiny_model))
    assert str(caught.value) == (
        f"No model called {str(tiny_model)!r}. Choose one from the list, or type a Hub id such as "
        "owner/name. Folders work only on the command line."
    )
