import json
import os
import random
import time
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from ner_core.entities import Entity
from ner_core.errors import ConfigError
from ner_core.inference.predictor import Predictor
from ner_core.render.files import FILE_FORMATS
from ner_studio.base import assets
from ner_studio.highlight import file_job, reading
from ner_studio.highlight.file_panel import FilePanel, Request
from tests.support.panels import build

LINES, WHOLE = "Each line is a text", "The whole file is one text"
TEXTS = ["ann lives in oslo", "", "bob works near paris", "<b>the</b> city"]


@cache
def built():
    """Build the panel once."""

    def parts():
        panel = FilePanel()
        panel.wire(gr.Dropdown(["tiny"]), gr.Textbox())
        return panel

    return build(parts)


@pytest.fixture
def panel(tmp_path, tiny_model, monkeypatch):
    """Return a panel whose model is the tiny one, on a page whose files lie in a folder here."""
    predictor = Predictor.load(str(tiny_model))
    asked = []

    def load(model, label_names=()):
        asked.append((model, list(label_names)))
        if model == "nowhere":
            raise ConfigError("There is no model. Choose another one.")
        return predictor

    monkeypatch.setattr(file_job.MODELS, "get", load)
    monkeypatch.setattr(reading, "on_hub", lambda model: None)  # its models are none
    page, panel = built()
    monkeypatch.setattr(panel.status, "GRADIO_CACHE", str(tmp_path / "served"))
    return SimpleNamespace(panel=panel, page=page, asked=asked, served=tmp_path / "served")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my <i>texts.txt"
    path.write_text("\n".join(TEXTS) + "\n")
    return str(path)


def named(panel, results):
    """Return what the results of a handler are for."""
    names = ["status", "find", "cancel", "offer", "folder", *FILE_FORMATS]
    pairs = zip(names, panel.panel.shown, strict=True)
    return SimpleNamespace(**{name: results.get(part, gr.skip()) for name, part in pairs})


def begins(panel, folder=""):
    """Press the button: what is said, and the request."""
    results = panel.panel.begin(folder)
    return results[panel.panel.status]["message"], results[panel.panel.request]


def works(panel, file, column=None, model="tiny", label_names="", lines=LINES):
    work = panel.panel.work(model, label_names, file, column, lines, Request())
    return [named(panel, seen) for seen in work]


def message(state):
    return state.status["message"]


def folders(panel):
    return sorted(panel.served.glob("*")) if panel.served.is_dir() else []


# From a file to results


def test_a_file_becomes_four(panel, file, tiny_model):
    states = works(panel, file)
    assert [state.status["state"] for state in states[:-1]] == ["working"] * (len(states) - 1)
    last = states[-1]
    assert last.status["state"] == "done"
    assert last.status["percent"] == "100.0"
    assert "Texts <b>4 of 4</b>" in last.status["facts"]
    assert last.find["interactive"] is True
    assert last.cancel["visible"] is False
    assert last.offer["visible"] is True
    paths = [Path(getattr(last, form)) for form in FILE_FORMATS]
    assert [path.name for path in paths] == [f"my-i-texts-entities.{form}" for form in FILE_FORMATS]
    assert {str(path.parent) for path in paths} == {last.folder}
    rows = [json.loads(line) for line in paths[0].read_text().splitlines()]
    assert [row["text"] for row in rows] == TEXTS
    found = Predictor.load(str(tiny_model)).predict_all(TEXTS)
    assert [len(row["entities"]) for row in rows] == [len(entities) for entities in found]
    page = paths[3].read_text(encoding="utf-8")
    assert "<title>my &lt;i&gt;texts.txt</title>" in page
    assert "<b>the</b>" not in page


def test_what_was_found_is_counted(panel, file, tiny_model):
    found = Predictor.load(str(tiny_model)).predict_all(TEXTS)
    counts = {}
    for entity in [entity for entities in found for entity in entities]:
        counts[entity.label] = counts.get(entity.label, 0) + 1
    assert counts
    chips = works(panel, file)[-1].status["counts"]
    for label, count in counts.items():
        assert f"{label} <b>{count}</b>" in chips


