"""The command line as scripts use it: documents on stdout, sentences on stderr, exit codes."""

import re
import subprocess
import sys

import pytest

from ner_core.cli import main
from ner_core.config import TrainConfig
from ner_core.runs import store
from tests.conftest import write_conll
from tests.support import toy
from tests.support.places import REPOSITORY

NOTHING_THERE = "There is no run 'nowhere'. List your runs with `python -m ner_core runs`."
HELP = "Run `python -m ner_core --help` to see the options."


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
            "empty.conll has no annotated sentences. Write a word and its tag on each line, and a "
            "blank line between sentences.",
        ),
        (
            "one.conll",
            b"ann\nlives\n",
            "one.conll, line 1: there is only a word here ('ann'), without a tag. Write a tag "
            "after it, separated by a blank or a tab.",
        ),
        (
            "tag.conll",
            b"lives O\nann B_PER\n",
            "tag.conll, line 2: 'B_PER' is not a tag such as O, B-PER or I-PER. Write it as B-PER.",
        ),
        (
            "binary.conll",
            b"ann B-PER\n\x00\x01\x02",
            "binary.conll, line 2: this is binary data, not text. Choose a text file.",
        ),
        (
            "latin.conll",
            b"Z\xfc\xfd\xferich B-LOC\n",
            "latin.conll, line 1: the byte 0xfc is not UTF-8 text. Save the file as UTF-8.",
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
    assert store.list_runs() == []


@pytest.mark.parametrize(
    "command", [("check",), ("train", "--data"), ("evaluate", "--model", "minilm", "--data")]
)
def test_data_that_is_not_there_is_refused(refusal, tmp_path, command):
    assert refusal(*command, tmp_path / "nowhere") == (
        f"Found no data at '{tmp_path}/nowhere'. Choose sample, a file, a folder or a Hub dataset "
        "(owner/name)."
    )


def test_a_folder_without_data_is_refused(refusal, tmp_path):
    assert (
        refusal("check", tmp_path)
        == f"The folder {tmp_path.name} has no data files. Choose another one."
    )


@pytest.mark.slow
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
        f"{folder} has no config.json, so it isn't a model's folder. Choose the folder that a "
        "model was saved in."
    )
    assert store.list_runs() == []


