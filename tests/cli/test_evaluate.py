"""``evaluate`` and ``predict`` on the command line, with a model that has learned."""

import io
import json
import subprocess
import sys

import pytest

from ner_core.data.readers.conll import read_conll
from ner_core.data.readers.sentence import ReadOptions
from ner_core.words import split_words
from tests.support.places import REPOSITORY


@pytest.fixture
def model(toy_run):
    return str(toy_run.model_dir)


def test_scores_from_typed_text(document, model, toy_data):
    scores = document("evaluate", "--model", model, "--data", toy_data, "--from-text")
    assert scores["from_text"] is True
    assert scores["sentences"] == 8
    assert scores["support"] == 16
    assert scores["f1"] > 0.9
    assert scores.keys() >= {"precision", "recall", "per_type"}
    words = document("evaluate", "--model", model, "--data", toy_data)
    assert scores["words"] == {name: words[name] for name in ("precision", "recall", "f1")}


def test_words_that_people_do_not_type_cost_the_score_of_typed_text(
    call, document, model, tmp_path
):
    path = tmp_path / "glued.conll"
    path.write_text("l'oslo B-LOC\n\nann B-PER\n", encoding="utf-8")
    arguments = ("evaluate", "--model", model, "--data", path, "--from-text")
    scores = document(*arguments)
    assert scores["recall"] <= 0.5  # "l'" and "oslo" are two words
    assert f"on the words of the data: f1 {scores['words']['f1']:.4f}" in call(*arguments)[1]


def test_the_batch_size_changes_no_score(document, model, toy_data):
    arguments = ("evaluate", "--model", model, "--data", toy_data)
    assert document(*arguments, "--batch-size", "3")["f1"] == document(*arguments)["f1"]


def test_the_labels_of_an_evaluated_model_may_be_named(refusal, model, toy_data):
    sentence = refusal("evaluate", "--model", model, "--data", toy_data, "--model-labels", "O")
    assert "has 5 labels, but you gave 1 name" in sentence


def test_a_file_without_splits_is_scored_whole(call, document, model, toy_data):
    arguments = ("evaluate", "--model", model, "--data", toy_data / "train.conll")
    assert document(*arguments)["sentences"] == 32
    code, out, err = call(*arguments)
    assert code == 0
    assert err == "note: The data have no splits, so all 32 sentences are used as test.\n"
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


@pytest.mark.slow
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
