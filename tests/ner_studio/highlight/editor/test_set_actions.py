"""What a visitor does with a set as a whole, and how it is undone."""

import json

import pytest

from ner_core.annotations import store
from ner_core.errors import ModelError
from ner_core.tags import Span
from ner_studio.base import rights, set_rights
from ner_studio.base.rights import Visitor
from ner_studio.highlight import reading
from ner_studio.highlight.editor import set_actions
from ner_studio.highlight.editor.answers import answer

NUMBERS = iter(range(10_000))


@pytest.fixture(autouse=True)
def _no_model(monkeypatch):
    monkeypatch.setattr(reading, "read", lambda wanted, text, tokens: ModelError("None."))


@pytest.fixture
def made():
    made = store.create("Mine", ["PER", "LOC"])
    made.accept("Ann in Rome", [(0, 3, "PER"), (7, 11, "LOC")])
    return made


def ask(do, set_id="mine", **more):
    about = {"do": do, "key": f"key-number-{next(NUMBERS)}", "set": {"id": set_id}, **more}
    return answer(json.dumps(about), ("toy", ()))


def take_back(found, set_id="mine"):
    return ask(**found["back"], set_id=set_id)


def test_a_set_is_renamed_and_back(made):
    found = ask("rename", new=" Menus ")
    assert (found["done"], found["set"]["title"]) == ("Renamed to Menus.", "Menus")
    assert found["sets"] == [{"id": "mine", "title": "Menus"}]
    assert take_back(found)["done"] == "Renamed to Mine."
    assert ask("rename", new=" ")["problem"] == (
        "A set needs a name that can be seen. Type at least one letter or digit."
    )


def test_a_type_is_renamed_and_back(made):
    found = ask("rename-type", old="LOC", new="PER")
    assert (found["done"], found["types"]) == ("LOC is now PER.", ["PER"])
    assert "saved" in take_back(found)
    assert made.read().types == ("PER", "LOC")
    assert ask("rename-type", old="X", new="Y")["problem"] == (
        "Mine has no type 'X'. It has PER, LOC."
    )


def test_a_set_takes_in_another_one_and_gives_it_back(made):
    store.create("Other").accept("Bob", [(0, 3, "PER")])
    found = ask("merge", old="other")
    assert found["done"] == "The texts of Other are in Mine now, and stay in Other."
    assert found["set"]["texts"] == 2
    assert take_back(found)["set"]["texts"] == 1


def test_a_set_is_taken_home(made):
    made.accept("Bob", [], complete=False)
    found = ask("export")
    assert found["done"] == (
        "1 text in mine.jsonl. 1 text annotated only in part left out: the file can't say so."
    )
    assert found["file"]["name"] == "mine.jsonl"
    assert json.loads(found["file"]["text"])["text"] == "Ann in Rome"


def test_a_set_that_is_too_large_is_taken_home_by_a_command(made, monkeypatch):
    monkeypatch.setattr(set_actions, "MOST_EXPORTED", 10)
    assert ask("export")["problem"] == (
        "The set is too large to download here. Run `python -m ner_core annotations export mine "
        "--output mine.jsonl` instead."
    )


def test_a_set_is_deleted_and_brought_back(made):
    found = ask("delete")
    assert (found["done"], found["set"]["texts"], found["sets"]) == ("Deleted Mine.", 0, [])
    assert store.list_sets() == []
    back = take_back(found)
    assert (back["done"], back["title"], back["set"]["texts"]) == ("Mine is back.", "Mine", 1)
    assert made.read().decisions
    assert take_back(found)["problem"] == (
        "This set can't be brought back any more: its files were deleted."
    )


@pytest.mark.parametrize(
    ("do", "more"),
    [
        ("rename", {"new": "Theirs"}),
        ("rename-type", {"old": "PER", "new": "X"}),
        ("merge", {"old": "mine"}),
        ("export", {}),
        ("delete", {}),
    ],
)
def test_the_set_of_somebody_else_does_not_exist(made, monkeypatch, do, more):
    monkeypatch.setenv(rights.SETTING, "signed-in")
    monkeypatch.setattr(rights, "can_sign_in", lambda: True)
    monkeypatch.setattr(rights, "current_visitor", lambda: Visitor("bob"))
    assert ask(do, **more)["problem"].startswith("There is no annotation set 'mine'")
    mine = set_rights.open_titled("Bobs", ["PER"])
    assert mine.owner == "bob"
    assert "problem" in ask("merge", mine.id, old="mine")
    store.delete(made)
    assert ask("restore")["problem"] == (
        "This set can't be brought back any more: its files were deleted."
    )
    (decision,) = store.find_deleted("mine").read().decisions.values()
    assert decision.entities == (Span(0, 3, "PER"), Span(7, 11, "LOC"))
