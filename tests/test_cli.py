"""The command line as scripts use it: documents on stdout, sentences on stderr, exit codes."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ner_core import TrainConfig, data, runs
from ner_core.data import ReadOptions, writers
from ner_core.data.conll import read_conll
from ner_core.words import split_words
from tests import toy
from tests.conftest import write_conll
from tests.toy import training

REPOSITORY = Path(__file__).parent.parent
COMMANDS = (
    *("check", "convert", "train", "evaluate", "predict"),
    *("runs", "show", "stop", "resume", "delete"),
)
NOTHING_THERE = "Expected the id of a run, found 'nowhere'; `python -m ner_core runs` lists them."
HELP = "`python -m ner_core --help` shows what there is."


@pytest.fixture
def model(toy_run):
    return str(toy_run.model_dir)


# What is refused


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "empty.conll",
            b"",
            "Expected annotated sentences in empty.conll, found none; write a word and its tag on "
            "each line, a blank line between sentences.",
        ),
        (
            "one.conll",
            b"ann\nlives\n",
            "one.conll, line 1: expected a word and its tag, separated by a blank or a tab, found "
            "one column ('ann'); put the tag in the last column.",
        ),
        (
            "tag.conll",
            b"lives O\nann B_PER\n",
            "tag.conll, line 2: expected a tag such as O, B-PER or I-PER, found 'B_PER'; "
            "write it as B-PER.",
        ),
        (
            "binary.conll",
            b"ann B-PER\n\x00\x01\x02",
            "binary.conll, line 2: expected a text file, found binary data; choose another one.",
        ),
        (
            "latin.conll",
            b"Z\xfcrich B-LOC\n",
            "latin.conll, line 1: expected UTF-8 text, found the byte 0xfc; "
            "save the file as UTF-8.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.endswith(".conll") else "",
)
def test_a_bad_file_is_refused(refusal, model, tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    assert refusal("check", path) == sentence
    assert refusal("train", "--data", path) == sentence
    assert refusal("evaluate", "--model", model, "--data", path) == sentence
    assert runs.list_runs() == []


@pytest.mark.parametrize(
    "command", [("check",), ("train", "--data"), ("evaluate", "--model", "minilm", "--data")]
)
def test_data_that_is_not_there_is_refused(refusal, tmp_path, command):
    assert refusal(*command, tmp_path / "nowhere") == (
        "Expected data: sample, a file, a folder or a Hub dataset (owner/name); found nothing at "
        f"'{tmp_path}/nowhere'."
    )


def test_a_folder_without_data_is_refused(refusal, tmp_path):
    assert refusal("check", tmp_path) == (
        "Expected files named train, validation (or dev, valid, testa) and test in "
        f"{tmp_path.name}, found no files; rename them."
    )


@pytest.mark.parametrize(
    "command",
    [
        ("train", "--data", "sample", "--model"),
        ("evaluate", "--data", "sample", "--model"),
        ("predict", "ann", "--model"),
        ("check", "sample", "--show-alignment", "1", "--model"),
    ],
    ids=lambda command: command[0],
)
def test_a_folder_that_is_no_model_is_refused(refusal, tmp_path, command):
    folder = tmp_path / "no-model"
    folder.mkdir()
    assert refusal(*command, folder) == (
        f"Expected a model folder with a config.json at {folder}, found none; "
        "choose the folder that a model was saved in."
    )
    assert runs.list_runs() == []


SETTINGS = ", ".join(TrainConfig.model_fields)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--learning-rate", "-1"),
            "learning_rate: expected a number above 0 and up to 1, found '-1'.",
        ),
        (
            ("--learning-rate", "fast"),
            "learning_rate: expected a number above 0 and up to 1, found 'fast'.",
        ),
        (("--epochs", "0"), "epochs: expected a number above 0 and up to 1,000, found '0'."),
        (("--epochs", "nan"), "epochs: expected a number above 0 and up to 1,000, found 'nan'."),
        (
            ("--batch-size", "1.5"),
            "batch_size: expected a whole number from 1 to 1,024, found '1.5'.",
        ),
        (("--max-train", "0"), "max_train: expected a whole number from 1 on, found '0'."),
        (("--set", "no_such=1"), f"Expected one of the settings {SETTINGS}; found 'no_such'."),
        (("--set", "no_such"), "--set: expected KEY=VALUE, found 'no_such'."),
        (
            ("--set", "sub_token_labels=some"),
            "sub_token_labels: expected one of first, all, copy, found 'some'.",
        ),
        (
            ("--set", "group_by_length=perhaps"),
            "group_by_length: expected true or false, found 'perhaps'.",
        ),
        (("--set", "warmup=1"), "warmup: expected a number from 0 to below 1, found '1'."),
        (
            ("--set", "overlap=200"),
            "overlap: expected at most half of max_length (128), found 200.",
        ),
        (
            ("--recipe", "cake"),
            "recipe: expected one of quick, balanced, best, adapter, notebook, found 'cake'.",
        ),
        (
            ("--run-id", "a/b"),
            "Expected a run id of letters, digits, - and _, found 'a/b'; "
            "`python -m ner_core runs` lists them.",
        ),
        (
            ("--run-id", ".."),
            "Expected a run id of letters, digits, - and _, found '..'; "
            "`python -m ner_core runs` lists them.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_bad_setting_is_refused_before_there_is_a_run(refusal, arguments, sentence):
    assert refusal("train", "--data", "sample", *arguments) == sentence
    assert runs.list_runs() == []


def test_the_id_of_another_run_is_refused(refusal):
    runs.create(TrainConfig(), "taken")
    assert refusal("train", "--data", "sample", "--run-id", "taken") == (
        "Expected a new run id, found the existing run taken; choose another."
    )


def test_a_run_without_a_model_cannot_be_used(refusal):
    runs.create(TrainConfig(), "idle")
    assert refusal("predict", "--model", "idle", "ann") == (
        "Expected a run with a finished model, found idle, which has none; "
        "its state is interrupted."
    )


def test_an_unknown_command_is_refused(refusal):
    sentence = refusal("fly")
    assert sentence.startswith("argument COMMAND: invalid choice: 'fly' (choose from ")
    assert sentence.endswith(f"; {HELP}")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), f"the following arguments are required: COMMAND; {HELP}"),
        (
            ("check",),
            "the following arguments are required: data; "
            "`python -m ner_core check --help` shows what there is.",
        ),
        (
            ("train",),
            "the following arguments are required: --data; "
            "`python -m ner_core train --help` shows what there is.",
        ),
        (
            ("evaluate", "--data", "sample"),
            "the following arguments are required: --model; "
            "`python -m ner_core evaluate --help` shows what there is.",
        ),
        (("runs", "--no-such"), f"unrecognized arguments: --no-such; {HELP}"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_arguments_that_are_missing_or_unknown_are_refused(refusal, arguments, sentence):
    assert refusal(*arguments) == sentence


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Expected a text to read, found none; give one, or a file with --file."),
        (("ann", "--file", "f"), "Expected a text or --file, found both; leave one of them out."),
        (
            ("--file", "/nowhere"),
            "Expected a file that can be read at /nowhere, found: No such file or directory.",
        ),
        (("ann", "--threshold", "1.5"), "--threshold: expected a number from 0 to 1, found 1.5."),
        (("ann", "--threshold", "nan"), "--threshold: expected a number from 0 to 1, found nan."),
        (
            ("ann", "--threshold", "x"),
            "argument --threshold: invalid float value: 'x'; "
            "`python -m ner_core predict --help` shows what there is.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_predict_without_a_text_is_refused(refusal, monkeypatch, arguments, sentence):
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert refusal("predict", "--model", "minilm", *arguments) == sentence


@pytest.mark.parametrize("number", [0, -1, 33])
def test_a_sentence_that_is_not_there_cannot_be_laid_out(refusal, toy_data, number):
    assert refusal("check", toy_data, "--show-alignment", number) == (
        f"--show-alignment: expected a training sentence from 1 to 32, found {number}."
    )


def test_a_split_that_is_not_there_is_refused(refusal, model, tmp_path):
    folder = toy.write_toy(tmp_path / "two", test=0)
    assert refusal("evaluate", "--model", model, "--data", folder) == (
        "Expected a test part in two, found train, validation; choose one of these with --split."
    )


# Faults of ours


def test_a_fault_of_ours_is_one_line_and_exit_code_1(call, monkeypatch):
    monkeypatch.delenv("NER_DEBUG", raising=False)
    monkeypatch.setattr(runs, "list_runs", lambda: 1 / 0)
    assert call("runs") == (
        1,
        "",
        "error: a fault of NER Studio (ZeroDivisionError: division by zero); "
        "set NER_DEBUG=1 to see where.\n",
    )


def test_a_fault_of_ours_shows_where_it_is_when_asked(call, monkeypatch):
    monkeypatch.setenv("NER_DEBUG", "1")
    monkeypatch.setattr(runs, "list_runs", lambda: 1 / 0)
    code, out, err = call("runs")
    assert (code, out) == (1, "")
    assert err.startswith("Traceback")
    assert err.count("ZeroDivisionError: division by zero") == 2


def test_an_interrupted_command_says_nothing(call, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "list_runs", interrupted)
    assert call("runs") == (130, "", "")


# check


def test_check_gives_counts_and_findings(document, toy_data):
    report = document("check", toy_data)
    assert report.keys() == {
        *{"source", "scheme", "formats", "splits", "findings", "examples", "encoder"}
    }
    assert report["source"] == str(toy_data)
    assert report["scheme"] == "IOB2"
    assert {name: row["sentences"] for name, row in report["splits"].items()} == {
        "train": 32,
        "validation": 8,
        "test": 8,
    }
    assert report["splits"]["train"]["per_type"] == {"LOC": 32, "PER": 32}
    for finding in report["findings"]:
        assert finding.keys() == {"level", "code", "message", "count", "rows"}


def test_check_prints_a_table_for_people(call):
    code, out, err = call("check", "sample")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "sample (inline mark-up; tags: IOB2)"
    assert lines[2].split() == [
        "split",
        "sentences",
        "tokens",
        "entities",
        "LOC",
        "MISC",
        "ORG",
        "PER",
    ]
    assert lines[4].split() == [
        "train",
        "3,467",
        "62,740",
        "7,672",
        "2,606",
        "1,530",
        "1,909",
        "1,627",
    ]


def test_an_alignment_is_laid_out_as_a_table(call, tmp_path, tiny_model):
    folder = toy.write_toy(tmp_path / "toy", train=0)
    write_conll(folder / "train.conll", [[("Maria", "B-PER"), ("in", "O"), ("Oslo", "B-LOC")]])
    arguments = ("check", folder, "--show-alignment", 1, "--model", tiny_model)
    code, out, _ = call(*arguments)
    assert code == 0
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["sub-token", "word", "label"]
    assert set("".join(rows[1])) == {"-"}
    assert rows[2:] == [
        ["[CLS]", "–"],
        ["m", "0", "Maria", "B-PER"],
        ["##a", "0", "Maria", "–"],
        ["##r", "0", "Maria", "–"],
        ["##i", "0", "Maria", "–"],
        ["##a", "0", "Maria", "–"],
        ["in", "1", "in", "O"],
        ["oslo", "2", "Oslo", "B-LOC"],
        ["[SEP]", "–"],
    ]
    rows = [line.split() for line in call(*arguments, "--sub-token-labels", "all")[1].splitlines()]
    assert [row[-1] for row in rows[3:8]] == ["B-PER"] + ["I-PER"] * 4


def test_an_alignment_is_a_document_too(document, toy_data, tiny_model):
    found = document("check", toy_data, "--show-alignment", 2, "--model", tiny_model)
    assert found["sentence"] == 2
    labels = [row["label"] for row in found["alignment"] if row["label"]]
    assert len(labels) == len(found["words"])
    assert found["alignment"][0] == {
        "window": 0,
        "sub_token": "[CLS]",
        "word_id": None,
        "word": None,
        "label": None,
    }


def test_check_lists_every_row_that_cannot_be_read(call, document, tmp_path):
    path = tmp_path / "my.conll"
    path.write_text("ann B-PER\n\noslo\n\nbob B-PER\n\ncy B_PER\n")
    (finding,) = [f for f in document("check", path)["findings"] if f["code"] == "unreadable"]
    assert [(row["source"], row["line"]) for row in finding["rows"]] == [
        ("my.conll", 3),
        ("my.conll", 7),
    ]
    assert call("check", path)[1].splitlines()[7:10] == [
        "error: 2 rows cannot be read, and are left out here. Training does not start before they "
        "are mended.",
        "    my.conll, line 3: expected a word and its tag, separated by a blank or a tab, found "
        "one column ('oslo'); put the tag in the last column. oslo",
        "    my.conll, line 7: expected a tag such as O, B-PER or I-PER, found 'B_PER'; write it "
        "as B-PER. cy B_PER",
    ]


def test_check_tells_what_an_encoder_makes_of_the_data(call, document, toy_data, tiny_encoder):
    encoder = document("check", toy_data, "--model", tiny_encoder)["encoder"]
    assert (encoder["sentences"], encoder["windows"], encoder["over_window"]) == (48, 48, 0)
    assert [row["label"] for row in encoder["alignment"] if row["label"].startswith("B-")] == [
        "B-PER",
        "B-LOC",
    ]
    line = call("check", toy_data, "--model", tiny_encoder)[1].splitlines()[8]
    assert line == (
        f"{encoder['model']} reads a sentence as {encoder['median']:.0f} sub-tokens (median), "
        f"{encoder['p95']:.0f} or fewer in 95 of 100, {encoder['longest']} at most; with windows "
        "of 256 the 48 sentences become 48 windows."
    )


# Columns


@pytest.fixture
def table_file(tmp_path):
    """Give a CSV file whose columns nothing but a person can tell, and whose tags are numbers."""
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


@pytest.mark.usefixtures("forked_workers")
def test_a_run_keeps_the_columns_that_were_chosen(call, table_file, tiny_encoder):
    code, out, err = call(
        *training(table_file, tiny_encoder, "--run-id", "own", *COLUMNS, "--json")
    )
    assert code == 0, err
    config = runs.get("own").config()
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
    before, after = data.load_as_it_is(str(toy_data)), data.load_as_it_is(str(output))
    for split in before.dataset:
        for column in ("tokens", "ner_tags"):
            assert after.dataset[split][column][:] == before.dataset[split][column][:]
    assert after.label_names == before.label_names
    refused = call("convert", toy_data, "--to", form, "--output", output)
    assert refused == (
        2,
        "",
        f"error: Expected nothing yet at '{output}', found a folder that is not empty; choose "
        "another name, or take it away first.\n",
    )


@pytest.mark.parametrize(("form", "ending"), FORMS)
def test_a_single_file_becomes_a_single_file(call, refusal, toy_data, tmp_path, form, ending):
    output = tmp_path / f"out.{ending}"
    source = toy_data / "train.conll"
    arguments = ("convert", source, "--to", form, "--output", output)
    assert call(*arguments) == (0, f"{output}\n", "")
    content = output.read_bytes()
    after = data.load_as_it_is(str(output)).dataset["train"]
    before = data.load_as_it_is(str(source)).dataset["train"]
    assert after["tokens"][:] == before["tokens"][:]
    assert after["ner_tags"][:] == before["ner_tags"][:]
    assert refusal(*arguments) == (
        f"Expected nothing yet at '{output}', found a file; choose another name, or take it away "
        "first."
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
        "my.conll, line 3: expected a tag such as O, B-PER or I-PER, found 'B_LOC'; "
        "write it as B-LOC."
    )
    assert not output.exists()


def test_another_form_is_refused(refusal, toy_data, tmp_path):
    sentence = refusal("convert", toy_data, "--to", "xml", "--output", tmp_path / "x")
    assert sentence.startswith("argument --to: invalid choice: 'xml' (choose from ")


# evaluate and predict


def test_scores_from_typed_text(document, model, toy_data):
    scores = document("evaluate", "--model", model, "--data", toy_data, "--from-text")
    assert scores["from_text"] is True
    assert scores["sentences"] == 8
    assert scores["support"] == 16
    assert scores["f1"] > 0.9
    assert scores.keys() >= {"precision", "recall", "per_type"}


def test_the_batch_size_changes_no_score(document, model, toy_data):
    arguments = ("evaluate", "--model", model, "--data", toy_data)
    assert document(*arguments, "--batch-size", "3")["f1"] == document(*arguments)["f1"]


def test_the_labels_of_an_evaluated_model_may_be_named(refusal, model, toy_data):
    sentence = refusal("evaluate", "--model", model, "--data", toy_data, "--model-labels", "O")
    assert "found 1" in sentence


def test_a_file_without_splits_is_scored_whole(call, document, model, toy_data):
    arguments = ("evaluate", "--model", model, "--data", toy_data / "train.conll")
    assert document(*arguments)["sentences"] == 32
    code, out, err = call(*arguments)
    assert code == 0
    assert err == "note: There are no splits: all 32 sentences are the test.\n"
    assert out.splitlines()[0].split() == ["precision", "recall", "f1", "entities"]


def test_a_text_gives_one_document(document, model):
    assert document("predict", "--model", model, "Ann K lives in Oslo.") == {
        "text": "Ann K lives in Oslo.",
        "entities": [
            {
                "start": 0,
                "end": 5,
                "label": "PER",
                "score": pytest.approx(1, abs=0.2),
                "text": "Ann K",
            },
            {
                "start": 15,
                "end": 19,
                "label": "LOC",
                "score": pytest.approx(1, abs=0.2),
                "text": "Oslo",
            },
        ],
    }


def test_a_text_gives_a_table_for_people(call, model):
    code, out, err = call("predict", "--model", model, "Ann lives in Oslo.")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["entity", "type", "score", "start", "end"]
    assert [line.split()[:2] for line in lines[2:]] == [["Ann", "PER"], ["Oslo", "LOC"]]
    assert call("predict", "--model", model, "the")[1] == "No entities.\n"
    assert call("predict", "--model", model, "")[1] == "No entities.\n"


def test_a_text_may_be_piped_in(document, model, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("bob works in Paris\n"))
    found = document("predict", "--model", model)
    assert found["text"] == "bob works in Paris\n"
    assert [entity["text"] for entity in found["entities"]] == ["bob", "Paris"]


def test_the_threshold_of_the_command_line(document, model):
    arguments = ("predict", "--model", model, "ann lives in oslo", "--threshold")
    assert len(document(*arguments, "0")["entities"]) == 2
    assert document(*arguments, "1")["entities"] == []


LINES = ["ann lives in oslo", "", "  ", "日本 “bob” works …", "", "the city"]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("options", [(), ("--json",), ("--format", "json")], ids=" ".join)
def test_a_file_gives_an_object_for_each_line(call, model, tmp_path, options, end):
    path = tmp_path / "lines.txt"
    path.write_bytes(end.join(LINES).encode() + end.encode())
    code, out, err = call("predict", "--model", model, "--file", path, *options)
    assert (code, err) == (0, "")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["text"] for row in rows] == LINES
    assert [entity["text"] for entity in rows[0]["entities"]] == ["ann", "oslo"]
    assert [rows[number]["entities"] for number in (1, 2, 4)] == [[], [], []]
    assert "日本" in out


def test_an_empty_file_gives_nothing(call, model, tmp_path):
    path = tmp_path / "empty.txt"
    path.touch()
    assert call("predict", "--model", model, "--file", path) == (0, "", "")


@pytest.mark.parametrize(
    "text",
    [
        "Ann K lives in the (Oslo city), and Bob works near “Paris”.",
        "# ann lives in oslo",
        "ann\u00a0k\tlives\nin \u200b oslo",
        "日本 paris … B-PER O",
    ],
)
def test_conll_output_is_read_back(call, document, model, tmp_path, text):
    code, out, _ = call("predict", "--model", model, text, "--format", "conll")
    assert code == 0
    path = tmp_path / "found.conll"
    path.write_text(out, encoding="utf-8")
    (sentence,) = read_conll(path, ReadOptions())
    words = split_words(text)
    assert sentence.tokens == [text[word.start : word.end] for word in words]
    spans = {}
    for number, tag in enumerate(sentence.tags):
        if tag.startswith("B-"):
            begin = words[number].start
        if tag != "O":
            spans[begin] = (words[number].end, tag[2:])
    entities = document("predict", "--model", model, text)["entities"]
    assert spans == {e["start"]: (e["end"], e["label"]) for e in entities}
    assert entities


def test_conll_output_of_a_file_is_read_back(call, model, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("ann lives in oslo\n\nbob k works\n", encoding="utf-8")
    code, out, _ = call("predict", "--model", model, "--file", path, "--format", "conll")
    assert code == 0
    found = tmp_path / "found.conll"
    found.write_text(out, encoding="utf-8")
    assert [sentence.tags for sentence in read_conll(found, ReadOptions())] == [
        ["B-PER", "O", "O", "B-LOC"],
        ["B-PER", "I-PER", "O"],
    ]


# The program itself


@pytest.mark.parametrize(
    ("arguments", "code", "err"),
    [
        (("show", "nowhere"), 2, f"error: {NOTHING_THERE}\n"),
        ((), 2, f"error: the following arguments are required: COMMAND; {HELP}\n"),
    ],
    ids=["unknown run", "no command"],
)
def test_the_program_gives_exit_codes_and_sentences(arguments, code, err):
    done = subprocess.run(
        [sys.executable, "-m", "ner_core", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, "", err)


def test_output_into_a_pipe_that_closes_is_no_fault(model, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("ann lives in oslo\n" * 1000)
    program = f"{sys.executable} -m ner_core predict --model {model} --file {path}"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {program} | head -n 1"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["text"] == "ann lives in oslo"
    assert done.stderr == ""


def test_each_command_has_help(call):
    for command in COMMANDS:
        code, out, err = call(command, "--help")
        assert (code, err) == (0, "")
        assert out.startswith(f"usage: python -m ner_core {command}")
    text = re.sub(r"\s+", " ", call("train", "--help")[1])
    for expectation in ("a number above 0 and up to 1", "a whole number from 1 to 1,024"):
        assert expectation in text
