"""``predict`` on the command line, with a random model of two types."""

import csv
import io
import json
import signal
import subprocess
import sys

import pytest

from ner_core.cli.arguments import names
from ner_core.inference.predictor import Predictor
from tests.support.places import REPOSITORY

TEXTS = ["ann lives in oslo", "", "bob works near paris"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def model(tiny_model):
    return str(tiny_model)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS) + "\n")
    return path


@pytest.fixture
def found(tiny_model):
    return Predictor.load(str(tiny_model)).predict_all(TEXTS)


def rows(out):
    return [json.loads(line) for line in out.splitlines()]


def test_names_are_separated_by_commas():
    assert names("O, B-PER ,I-PER") == ["O", "B-PER", "I-PER"]
    assert names("") is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "There is no text to read. Give one, or a file with --file."),
        (("ann", "--file", "f"), "There are both a text and --file. Leave one of them out."),
        (
            ("--file", "/nowhere"),
            "The file /nowhere cannot be read: No such file or directory.",
        ),
        (("ann", "--threshold", "1.5"), "--threshold must be a number from 0 to 1, not 1.5."),
        (("ann", "--threshold", "nan"), "--threshold must be a number from 0 to 1, not nan."),
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


# Files in


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("a.csv", "id,text\n1,ann\n2,bob\n", ()),
        ("a.csv", "id,notes\n1,ann\n2,bob\n", ("--text-column", "notes")),
        ("a.jsonl", '{"text": "ann"}\n{"text": "bob"}\n', ()),
        ("a.jsonl", '{"x": "ann"}\n{"x": "bob"}\n', ("--text-column", "x")),
        ("a.txt", "ann\nbob\n", ()),
    ],
)
def test_files_of_every_kind(call, model, tmp_path, name, content, more):
    path = tmp_path / name
    path.write_text(content)
    code, out, err = call("predict", "--model", model, "--file", path, *more)
    assert (code, err) == (0, "")
    assert [row["text"] for row in rows(out)] == ["ann", "bob"]


def test_results_have_the_other_columns_of_the_file(call, model, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\nx1,ann\nx2,bob\n")
    _, out, err = call("predict", "--model", model, "--file", path)
    assert [(row["id"], row["text"]) for row in rows(out)] == [("x1", "ann"), ("x2", "bob")]
    assert err == ""


def test_a_file_of_lines_may_be_one_text(call, model, file):
    code, out, _ = call("predict", "--model", model, "--file", file, "--whole")
    assert code == 0
    assert [row["text"] for row in rows(out)] == [file.read_text()]


def test_rows_are_not_made_one_text(refusal, model, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text\nann\n")
    assert refusal("predict", "--model", model, "--file", path, "--whole") == (
        "a.csv is a table, and only a file of lines can be read as one text. Read it row by row."
    )


def test_what_stands_before_a_bad_row_is_printed(call, model, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "ann"}\n7\n')
    code, out, err = call("predict", "--model", model, "--file", path)
    assert code == 2
    assert [row["text"] for row in rows(out)] == ["ann"]
    assert err == (
        'error: a.jsonl, line 2: 7 is neither a string nor an object such as {"text": "..."}. '
        "Correct the row.\n"
    )


def test_bytes_that_are_no_text_may_not_be_piped_in(refusal, model, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(b"Z\xfcrich"), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)
    assert refusal("predict", "--model", model) == (
        "stdin: the byte 0xfc is not UTF-8 text. Convert it to UTF-8."
    )


# What is asked for


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("ann", "--text-column", "x"),
            "--text-column needs a file with columns, but there is no --file. Give one.",
        ),
        (
            ("ann", "--whole"),
            "--whole needs a file of lines, but there is no --file. Give one.",
        ),
        (
            ("ann", "--batch-size", "0"),
            "argument --batch-size: must be a whole number from 1 on, not '0'; "
            "`python -m ner_core predict --help` shows what there is.",
        ),
        (
            ("ann", "--batch-size", "x"),
            "argument --batch-size: must be a whole number from 1 on, not 'x'; "
            "`python -m ner_core predict --help` shows what there is.",
        ),
    ],
    ids=str,
)
def test_arguments_that_cannot_be(refusal, arguments, sentence):
    assert refusal("predict", "--model", "nowhere", *arguments) == sentence


def test_a_type_that_the_model_does_not_know(refusal, model):
    sentence = refusal("predict", "--model", model, "ann", "--labels", "PER,DRUG")
    assert "LOC, PER" in sentence
    assert "'DRUG'" in sentence


def test_entities_of_some_types_only(document, model, found):
    text = TEXTS[0]
    labels = {entity.label for entity in found[0]}
    assert labels
    for label in ("LOC", "PER"):
        given = document("predict", "--model", model, text, "--labels", label)["entities"]
        assert [e["start"] for e in given] == [e.start for e in found[0] if e.label == label]


