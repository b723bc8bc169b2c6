"""``convert`` on the command line, and columns that are chosen there."""

import json

import pytest

from ner_core.data import writers
from ner_core.data.corpus import load_as_it_is
from ner_core.runs import store
from tests.support.toy import training


@pytest.fixture
def model(toy_run):
    return str(toy_run.model_dir)


# Columns


@pytest.fixture
def table_file(tmp_path):
    """Return a CSV file whose columns nothing but a person can tell, and whose tags are numbers."""
    rows = "".join(f"{n},x{n},ann{n},1,9\n{n},x,k,2,9\n{n},x,lives,0,9\n" for n in range(1, 31))
    path = tmp_path / "my.csv"
    path.write_text("sentence_id,lemma,form,mark,other\n" + rows)
    return path


COLUMNS = ("--token-column", "form", "--tag-column", "mark", "--label-names", "O,B-PER,I-PER")


def test_columns_and_names_of_numbers_are_chosen(document, table_file, model, tiny_model):
    report = document("check", table_file, *COLUMNS)
    assert report["formats"] == {"train": "CSV", "validation": "CSV"}
    assert report["splits"]["train"] == {
        "sentences": 27,
        "tokens": 81,
        "entities": 27,
        "per_type": {"PER": 27},
    }
    assert report["examples"][0]["entities"][0]["label"] == "PER"
    shown = document("check", table_file, "--show-alignment", 1, "--model", tiny_model, *COLUMNS)
    assert shown["words"][1:] == ["k", "lives"]
    scores = document("evaluate", "--model", model, "--data", table_file, *COLUMNS)
    assert (scores["support"], scores["sentences"]) == (30, 30)


@pytest.mark.slow
@pytest.mark.usefixtures("forked_workers")
def test_a_run_keeps_the_columns_that_were_chosen(call, table_file, tiny_encoder):
    code, out, err = call(
        *training(table_file, tiny_encoder, "--run-id", "own", *COLUMNS, "--json")
    )
    assert code == 0, err
    config = store.get("own").config()
    assert (config.token_column, config.tag_column, config.label_names) == (
        "form",
        "mark",
        "O,B-PER,I-PER",
    )
    assert json.loads(out.splitlines()[-1])["validation"]["support"] == 3


# convert


def test_there_is_a_test_for_every_form_to_convert_to():
    assert {form for form, _ in FORMS} == set(writers.FORMATS)


FORMS = [("conll", "conll"), ("jsonl", "jsonl"), ("spans", "jsonl"), ("parquet", "parquet")]


@pytest.mark.parametrize(("form", "ending"), FORMS)
def test_what_was_converted_is_read_back(call, document, toy_data, tmp_path, form, ending):
    output = tmp_path / "out"
    converted = document("convert", toy_data, "--to", form, "--output", output)
    assert converted == {
        "files": [str(output / f"{split}.{ending}") for split in ("train", "validation", "test")],
        "sentences": {"train": 32, "validation": 8, "test": 8},
    }
    before, after = load_as_it_is(str(toy_data)), load_as_it_is(str(output))
    for split in before.dataset:
        for column in ("tokens", "ner_tags"):
            assert after.dataset[split][column][:] == before.dataset[split][column][:]
    assert after.label_names == before.label_names
    refused = call("convert", toy_data, "--to", form, "--output", output)
    assert refused == (
        2,
        "",
        f"error: There is already a folder that is not empty at '{output}'. Choose another name, "
        "or remove it first.\n",
    )


@pytest.mark.parametrize(("form", "ending"), FORMS)
def test_a_single_file_becomes_a_single_file(call, refusal, toy_data, tmp_path, form, ending):
    output = tmp_path / f"out.{ending}"
    source = toy_data / "train.conll"
    arguments = ("convert", source, "--to", form, "--output", output)
    assert call(*arguments) == (0, f"{output}\n", "")
    content = output.read_bytes()
    after = load_as_it_is(str(output)).dataset["train"]
    before = load_as_it_is(str(source)).dataset["train"]
    assert after["tokens"][:] == before["tokens"][:]
    assert after["ner_tags"][:] == before["ner_tags"][:]
    assert refusal(*arguments) == (
        f"There is already a file at '{output}'. Choose another name, or remove it first."
    )
    assert output.read_bytes() == content


def test_chosen_columns_are_converted(call, table_file, tmp_path):
    output = tmp_path / "out.conll"
    assert call("convert", table_file, "--to", "conll", "--output", output, *COLUMNS)[0] == 0
    assert output.read_text().startswith("ann1\tB-PER\nk\tI-PER\nlives\tO\n\n")


def test_data_with_a_row_that_cannot_be_read_are_not_converted(refusal, tmp_path):
    path = tmp_path / "my.conll"
    path.write_text("ann B-PER\n\noslo B_LOC\n")
    output = tmp_path / "out.jsonl"
    assert refusal("convert", path, "--to", "jsonl", "--output", output) == (
        "my.conll, line 3: 'B_LOC' is not a tag such as O, B-PER or I-PER. Write it as B-LOC."
    )
    assert not output.exists()


def test_another_form_is_refused(refusal, toy_data, tmp_path):
    sentence = refusal("convert", toy_data, "--to", "xml", "--output", tmp_path / "x")
    assert sentence.startswith("argument --to: invalid choice: 'xml' (choose from ")