SETTINGS = ", ".join(TrainConfig.model_fields)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--learning-rate", "-1"),
            "learning_rate can't be '-1'. Use a number above 0 and up to 1.",
        ),
        (
            ("--learning-rate", "fast"),
            "learning_rate can't be 'fast'. Use a number above 0 and up to 1.",
        ),
        (("--epochs", "0"), "epochs can't be '0'. Use a number above 0 and up to 1,000."),
        (("--epochs", "nan"), "epochs can't be 'nan'. Use a number above 0 and up to 1,000."),
        (
            ("--batch-size", "1.5"),
            "batch_size can't be '1.5'. Use a whole number from 1 to 1,024.",
        ),
        (("--max-train", "0"), "max_train can't be '0'. Use a whole number from 1 on."),
        (("--set", "no_such=1"), f"There is no setting 'no_such'. The settings are {SETTINGS}."),
        (("--set", "no_such"), "Can't read --set 'no_such'. Write it as KEY=VALUE."),
        (
            ("--set", "sub_token_labels=some"),
            "sub_token_labels can't be 'some'. Use one of first, all, copy.",
        ),
        (
            ("--set", "group_by_length=perhaps"),
            "group_by_length can't be 'perhaps'. Use true or false.",
        ),
        (("--set", "warmup=1"), "warmup can't be '1'. Use a number from 0 to below 1."),
        (
            ("--set", "overlap=200"),
            "overlap can't be 200. Use at most half of max_length, which is 128.",
        ),
        (
            ("--recipe", "cake"),
            "recipe can't be 'cake'. Use one of quick, balanced, best, adapter, notebook.",
        ),
        (
            ("--run-id", "a/b"),
            "'a/b' can't be a run's id, which has only letters, digits, - and _. List your runs "
            "with `python -m ner_core runs`.",
        ),
        (
            ("--run-id", ".."),
            "'..' can't be a run's id, which has only letters, digits, - and _. List your runs "
            "with `python -m ner_core runs`.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_bad_setting_is_refused_before_there_is_a_run(refusal, arguments, sentence):
    assert refusal("train", "--data", "sample", *arguments) == sentence
    assert store.list_runs() == []


@pytest.mark.slow
def test_the_id_of_another_run_is_refused(refusal):
    store.create(TrainConfig(), "taken")
    assert refusal("train", "--data", "sample", "--run-id", "taken") == (
        "There is already a run named taken. Choose another id."
    )


def test_a_run_without_a_model_cannot_be_used(refusal):
    store.create(TrainConfig(), "idle")
    assert refusal("predict", "--model", "idle", "ann") == (
        "The run idle has no model yet: it is interrupted. Choose another run."
    )


def test_an_unknown_command_is_refused(refusal):
    sentence = refusal("fly")
    assert sentence.startswith("argument COMMAND: invalid choice: 'fly' (choose from ")
    assert sentence.endswith(f". {HELP}")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), f"the following arguments are required: COMMAND. {HELP}"),
        (
            ("check",),
            "the following arguments are required: data. "
            "Run `python -m ner_core check --help` to see the options.",
        ),
        (
            ("train",),
            "the following arguments are required: --data. "
            "Run `python -m ner_core train --help` to see the options.",
        ),
        (
            ("evaluate", "--data", "sample"),
            "the following arguments are required: --model. "
            "Run `python -m ner_core evaluate --help` to see the options.",
        ),
        (("runs", "--no-such"), f"unrecognized arguments: --no-such. {HELP}"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_arguments_that_are_missing_or_unknown_are_refused(refusal, arguments, sentence):
    assert refusal(*arguments) == sentence


@pytest.mark.parametrize("number", [0, -1, 33])
def test_a_sentence_that_is_not_there_cannot_be_laid_out(refusal, toy_data, number):
    assert refusal("check", toy_data, "--show-alignment", number) == (
        f"--show-alignment can't be {number}. Choose a training sentence from 1 to 32."
    )


def test_a_split_that_is_not_there_is_refused(refusal, model, tmp_path):
    folder = toy.write_toy(tmp_path / "two", test=0)
    assert refusal("evaluate", "--model", model, "--data", folder) == (
        "two has no test part, only train, validation. Choose one of these with --split."
    )


# Faults of ours


def test_a_fault_of_ours_is_one_line_and_exit_code_1(call, monkeypatch):
    monkeypatch.delenv("NER_DEBUG", raising=False)
    monkeypatch.setattr(store, "list_runs", lambda: 1 / 0)
    assert call("runs") == (
        1,
        "",
        "error: something went wrong in NER Studio (ZeroDivisionError: division by zero). Set "
        "NER_DEBUG=1 to see where.\n",
    )


def test_a_fault_of_ours_shows_where_it_is_when_asked(call, monkeypatch):
    monkeypatch.setenv("NER_DEBUG", "1")
    monkeypatch.setattr(store, "list_runs", lambda: 1 / 0)
    code, out, err = call("runs")
    assert (code, out) == (1, "")
    assert err.startswith("Traceback")
    assert err.count("ZeroDivisionError: division by zero") == 2


def test_an_interrupted_command_says_nothing(call, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "list_runs", interrupted)
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


@pytest.mark.slow
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
        "error: 2 rows can't be read. Fix them to start training.",
        "    my.conll, line 3: there is only a word here ('oslo'), without a tag. Write a tag "
        "after it, separated by a blank or a tab. oslo",
        "    my.conll, line 7: 'B_PER' is not a tag such as O, B-PER or I-PER. Write it as B-PER. "
        "cy B_PER",
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


# The program itself


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "err"),
    [
        (("show", "nowhere"), 2, f"error: {NOTHING_THERE}\n"),
        ((), 2, f"error: the following arguments are required: COMMAND. {HELP}\n"),
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


def test_each_command_has_help(call):
    (commands,) = main.parser("python -m ner_core", main.COMMANDS)._subparsers._group_actions
    for command in commands.choices:
        code, out, err = call(command, "--help")
        assert (code, err) == (0, "")
        assert out.startswith(f"usage: python -m ner_core {command}")
    text = re.sub(r"\s+", " ", call("train", "--help")[1])
    for expectation in ("a number above 0 and up to 1", "a whole number from 1 to 1,024"):
        assert expectation in text