def test_a_model_whose_labels_are_named_on_the_command_line(document, tiny_model, tmp_path):
    nameless = tmp_path / "nameless"
    nameless.mkdir()
    for source in tiny_model.iterdir():
        (nameless / source.name).write_bytes(source.read_bytes())
    config = json.loads((nameless / "config.json").read_text())
    config["id2label"] = {str(n): f"LABEL_{n}" for n in range(5)}
    config["label2id"] = {f"LABEL_{n}": n for n in range(5)}
    (nameless / "config.json").write_text(json.dumps(config))
    given = ("--model-labels", "O,B-LOC,I-LOC,B-PER,I-PER")
    named = document("predict", "--model", tiny_model, TEXTS[0])
    assert document("predict", "--model", nameless, TEXTS[0], *given) == named


@pytest.mark.parametrize("size", ["1", "64"])
def test_the_batch_size_changes_nothing(call, model, file, found, size):
    _, out, _ = call("predict", "--model", model, "--file", file, "--batch-size", size)
    spans = [[(e["start"], e["end"], e["label"]) for e in row["entities"]] for row in rows(out)]
    assert spans == [[(e.start, e.end, e.label) for e in entities] for entities in found]


# Formats out


def test_csv(call, model, file, found):
    _, out, _ = call("predict", "--model", model, "--file", file, "--format", "csv")
    header, *cells = csv.reader(io.StringIO(out))
    assert header == ["text_number", "entity", "type", "score", "start", "end"]
    assert [(int(row[0]), row[1]) for row in cells] == [
        (number, entity.text)
        for number, entities in enumerate(found, start=1)
        for entity in entities
    ]


def test_csv_has_the_other_columns_of_the_file(call, model, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "ann"}\n{"text": "ann lives in oslo", "id": 7, "type": "x"}\n')
    _, out, err = call("predict", "--model", model, "--file", path, "--format", "csv")
    header, *cells = csv.reader(io.StringIO(out))
    assert header[6:] == ["id", "input_type"]
    assert {tuple(row[6:]) for row in cells if row[0] == "2"} == {("7", "x")}
    assert err == (
        "note: The column type of a.jsonl is called input_type in the results, where type is "
        "taken.\n"
    )


def test_html(call, model, file):
    _, out, _ = call("predict", "--model", model, "--file", file, "--format", "html")
    assert "<title>texts.txt</title>" in out
    assert out.count("<li data-number=") == 3
    assert out.endswith("</html>\n")


# Files out


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("out.csv", b"\xef\xbb\xbf"),
        ("out.HTML", b"<!DOCTYPE html>"),
        ("out.conll", b"ann\t"),
        ("out.jsonl", b'{"text": "ann'),
        ("new/out", b'{"text": "ann'),
    ],
)
def test_the_name_of_the_output_tells_the_format(call, model, file, found, tmp_path, name, begin):
    path = tmp_path / name
    code, out, err = call("predict", "--model", model, "--file", file, "--output", path)
    count = sum(map(len, found))
    assert (code, out, err) == (0, f"{path}: {count} entities\n", "")
    assert path.read_bytes().startswith(begin)
    assert [left.name for left in path.parent.iterdir() if left.name.startswith(".")] == []


def test_the_output_as_a_document(document, model, found, tmp_path):
    path = tmp_path / "out.csv"
    counts = {}
    for entity in found[0]:
        counts[entity.label] = counts.get(entity.label, 0) + 1
    assert document("predict", "--model", model, TEXTS[0], "--output", path) == {
        "file": str(path),
        "entities": counts,
    }


def test_nothing_is_written_over(refusal, model, tmp_path):
    def sentence(path, found):
        return (
            f"--output can't be written to {str(path)!r}: there is already {found}. Choose "
            "another name, or remove it first."
        )

    path = tmp_path / "a.csv"
    path.write_text("mine")
    arguments = ("predict", "--model", model, "ann", "--output")
    assert refusal(*arguments, path) == sentence(path, "a file")
    assert refusal(*arguments, tmp_path) == sentence(tmp_path, "a folder")
    assert path.read_text() == "mine"
    assert refusal(*arguments, path / "x") == (
        f"--output can't be written to {str(path / 'x')!r}: File exists. Choose another place."
    )


def test_an_output_that_fails_leaves_nothing(call, model, tmp_path):
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "ann"}\n7\n')
    code, out, _ = call("predict", "--model", model, "--file", source, "--output", tmp_path / "b")
    assert (code, out) == (2, "")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


# Progress


def test_a_bar_is_for_people_only(call, model, file, tmp_path, monkeypatch):
    arguments = ("predict", "--model", model, "--file", file, "--output")
    assert call(*arguments, tmp_path / "1")[2] == ""
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    assert call(*arguments, tmp_path / "2")[0] == 0
    assert "3/3" in stderr.getvalue()


def started(model, path):
    return subprocess.Popen(
        [sys.executable, "-m", "ner_core", "predict", "--model", model, "--file", str(path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_pipe_gets_its_first_lines_early_and_ctrl_c_is_clean(model, tmp_path):
    path = tmp_path / "many.txt"
    path.write_text("".join(f"ann {n} lives in oslo\n" for n in range(1_000_000)))
    process = started(model, path)
    try:
        assert json.loads(process.stdout.readline())["text"] == "ann 0 lives in oslo"
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)  # for all lines it takes minutes
    finally:
        process.kill()
    assert (process.returncode, err) == (130, "")
