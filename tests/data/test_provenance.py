"""Where data and encoder of a run come from, as it is kept with the run."""

import hashlib

import pytest
from huggingface_hub import constants

from ner_core.config import TrainConfig
from ner_core.data.corpus import load_as_it_is, load_data
from ner_core.data.provenance import provenance
from ner_core.data.writers import write_corpus
from ner_core.training.setup import prepare
from tests.conftest import write_conll
from tests.support import toy

SENTENCES = [
    [("Ann", "B-PER"), ("K", "I-PER"), ("says", "O"), ("“é😀\u2028”", "O")],
    [("Oslo", "B-LOC"), ("Rome", "B-LOC")],
    [("nothing", "O")],
]


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "my news"
    folder.mkdir()
    write_conll(folder / "train.conll", SENTENCES)
    write_conll(folder / "dev.conll", SENTENCES[:1])
    return load_data(str(folder))


def test_a_fingerprint_is_the_hash_of_what_convert_writes(corpus, tmp_path):
    files = write_corpus(corpus.dataset, "jsonl", tmp_path / "out")
    splits = provenance(corpus)["splits"]
    assert [file.stem for file in files] == list(splits)
    for file in files:
        assert splits[file.stem]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_it_is_the_same_whatever_the_format(corpus, tmp_path):
    write_corpus(corpus.dataset, "parquet", tmp_path / "out")
    again = load_data(str(tmp_path / "out"))
    one, other = (provenance(each)["splits"]["train"] for each in (corpus, again))
    assert one["sha256"] == other["sha256"]
    assert one["format"] != other["format"]


def test_another_tag_or_another_order_gives_another_fingerprint(tmp_path):
    found = set()
    changed = [[("Ann", "B-LOC"), *SENTENCES[0][1:]], *SENTENCES[1:]]
    for number, sentences in enumerate((SENTENCES, SENTENCES[::-1], changed)):
        path = write_conll(tmp_path / f"{number}.conll", sentences)
        (split,) = provenance(load_as_it_is(str(path)))["splits"].values()
        found.add(split["sha256"])
    assert len(found) == 3


def test_a_folder_goes_by_its_name_and_each_part_is_measured(corpus):
    found = provenance(corpus)
    assert (found["kind"], found["name"], found["hub"]) == ("files", "my news", None)
    train = found["splits"]["train"]
    del train["sha256"]
    assert train == {
        "source": "train.conll",
        "format": "CoNLL columns",
        "scheme": "IOB2",
        "repaired": 0,
        "sentences": 3,
        "words": 7,
        "entities": {"LOC": 2, "PER": 1},
    }


def test_a_part_that_was_put_aside_is_from_the_training_part_s_file(tmp_path):
    path = write_conll(tmp_path / "all.conll", SENTENCES * 8)
    splits = provenance(load_data(str(path)))["splits"]
    assert {part["source"] for part in splits.values()} == {"all.conll"}
    assert splits["validation"]["scheme"] == splits["train"]["scheme"] == "IOB2"
    assert sum(part["sentences"] for part in splits.values()) == 24


def test_the_encoder_of_a_run_has_its_commit_on_the_hub(tiny_encoder, tmp_path, monkeypatch):
    commit = "a" * 40
    folder = tmp_path / "cache" / "models--ann--tiny"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit)
    (folder / "snapshots").mkdir()
    (folder / "snapshots" / commit).symlink_to(tiny_encoder)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    corpus = str(toy.write_toy(tmp_path / "toy", train=8, validation=4, test=0))
    values = {"data": corpus, "model": "ann/tiny", "max_length": 64}
    prepared = prepare(TrainConfig.from_values(values))
    assert prepared.origin == {
        "kind": "hub",
        "name": "ann/tiny",
        "id": "ann/tiny",
        "revision": commit,
    }
    there = prepare(TrainConfig.from_values({**values, "model": str(tiny_encoder)}))
    assert there.origin == {
        "kind": "folder",
        "name": tiny_encoder.name,
        "id": None,
        "revision": None,
    }
