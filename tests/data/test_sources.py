"""Where data come from: what a name means, and which splits it has."""

import huggingface_hub
import pytest
from huggingface_hub import constants

from ner_core.data.corpus import load_as_it_is
from ner_core.data.readers.sentence import ReadOptions, Sentence
from ner_core.data.sources import SAMPLE, canonical_source, find_sources, short_name
from ner_core.errors import DataError
from tests.conftest import write_conll
from tests.support.hub_server import Repo, serve

NO_DATA = "Found no data at {!r}. Choose sample, a file, a folder or a Hub dataset (owner/name)."


def find(source):
    return find_sources(str(source), ReadOptions())


def refusal(source):
    with pytest.raises(DataError) as caught:
        canonical_source(source)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "canonical"),
    [
        ("sample", "sample"),
        ("owner/name", "hub:owner/name"),
        ("owner/name:config@main", "hub:owner/name:config@main"),
        ("hub:owner/name", "hub:owner/name"),
    ],
)
def test_a_name_has_one_way_to_be_written(source, canonical, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert canonical_source(source) == canonical
    assert canonical_source(canonical) == canonical


@pytest.mark.parametrize(
    "source", ["", "nowhere", "a/b/c", "/a/b", "./a", "hub:", "hub:name", "\0"]
)
def test_what_is_nothing_is_a_sentence(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refusal(source) == NO_DATA.format(source)


def test_a_folder_comes_before_the_hub_unless_the_hub_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert canonical_source("owner/name") == str(tmp_path / "owner" / "name")
    assert canonical_source("hub:owner/name") == "hub:owner/name"


def test_a_path_called_as_the_sample_is_written_with_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_conll(tmp_path / "sample", [[("Ann", "B-PER")]])
    assert canonical_source("sample") == "sample"
    assert canonical_source("./sample") == str(tmp_path / "sample")


@pytest.mark.parametrize(
    ("source", "name"),
    [("sample", "sample"), ("/a/my.conll", "my.conll"), ("hub:owner/name", "owner/name")],
)
def test_the_short_name_of_a_source(source, name):
    assert short_name(source) == name


def test_the_sample_is_a_folder_of_three_files():
    found, notes = find("sample")
    assert {split: source.name for split, source in found.items()} == {
        "train": "train.txt",
        "validation": "validation.txt",
        "test": "test.txt",
    }
    assert notes == ()
    assert SAMPLE is SAMPLE


def test_a_file_is_all_there_is(tmp_path):
    path = write_conll(tmp_path / "my.conll", [[("Ann", "B-PER")]])
    found, notes = find(path)
    assert list(found) == ["all"]
    assert notes == ()
    source = found["all"]
    assert (source.name, source.format, source.unit) == ("my.conll", "CoNLL columns", "line")


def test_a_split_can_be_read_again_and_again(tmp_path):
    found, _ = find(write_conll(tmp_path / "my.conll", [[("Ann", "B-PER")]]))
    expected = [Sentence(["Ann"], ["B-PER"], [1], 0)]
    assert [list(found["all"].read()) for _ in range(3)] == [expected] * 3


CONTENTS = {
    "CoNLL columns": "Ann B-PER\nran O\n",
    "inline mark-up": "[Ann](PER) ran\n",
    "JSON": '{"tokens": ["Ann", "ran"], "tags": ["B-PER", "O"]}\n',
    "CSV": "sentence,word,tag\n1,Ann,B-PER\n1,ran,O\n",
    "Label Studio": '[{"data": {"text": "Ann ran"}, "annotations": [{"result": []}]}]',
}


@pytest.mark.parametrize("form", CONTENTS)
@pytest.mark.parametrize("name", ["train.txt", "train.json", "train"])
def test_a_format_is_told_by_its_content_whatever_its_name(tmp_path, form, name):
    (tmp_path / name).write_text(CONTENTS[form])
    found, _ = find(tmp_path)
    assert found["train"].format == form
    (sentence,) = found["train"].read()
    assert sentence.tokens[:2] == ["Ann", "ran"]


def test_a_source_of_the_hub_is_read_with_and_without_its_prefix(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    rows = CONTENTS["JSON"] * 3
    with serve() as hub:
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        hub.datasets["owner/name"] = Repo({"main": {"train.jsonl": rows.encode()}})
        for source in ("owner/name", "hub:owner/name"):
            corpus = load_as_it_is(source)
            assert corpus.dataset["train"]["tokens"][:] == [["Ann", "ran"]] * 3
            assert corpus.source == source
            assert corpus.sources["train"].name == "owner/name (train)"
    huggingface_hub.close_session()
