"""What the editor is answered, and what is saved then."""

import json
from itertools import pairwise

import pytest

from ner_core.annotations import store
from ner_core.entities import Entity
from ner_core.errors import ModelError
from ner_core.tags import Span
from ner_studio.base import rights, set_rights
from ner_studio.base.rights import Visitor
from ner_studio.highlight import reading
from ner_studio.highlight.editor.answers import answer
from ner_studio.highlight.view import MOST_CHARACTERS, Reading

TEXT = "Ann 😀 sailed to Oslo."
FOUND = (Entity(0, 3, "PER", 0.91234567, "Ann"), Entity(16, 20, "LOC", 0.5, "Oslo"))


@pytest.fixture(autouse=True)
def outcome(monkeypatch):
    """Return what the model says, in a list that tests may change."""
    said = [Reading("toy", ("LOC", "PER"), FOUND)]
    monkeypatch.setattr(reading, "read", lambda wanted, text, tokens: said[0])
    return said


def ask(do, key="a-first-key", **more):
    return answer(json.dumps({"do": do, "key": key, **more}), ("toy", ()))


def the_set():
    (found,) = store.list_sets()
    return found


def test_a_text_is_opened_with_its_words_and_what_the_model_suggests():
    found = ask("open", text=TEXT)
    assert found.pop("at").isdigit()
    assert found == {
        "key": "a-first-key",
        "text": TEXT,
        "id": found["id"],
        "words": [[0, 3], [4, 5], [6, 12], [13, 15], [16, 20], [20, 21]],
        "suggested": [[0, 3, "PER", 0.912346], [16, 20, "LOC", 0.5]],
        "model": "toy",
        "types": ["LOC", "PER"],
        "looks": {
            "LOC": {"colour": "ner-c2", "meaning": "place"},
            "PER": {"colour": "ner-c0", "meaning": "person"},
        },
        "set": {"id": "", "title": "My annotations", "texts": 0, "held_out": 0},
        "sets": [],
        "queue": None,
    }
    assert store.list_sets() == []  # opening a text saves nothing


def test_a_text_is_accepted_once_and_undone_and_redone():
    entities, suggested = [[0, 3, "PER"]], [[16, 20, "LOC", 0.5]]
    for _ in range(2):
        found = ask(
            "accept", text=TEXT, entities=entities, suggested=suggested, model="toy", types=["PER"]
        )
    assert (found["saved"], found["set"]["texts"]) == ("a-first-key", 1)
    assert found["types"] == ["PER"]
    (decision,) = the_set().read().decisions.values()
    assert (decision.text, decision.entities) == (TEXT, (Span(0, 3, "PER"),))
    assert (decision.model, decision.complete) == ("toy", True)
    assert the_set().decisions_path.read_text(encoding="utf-8").count('"accepted"') == 1
    assert ask("undo", key="a-second-key", of="a-first-key")["set"]["texts"] == 0
    assert ask("redo", key="a-third-key", of="a-second-key")["set"]["texts"] == 1
    assert ask("undo", key="a-fourth-key", of="a-third-key")["set"]["texts"] == 0


def test_a_text_that_was_decided_is_opened_as_it_was_decided(outcome):
    ask("accept", text=TEXT, entities=[[6, 12, "ACT"]], model="toy", suggested=[[0, 3, "PER", 0.5]])
    outcome[0] = ModelError("It is gone.")
    found = ask("open", text=TEXT)
    assert (found["entities"], found["suggested"]) == ([[6, 12, "ACT"]], [[0, 3, "PER", 0.5]])
    assert (found["types"], found["model"]) == (["ACT"], "toy")
    assert "notice" not in found


def test_suggestions_are_of_the_types_of_the_set():
    ask("types", types=["LOC", "Ship"])
    found = ask("open", text=TEXT)
    assert (found["types"], found["suggested"]) == (["LOC", "Ship"], [[16, 20, "LOC", 0.5]])


