"""A queue in the editor: texts are added, come one after the other, and bring suggestions."""

import json

import pytest

from ner_core.annotations import store
from ner_core.errors import ModelError
from ner_core.teaching.queue import Queue
from ner_studio.base import rights
from ner_studio.base.rights import Visitor
from ner_studio.highlight import reading
from ner_studio.highlight.editor.answers import MARKED_BEFORE, answer
from ner_studio.highlight.editor.queue_file import add_file
from ner_studio.highlight.view import MOST_CHARACTERS, Reading

TEXTS = "Ann went to Rome. Bob saw Rome."
SET = json.dumps({"id": "", "title": "Mine"})


@pytest.fixture(autouse=True)
def outcome(monkeypatch):
    """Return what the model says, in a list that tests may change."""
    said = [Reading("toy", ("PER",), ())]
    monkeypatch.setattr(reading, "read", lambda wanted, text, tokens: said[0])
    return said


def ask(do, key, **more):
    more.setdefault("set", {"title": "Mine"})
    return answer(json.dumps({"do": do, "key": key, **more}), ("toy", ()))


def test_texts_come_one_after_the_other(outcome):
    added = ask("queue", "queue-key", text=TEXTS, unit="sentences")
    assert (added["saved"], added["added"]) == ("queue-key", 2)
    assert added["queue"] == {"waiting": 2, "done": 0, "skipped": 0, "unchanged": 0, "recent": 0}
    assert ask("queue", "other-key", text=TEXTS)["added"] == 0
    first = ask("open", "open-key-1", text=None)
    assert first["text"] == "Ann went to Rome."
    accepted = ask(
        "accept", "accept-key", text=first["text"], entities=[[12, 16, "LOC"]], types=["LOC"]
    )
    assert accepted["queue"]["waiting"] == 1
    second = ask("open", "open-key-2", text=None)
    assert (second["text"], second["suggested"]) == ("Bob saw Rome.", [[8, 12, "LOC", 0.9]])
    ask("skip", "skip-key-1", text=second["text"])
    last = ask("open", "open-key-3", text=None)
    assert last["text"] is None
    assert last["queue"] == {"waiting": 0, "done": 1, "skipped": 1, "unchanged": 0, "recent": 0}


def test_what_was_marked_before_is_suggested_without_a_model(outcome):
    outcome[0] = ModelError("There is no model.")
    ask("accept", "accept-key", text="In Rome", entities=[[3, 7, "LOC"]])
    opened = ask("open", "open-key-1", text="Rome again")
    assert (opened["suggested"], opened["model"]) == ([[0, 4, "LOC", 0.9]], MARKED_BEFORE)
    assert opened["notice"] == "There is no model."


@pytest.mark.parametrize("bad", [{"unit": "words"}, {"text": None}, {"text": 1}])
def test_a_queue_of_something_else_is_refused(bad):
    found = ask("queue", "queue-key", **{"text": "Ann", "unit": "rows", **bad})
    assert found["problem"] == "This request is none of the editor's. Reload the page."


def test_a_text_longer_than_the_editor_takes_is_cut():
    assert ask("queue", "queue-key", text="Ann left. " * (MOST_CHARACTERS // 5))["added"] == 1
    assert Queue(store.get("mine")).texts() == ["Ann left."]


@pytest.mark.parametrize(
    ("name", "content", "unit", "texts"),
    [
        ("a.txt", "Ann left. She\ncame.\n\nBob.", "sentences", ["Ann left.", "She\ncame.", "Bob."]),
        ("a.txt", "Ann left. She\ncame.\n\nBob.", "paragraphs", ["Ann left. She\ncame.", "Bob."]),
        ("a.csv", "id,text\n1,Ann left. Bob\n2,Oslo\n", "sentences", ["Ann left. Bob", "Oslo"]),
        ("a.jsonl", '{"text": "Ann"}\n{"text": "Bob"}\n', "rows", ["Ann", "Bob"]),
    ],
)
def test_a_file_of_texts_is_added(tmp_path, name, content, unit, texts):
    (tmp_path / name).write_text(content)
    count = f"{len(texts)} new texts to annotate in Mine."
    assert add_file(str(tmp_path / name), SET, unit) == count
    assert Queue(store.get("mine")).texts() == texts
    by_id = json.dumps({"id": "mine", "title": ""})
    assert add_file(str(tmp_path / name), by_id, unit) == "0 new texts to annotate in Mine."


@pytest.mark.parametrize(
    ("path", "chosen", "unit", "said"),
    [
        (None, SET, "rows", "There is no file. Choose one first."),
        ("a.txt", "[]", "rows", "This request is none of the editor's. Reload the page."),
        ("a.txt", SET, "x", "This request is none of the editor's. Reload the page."),
        (
            "a.txt",
            '{"id": "gone"}',
            "rows",
            "There is no annotation set 'gone'. List yours with `python -m ner_core annotations "
            "list`.",
        ),
    ],
)
def test_a_file_that_cannot_be_added_is_said(tmp_path, path, chosen, unit, said):
    (tmp_path / "a.txt").write_text("Ann")
    assert add_file(path and str(tmp_path / path), chosen, unit) == said


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"%PDF-1.4")
    assert add_file(str(tmp_path / "a.txt"), SET, "rows").startswith("a.txt is a PDF")


def test_somebody_who_may_not_save_adds_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(rights.SETTING, "off")
    monkeypatch.setattr(rights, "current_visitor", lambda: Visitor("ann"))
    (tmp_path / "a.txt").write_text("Ann")
    said = "Nobody can save annotations on this page. Copy the Space, or run NER Studio on your"
    assert add_file(str(tmp_path / "a.txt"), SET, "rows").startswith(said)
    assert ask("queue", "queue-key", text="Ann", unit="rows")["problem"].startswith(said)
    assert store.list_sets() == []