def test_a_column_may_be_chosen(panel, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text,notes\n1,ann,bob in oslo\n")
    (row,) = Path(works(panel, str(path), "notes")[-1].jsonl).read_text().splitlines()
    assert json.loads(row)["text"] == "bob in oslo"


def test_the_other_columns_of_a_file_are_kept_and_other_names_are_said(panel, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text,score,entities\nx1,ann lives in oslo,5,e\n")
    last = works(panel, str(path))[-1]
    (row,) = rows_of(last)
    assert (row["id"], row["score"], row["input_entities"]) == ("x1", "5", "e")
    header, first, *_ = Path(last.csv).read_text(encoding="utf-8-sig").splitlines()
    assert header == (
        '"text_number","entity","type","score","start","end","id","input_score","entities"'
    )
    assert first.endswith(',"x1","5","e"')
    assert message(last) == (
        '<p class="ner-quiet">The column entities of a.csv is called input_entities in the JSONL '
        "file, where entities is taken.</p>"
        '<p class="ner-quiet">The column score of a.csv is called input_score in the CSV file, '
        "where score is taken.</p>"
        '<p class="ner-quiet">Ready to download:</p>'
    )


@pytest.mark.parametrize(
    ("name", "content"), [("a.txt", ""), ("a.txt", "\n \n"), ("a.csv", "id,text\n")]
)
def test_a_file_without_a_text_is_said_to_be_empty(panel, tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert refused(panel, str(tmp_path / name)) == (
        f"{name} is empty: there is no text in it. Choose another file."
    )
    assert panel.asked == []


def test_the_model_and_its_labels_are_asked_for(panel, file):
    works(panel, file, label_names="O, B-PER,")
    works(panel, file, model=None)
    assert panel.asked == [("tiny", ["O", "B-PER"]), ("starter", [])]


@pytest.mark.slow
def test_progress_is_shown(panel, tmp_path):
    path = tmp_path / "many.txt"
    path.write_text("ann lives in oslo\n" * 1200)
    states = works(panel, str(path))
    percents = [float(state.status["percent"]) for state in states]
    assert percents == sorted(percents)
    halfway = next(state for state in states if 0 < float(state.status["percent"]) < 100)
    assert "of 1,200</b>" in halfway.status["facts"]
    assert "Time left <b>" in halfway.status["facts"]
    assert halfway.cancel["visible"] is True
    assert halfway.find["interactive"] is False


# Long texts


def long_text(count, seed=1):
    """Make a text of so many sentences in one line, all of them different."""
    words = ["ann", "bob", "k", "oslo", "paris", "city", "lives", "in", "the", "near", ".", ","]
    chance = random.Random(seed)
    return " ".join(chance.choice(words) for _ in range(count * 8))


def rows_of(state):
    return [json.loads(row) for row in Path(state.jsonl).read_text().splitlines()]


@pytest.mark.slow
def test_a_long_line_is_read_as_predict_reads_it(panel, tmp_path, tiny_model, monkeypatch):
    monkeypatch.setattr(file_job, "STEP_SECONDS", 0.01)
    line = long_text(3000)
    assert len(line) > 75_000
    path = tmp_path / "a.txt"
    path.write_text(f"bob\n{line}\nann\n")
    states = works(panel, str(path))
    first, row, last = rows_of(states[-1])
    assert (first["text"], row["text"], last["text"]) == ("bob", line, "ann")
    found = Predictor.load(str(tiny_model)).predict(line)
    assert len(found) > 500
    assert [Entity(**entity) for entity in row["entities"]] == found
    percents = [float(state.status["percent"]) for state in states]
    assert percents == sorted(percents)
    halfway = [state for state in states if 1 < float(state.status["percent"]) < 99]
    assert len(halfway) > 2
    assert all("<li" in state.status["counts"] for state in halfway)


@pytest.mark.slow
def test_a_file_of_lines_is_one_text_if_that_is_chosen(panel, tmp_path, tiny_model):
    text = "".join(f"{long_text(3, seed)}\r\n\r\n" for seed in range(200))
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    (row,) = rows_of(works(panel, str(path), lines=WHOLE)[-1])
    assert row["text"] == text
    found = Predictor.load(str(tiny_model)).predict(text)
    assert [Entity(**entity) for entity in row["entities"]] == found
    assert len(rows_of(works(panel, str(path))[-1])) == 400


@pytest.mark.slow
def test_work_on_a_long_text_is_cancelled_within_it(panel, tmp_path, monkeypatch):
    monkeypatch.setattr(file_job, "STEP_SECONDS", 0.01)
    path = tmp_path / "a.txt"
    path.write_text(long_text(6000))
    _, request = begins(panel)
    working = panel.panel.work("tiny", "", str(path), None, LINES, request)
    while (percent := float(named(panel, next(working)).status["percent"])) == 0:
        pass
    assert percent < 50
    panel.panel.stop(request)
    (last,) = [named(panel, seen) for seen in working]
    assert message(last) == '<p class="ner-quiet">Cancelled: nothing was kept.</p>'
    assert folders(panel) == []


# The end of the work


def test_closing_the_generator_ends_the_work_and_leaves_nothing(panel, tmp_path):
    path = tmp_path / "many.txt"
    path.write_text("ann lives in oslo\n" * 50_000)
    working = panel.panel.work("tiny", "", str(path), None, LINES, Request())
    while float(named(panel, next(working)).status["percent"]) == 0:
        pass
    assert len(folders(panel)) == 1
    assert begins(panel)[0] == (
        '<p class="ner-quiet">Waiting for another visitor&#x27;s file: one is read at a time.</p>'
    )
    began = time.process_time()
    working.close()
    assert time.process_time() - began < 1
    assert folders(panel) == []
    assert "Starting" in begins(panel)[0]


@pytest.mark.slow
@pytest.mark.parametrize("end", ["cancel", "replace"])
def test_work_at_hand_ends_within_a_step_and_says_so_itself(panel, tmp_path, end):
    path = tmp_path / "many.txt"
    path.write_text("ann lives in oslo\n" * 50_000)
    _, request = begins(panel)
    working = panel.panel.work("tiny", "", str(path), None, LINES, request)
    while float(named(panel, next(working)).status["percent"]) == 0:
        pass
    if end == "cancel":
        assert panel.panel.stop(request) == gr.skip()
        (last,) = [named(panel, seen) for seen in working]
        assert message(last) == '<p class="ner-quiet">Cancelled: nothing was kept.</p>'
        assert (last.find["interactive"], last.cancel["visible"]) == (True, False)
    else:
        panel.panel.choose(None, "", request)
        assert list(working) == []  # what is said of the other file stays
    assert folders(panel) == []
    assert "Starting" in begins(panel)[0]


def test_work_that_waits_for_its_turn_is_cancelled_at_once(panel, file):
    _, request = begins(panel)
    state = named(panel, panel.panel.stop(request))
    assert message(state) == '<p class="ner-quiet">Cancelled: nothing was kept.</p>'
    assert (state.find["interactive"], state.cancel["visible"]) == (True, False)
    assert list(panel.panel.work("tiny", "", file, None, LINES, request)) == []
    assert panel.asked == []


def test_earlier_results_go_when_others_are_asked_for(panel, file):
    folder = works(panel, file)[-1].folder
    assert Path(folder).is_dir()
    panel.panel.begin(folder)
    assert folders(panel) == []
    folder = works(panel, file)[-1].folder
    panel.panel.choose(None, folder, None)
    assert folders(panel) == []


def test_results_are_for_those_who_know_their_place(panel, file):
    first, second = (Path(works(panel, file)[-1].folder) for _ in range(2))
    assert first != second
    assert len(first.name) > 40
    assert first.stat().st_mode & 0o777 == 0o700


def test_what_is_old_is_swept_away(panel, file):
    old = Path(works(panel, file)[-1].folder)
    long_ago = time.time() - file_job.KEPT_SECONDS - 1
    os.utime(old, (long_ago, long_ago))
    (panel.served / "another").mkdir()
    new = Path(works(panel, file)[-1].folder)
    assert folders(panel) == sorted([panel.served / "another", new])


# What is refused


def refused(panel, *arguments, **more):
    *_, last = works(panel, *arguments, **more)
    assert last.status["state"] == "refused"
    assert (last.find["interactive"], last.cancel["visible"]) == (True, False)
    assert folders(panel) == []
    begin, end = '<p class="ner-error" role="alert">', "</p>"
    assert message(last).startswith(begin)
    return message(last)[len(begin) : -len(end)]


def test_a_model_that_is_not_there(panel, file):
    assert refused(panel, file, model="nowhere") == ("There is no model. Choose another one.")


def test_no_file_at_all(panel):
    assert refused(panel, None) == "There is no file of texts yet. Choose one."


def test_too_many_texts(panel, file, monkeypatch):
    monkeypatch.setattr(file_job, "MOST_TEXTS", 3)
    assert refused(panel, file) == (
        "my &lt;i&gt;texts.txt has more than 3 texts, the limit of this page. Split the file, or "
        "use `python -m ner_core predict --file`, which has no limit."
    )


def test_a_text_that_is_too_long(panel, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("ann\n" + "a " * 2_500_001)
    assert refused(panel, str(path)) == (
        "Text 2 of a.txt has 5,000,002 characters, and this page reads at most 5,000,000. Split "
        "it, or use `python -m ner_core predict --file`, which has no limit."
    )


def test_a_file_that_is_too_large(panel, file, monkeypatch):
    monkeypatch.setattr(file_job, "MOST_BYTES", 2**4)
    sentence = (
        "The file has 0.0 MB, and this page reads at most 0 MB. Split the file, or use "
        "`python -m ner_core predict --file`, which has no limit."
    )
    assert refused(panel, file) == sentence
    assert sentence in message(chosen(panel, file)[1])


def test_a_file_that_is_no_text(panel, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"ann\n\0")
    assert refused(panel, str(path)).startswith("a.txt, line 2: this is binary data, not text.")


def test_no_room(panel, file):
    panel.served.write_text("a file where the folder should be")
    *_, last = works(panel, file)
    assert "The results could not be written to " in message(last)


# The choice of a file


def chosen(panel, path):
    results = panel.panel.choose(str(path), "", None)
    return results[panel.panel.column], named(panel, results)


def test_a_file_of_lines_has_no_columns_but_may_be_one_text(panel, file):
    column, state = chosen(panel, file)
    assert column["visible"] is False
    lines = panel.panel.choose(file, "", None)[panel.panel.lines]
    assert (lines["value"], lines["visible"]) == (LINES, True)
    assert state.find["interactive"] is True
    assert state.status["state"] == "idle"


def test_the_column_of_the_texts_is_offered(panel, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,ann\n")
    column, state = chosen(panel, path)
    assert (column["choices"], column["value"], column["visible"]) == (
        [("id", "id"), ("text", "text")],
        "text",
        True,
    )
    assert panel.panel.choose(str(path), "", None)[panel.panel.lines]["visible"] is False
    assert state.find["interactive"] is True


def test_a_column_that_nothing_tells_has_to_be_chosen(panel, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,notes\n1,ann\n")
    column, state = chosen(panel, path)
    assert column["value"] is None
    assert state.find["interactive"] is False


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"id":1,"utterance":"Ann in Oslo"}\n'),
        ("a.csv", ",utterance\n0,Ann in Oslo\n"),
    ],
)
def test_a_single_name_that_nobody_knows_is_offered_and_taken(panel, tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    column, state = chosen(panel, path)
    assert column["choices"] == [("utterance", "utterance")]
    assert (column["value"], column["visible"]) == ("utterance", True)
    assert state.find["interactive"] is True
    (row,) = rows_of(works(panel, str(path), column["value"])[-1])
    assert row["text"] == "Ann in Oslo"


def test_columns_without_names_are_offered_by_number_and_read_from_the_first_row_on(
    panel, tmp_path
):
    path = tmp_path / "a.csv"
    path.write_text("1,Ann lives in Oslo\n2,Bob lives in Rome\n")
    column, state = chosen(panel, path)
    assert column["choices"] == [("column 1: 1", "1"), ("column 2: Ann lives in Oslo", "2")]
    assert (column["value"], column["visible"]) == (None, True)
    assert state.find["interactive"] is False
    rows = rows_of(works(panel, str(path), "2")[-1])
    assert [row["text"] for row in rows] == ["Ann lives in Oslo", "Bob lives in Rome"]


def test_a_null_does_not_hide_the_key_of_the_texts(panel, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a", "text": null}\n{"id": "b", "text": "ann"}\n')
    column, _ = chosen(panel, path)
    assert column["choices"] == [("id", "id"), ("text", "text")]
    assert column["value"] == "text"


def test_a_file_that_cannot_be_read_is_refused_at_once(panel, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"PK\x03\x04")
    column, state = chosen(panel, path)
    assert column["visible"] is False
    assert state.find["interactive"] is False
    assert "is not plain text but a zip archive" in message(state)


# On the page


def test_its_handlers_are_private_and_one_job_is_at_work(panel):
    functions = panel.page.fns.values()
    assert {function.api_visibility for function in functions} == {"private"}
    (work,) = [function for function in functions if function.concurrency_id == "file"]
    assert work.concurrency_limit == 1


def test_hostile_labels_stay_text():
    hostile = "<img src=x onerror=alert(1)> ${value}"
    shown = file_job.state("working", counts={hostile: 1})["counts"]
    assert "<img" not in shown
    assert "${" not in shown


def test_only_so_many_types_are_listed():
    counts = {f"T{number}": number for number in range(1, 31)}
    shown = file_job.state("working", counts=counts)["counts"]
    assert shown.count("<li") == 25
    assert shown.startswith('<li class="')
    assert "T30 <b>30</b>" in shown
    assert shown.endswith("<li>6 more types</li>")


def test_the_styles_belong_to_the_panel():
    rules = [line for line in assets.read("highlight/file_panel.css").splitlines() if "{" in line]
    assert all(line.startswith("#file-") for line in rules)