def test_a_new_type_changes_the_colour_of_no_other():
    names = [f"Type{number}" for number in range(12)]
    looks = [ask("types", key=f"key-number-{n}", types=names[:n])["looks"] for n in range(1, 12)]
    for fewer, more in pairwise(looks):
        assert fewer.items() <= more.items()
    assert len({look["colour"] for look in looks[7].values()}) == 8


@pytest.mark.parametrize(
    ("said", "more"),
    [(None, {"loading": True}), (ModelError("It is gone."), {"notice": "It is gone."})],
)
def test_a_text_is_opened_without_a_model(outcome, said, more):
    outcome[0] = said
    found = ask("open", text=TEXT)
    assert (found["text"], found["suggested"], found["types"]) == (TEXT, [], [])
    assert found.items() >= more.items()


def test_without_a_text_there_is_only_the_set():
    for text in (None, " \n"):
        found = ask("open", text=text)
        assert found["text"] is None
        assert found["set"]["title"] == "My annotations"


def test_the_beginning_of_a_long_text_is_opened():
    found = ask("open", text="x " * MOST_CHARACTERS)
    assert len(found["text"]) == MOST_CHARACTERS
    assert found["notice"] == (
        "The text has 40,000 characters, and only the first 20,000 are opened."
    )


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"entities": [[0, 99, "PER"]]}, "The entity PER at 0 to 99 is not inside the text."),
        ({"entities": [[-1, 3, "PER"]]}, "The entity PER at -1 to 3 is not inside the text."),
        ({"entities": [[0, 3, "A"], [2, 5, "B"]]}, "The entity B at 2 to 5 overlaps another one."),
        ({"suggested": [[3, 3, "A", 0.5]]}, "The entity A at 3 to 3 is not inside the text."),
        ({"text": " "}, "The text is empty."),
        ({"text": "\ud83d"}, "The text has half of a surrogate pair in it."),
        ({"set": {"id": "absent"}}, "There is no annotation set 'absent'."),
        ({"set": {"title": "\u200b"}}, "A set needs a name that can be seen."),
        ({"set": {"title": "x" * 81}}, "The name has 81 characters,"),
    ],
)
def test_what_cannot_be_saved_is_answered_in_a_sentence(more, sentence):
    found = ask("accept", **{"text": TEXT, **more})
    assert found["key"] == "a-first-key"
    assert found["problem"].startswith(sentence)
    assert not [one for made in store.list_sets() for one in made.read().decisions]


def test_sets_are_found_by_their_titles():
    ask("skip", text="a", set={"title": "Ships"})
    ask("skip", key="a-second-key", text="b", set={"title": "Ships"})
    ask("skip", key="a-third-key", text="b", set={"title": "Ports"})
    found = ask("open", text=None, set={"title": "Ports"})
    assert [one["title"] for one in found["sets"]] == ["Ports", "Ships"]
    assert found["set"]["id"] == "ports"
    assert len(store.get("ships").read().skipped) == 2


def test_who_may_not_train_may_not_save(monkeypatch, asks):
    monkeypatch.setenv(rights.SETTING, "off")
    asks(Visitor("ann"))
    assert ask("accept", text=TEXT)["problem"] == (
        "Nobody can save annotations on this page. Copy the Space, or run NER Studio on your own "
        "machine."
    )
    assert "problem" not in ask("open", text=TEXT)
    assert not set_rights.may_save()


def test_a_set_without_an_owner_belongs_to_that_of_the_space(monkeypatch, asks):
    monkeypatch.setenv("SPACE_AUTHOR_NAME", "olga")
    monkeypatch.setattr(rights, "training", lambda: "signed-in")
    store.create("Old")
    store.create("New", owner="ann")
    seen = {}
    for name in ("olga", "ann", "bob", None):
        asks(Visitor(name, is_owner=name == "olga"))
        seen[name] = (
            [one.title for one in set_rights.visible_sets()],
            [one.title for one in set_rights.own_sets()],
        )
    assert seen == {
        "olga": (["New", "Old"], ["Old"]),
        "ann": (["New"], ["New"]),
        "bob": ([], []),
        None: ([], []),
    }
