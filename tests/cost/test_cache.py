"""The cache of measurements: which are used again, and which are not."""

import json
import os
import shutil
import time

import pytest

from ner_core.config import TrainConfig
from ner_core.cost import cache
from ner_core.models.sources import find_model
from tests.conftest import write_conll
from tests.support import toy
from tests.support.measured import MEASURED


@pytest.fixture
def config(tmp_path, tiny_encoder):
    return toy.toy_config(toy.write_toy(tmp_path / "toy"), tiny_encoder)


def name_of(config):
    return cache.key(config, find_model(config.model))


DAMAGED = [
    "",
    "{",
    "null",
    "[]",
    "[" * 100_000,
    json.dumps({**MEASURED.model_dump(), "epoch": None}),
    json.dumps({**MEASURED.model_dump(), "epoch": "10"}),
    json.dumps({**MEASURED.model_dump(), "epoch": -1}),
    json.dumps({**MEASURED.model_dump(), "epoch": float("nan")}),
    json.dumps({**MEASURED.model_dump(), "memory": float("inf")}),
    json.dumps({**MEASURED.model_dump(), "steps_per_epoch": 0}),
    json.dumps({**MEASURED.model_dump(), "steps_per_epoch": True}),
    json.dumps({**MEASURED.model_dump(), "more": 1}),
    json.dumps({name: value for name, value in MEASURED.model_dump().items() if name != "save"}),
]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_counts_as_missing(ner_home, text):
    cache.write("some", MEASURED)
    assert cache.read("some") == MEASURED
    (cache.folder() / "some.json").write_text(text)
    assert cache.read("some") is None
    cache.write("some", MEASURED)
    assert cache.read("some") == MEASURED


@pytest.mark.parametrize(("cpu_wait", "after_an_hour"), [(0.1, True), (0.5, False)])
def test_what_was_measured_on_a_busy_machine_is_soon_forgotten(ner_home, cpu_wait, after_an_hour):
    cache.write("some", MEASURED.model_copy(update={"cpu_wait": cpu_wait}))
    assert cache.read("some") is not None
    os.utime(cache.folder() / "some.json", (time.time() - 3600,) * 2)
    assert (cache.read("some") is not None) == after_an_hour


def test_only_the_newest_measurements_are_kept(ner_home, monkeypatch):
    monkeypatch.setattr(cache, "MAX_FILES", 3)
    for number in range(5):
        cache.write(f"m{number}", MEASURED)
        os.utime(cache.folder() / f"m{number}.json", (number, number))
    cache.write("m5", MEASURED)
    left = sorted(path.name for path in cache.folder().iterdir())
    assert left == ["m3.json", "m4.json", "m5.json"]


OTHER_VALUES = {
    "token_column": "2",
    "tag_column": "3",
    "label_names": "O,B-PER,I-PER",
    "sentence_column": "1",
    "encoding": "cp1251",
    "span_offsets": "bytes",
    "recipe": "quick",
    "epochs": 7,
    "learning_rate": 1e-3,
    "schedule": "cosine",
    "sub_token_labels": "all",
    "class_weights": "sqrt",
    "precision": "bf16",
    "report_to": "trackio",
    "max_train": 50,
}


def other(config, name):
    if name in ("data", "model"):
        return {"data": "sample", "model": "starter"}[name]
    value = getattr(config, name)
    if name in OTHER_VALUES:
        return OTHER_VALUES[name]
    return not value if isinstance(value, bool) else value + 1


@pytest.mark.parametrize("name", TrainConfig.model_fields)
def test_a_setting_has_a_measurement_of_its_own_if_it_changes_the_speed(config, name):
    value = other(config, name)
    assert value != getattr(config, name)
    same = name_of(config) == name_of(config.model_copy(update={name: value}))
    assert same == (name in cache.NOT_IN_KEY)


def test_other_data_or_another_model_in_the_same_place_are_measured_anew(config, tmp_path):
    before = name_of(config)
    assert name_of(config) == before
    write_conll(tmp_path / "toy" / "train.conll", toy.toy_sentences(151, 5))
    after = name_of(config)
    assert after != before
    model = shutil.copytree(config.model, tmp_path / "model")
    config = config.model_copy(update={"model": str(model)})
    before = name_of(config)
    os.utime(model / "config.json", (1, 1))
    assert name_of(config) != before
