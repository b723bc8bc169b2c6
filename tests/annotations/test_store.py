"""Annotation sets: what is saved, what it adds up to, and that nothing saved is lost."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.annotations import decisions, store
from ner_core.annotations.decisions import Suggestion, contents, is_held_out, text_id
from ner_core.errors import AnnotationError, ConfigError
from ner_core.tags import Span
from tests.support.places import REPOSITORY

TEXT = "Ann Kay lives in Oslo."
ANN, OSLO = (0, 7, "PER"), (17, 21, "LOC")


@pytest.fixture
def made():
    return store.create("Menu reviews", ["PER", "LOC"])


def entities_in(found):
    return {one.text: one.entities for one in found.read().decisions.values()}


def test_a_set_has_a_title_for_people_and_an_id_for_addresses(made):
    assert (made.id, made.title, made.owner) == ("menu-reviews", "Menu reviews", None)
    assert store.get("menu-reviews") == made
    assert made.read() == decisions.Contents({}, ("PER", "LOC"))
    again = store.create("Menu reviews", owner="ann")
    assert re.fullmatch("menu-reviews-[0-9a-f]{4}", again.id)
    assert (again.title, again.owner) == ("Menu reviews", "ann")
    assert store.list_sets() == sorted([made, again], key=lambda one: one.id)


@pytest.mark.parametrize(
    ("title", "set_id"),
    [("Отзывы", "data"), ("a.b/c", "a-b-c"), ("../../etc", "etc"), ("x" * 80, "x" * 60)],
)
def test_an_id_is_a_plain_name_whatever_the_title(title, set_id):
    assert store.create(title).id == set_id
    assert [entry.name for entry in store.sets_dir().iterdir()] == [set_id]


def test_what_was_accepted_is_there(made):
    suggested = [(*ANN, 0.9), (8, 13, "ORG", 0.4)]
    made.accept(TEXT, [OSLO, ANN], suggested, "starter", complete=False)
    (found,) = made.read().decisions.values()
    assert found.entities == (Span(*ANN), Span(*OSLO))
    assert found.suggested == (Suggestion(*ANN, 0.9), Suggestion(8, 13, "ORG", 0.4))
    assert (found.model, found.complete) == ("starter", False)
    assert found.rejected == (Suggestion(8, 13, "ORG", 0.4),)
    assert (found.unchanged, found.edits) == (False, 2)
    assert abs(found.time - time.time()) < 60


def test_the_last_decision_on_a_text_counts(made):
    made.accept(TEXT, [ANN])
    made.accept("Bob.", [])
    made.accept(TEXT, [OSLO])
    assert entities_in(made) == {TEXT: (Span(*OSLO),), "Bob.": ()}


def test_undo_takes_back_and_undoing_that_brings_back(made):
    made.accept(TEXT, [ANN])
    second = made.accept(TEXT, [OSLO])
    undone = made.undo(second)
    assert entities_in(made) == {TEXT: (Span(*ANN),)}
    redone = made.undo(undone)
    assert entities_in(made) == {TEXT: (Span(*OSLO),)}
    made.undo(redone)
    assert entities_in(made) == {TEXT: (Span(*ANN),)}


def test_a_skipped_text_is_remembered_until_somebody_decides(made):
    skipped = made.skip(TEXT)
    assert made.read().skipped == {text_id(TEXT)}
    accepted = made.accept(TEXT, [])
    assert made.read().skipped == frozenset()
    made.undo(accepted)
    made.undo(skipped)
    assert made.read() == decisions.Contents({}, ("PER", "LOC"))


def test_types_keep_the_order_they_were_named_in(made):
    made.accept(TEXT, [(0, 7, "WHO")])
    assert made.read().types == ("PER", "LOC", "WHO")
    made.name_types(["LOC", "creative work", "LOC"])
    assert made.read().types == ("LOC", "creative-work", "WHO")


def test_types_are_renamed_and_become_one(made):
    made.accept(TEXT, [ANN, OSLO], [(*OSLO, 0.5)], "m")
    renamed = made.rename_type("LOC", "PER")
    (found,) = made.read().decisions.values()
    assert {span.label for span in found.entities} == {"PER"}
    assert found.suggested[0].label == "PER"
    assert made.read().types == ("PER",)
    made.accept("Rome", [(0, 4, "LOC")])  # later ones are what they say
    assert made.read().types == ("PER", "LOC")
    made.undo(renamed)
    assert entities_in(made)[TEXT] == (Span(*ANN), Span(*OSLO))
    with pytest.raises(AnnotationError) as error:
        made.rename_type("ORG", "PER")
    assert str(error.value) == "Menu reviews has no type 'ORG'. It has PER, LOC."


def test_merging_takes_the_later_decision_and_leaves_the_source_as_it_is(made):
    other = store.create("Other")
    made.accept(TEXT, [ANN])
    other.accept(TEXT, [ANN, OSLO])
    other.accept("Rome", [(0, 4, "LOC")])
    made.accept("Rome", [])
    before = other.decisions_path.read_bytes()
    merged = made.merge(other.read().decisions.values(), other.id)
    assert entities_in(made) == {TEXT: (Span(*ANN), Span(*OSLO)), "Rome": ()}
    assert other.decisions_path.read_bytes() == before
    made.undo(merged)
    assert entities_in(made) == {TEXT: (Span(*ANN),), "Rome": ()}


@pytest.mark.parametrize(
    ("text", "entities", "message"),
    [
        (" \n", [], "The text is empty. Type or paste one first."),
        ("\ud800", [], "The text has half of a surrogate pair in it. Correct the text."),
        (
            "x" * 1_000_001,
            [],
            "The text has 1,000,001 characters, and one in a set has at most 1,000,000. Split it.",
        ),
        (
            TEXT,
            [ANN, (4, 9, "LOC")],
            "The entity LOC at 4 to 9 overlaps another one. Mark it again.",
        ),
        (
            TEXT,
            [(17, 99, "LOC")],
            "The entity LOC at 17 to 99 is not inside the text. Mark it again.",
        ),
        (
            TEXT,
            [(-1, 3, "LOC")],
            "The entity LOC at -1 to 3 is not inside the text. Mark it again.",
        ),
        (TEXT, [(3, 3, "LOC")], "The entity LOC at 3 to 3 is not inside the text. Mark it again."),
        (TEXT, [("a", 3, "LOC")], "An entity starts or ends at no whole number. Mark it again."),
        (
            TEXT,
            [(0, 3, "O")],
            "A type can't be 'O'; use an entity type such as PER. Leave out the spans of what is "
            "no entity.",
        ),
        (
            TEXT,
            [(0, 3, "\u202e ")],
            "A type can't be ''; use an entity type such as PER. Correct the annotation.",
        ),
    ],
)
def test_what_can_be_no_annotation_is_refused(made, text, entities, message):
    with pytest.raises(AnnotationError) as error:
        made.accept(text, entities)
    assert str(error.value) == message
    assert made.read().decisions == {}


def test_every_fifth_text_is_held_out():
    texts = [f"text {number}" for number in range(10_000)]
    assert 0.19 < sum(map(is_held_out, texts)) / len(texts) < 0.21
    assert [text for text in texts[:10] if is_held_out(text)] == ["text 1"]


def test_a_torn_last_line_is_not_there_and_is_cut_off(made):
    made.accept(TEXT, [ANN])
    with made.decisions_path.open("ab") as file:
        file.write(b'{"v": 1, "id": "x", "kind": "acc')
    assert entities_in(made) == {TEXT: (Span(*ANN),)}
    made.accept("Rome", [])
    assert set(entities_in(made)) == {TEXT, "Rome"}
    assert made.read().damaged == 0


LINES = [
    b"",
    b"[]",
    b"{",
    b'{"id": "a", "kind": "accepted"}',
    b'{"id": 1, "kind": "skipped", "text": "a"}',
    b'{"id": "a", "kind": "accepted", "time": 1, "text": "a", "entities": [[0]]}',
    b'{"id": "a", "kind": "merged", "time": 1, "texts": [{}]}',
    b'{"id": "a", "kind": "other"}',
    b"[" * 100_000,
    b"\xff",
]


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_a_line_that_is_no_record_is_counted_and_left_out(made, line):
    made.accept(TEXT, [ANN])
    with made.decisions_path.open("ab") as file:
        file.write(line + b"\n")
    made.accept("Rome", [])
    assert set(entities_in(made)) == {TEXT, "Rome"}
    assert made.read().damaged == 1


def test_a_deleted_set_can_be_brought_back(made):
    made.accept(TEXT, [ANN])
    store.delete(made)
    assert store.list_sets() == []
    with pytest.raises(AnnotationError) as error:
        made.accept("Rome", [])  # by a page that still shows it
    assert str(error.value) == (
        "There is no annotation set 'menu-reviews'. List yours with `python -m ner_core "
        "annotations list`."
    )
    restored = store.restore(store.find_deleted(made.id))
    assert restored == made
    assert entities_in(made) == {TEXT: (Span(*ANN),)}


def test_a_set_is_not_brought_back_over_another_one(made):
    store.delete(made)
    store.create("Menu reviews")
    with pytest.raises(AnnotationError, match="there is another one with the id menu-reviews"):
        store.restore(store.find_deleted(made.id))


def test_a_deleted_set_is_gone_after_a_while(made, monkeypatch):
    store.delete(made)
    monkeypatch.setattr(store, "KEPT_SECONDS", -1.0)
    store.sweep()
    with pytest.raises(AnnotationError) as error:
        store.find_deleted(made.id)
    assert str(error.value) == ("This set can't be brought back any more: its files were deleted.")


def test_a_set_is_renamed_and_keeps_its_id(made):
    assert store.rename(made, " Menus\n") == "Menus"
    assert (store.get("menu-reviews").title, made.id) == ("Menus", "menu-reviews")
    with pytest.raises(AnnotationError) as error:
        store.rename(made, " ")
    assert str(error.value) == (
        "A set needs a name that can be seen. Type at least one letter or digit."
    )


@pytest.mark.parametrize("set_id", ["", "..", "a/b", "no", ".trash", "x" * 300, "a\0"])
def test_what_is_no_set_is_not_found(made, set_id):
    with pytest.raises(AnnotationError, match="There is no annotation set"):
        store.get(set_id)


def test_sets_that_cannot_be_written_are_said(ner_home):
    (ner_home / "annotations").write_text("a file")
    with pytest.raises(ConfigError) as error:
        store.create("a")
    assert str(error.value) == (
        f"Can't write annotation sets to {ner_home}/annotations: File exists. Set NER_HOME to "
        "another folder."
    )
    assert store.list_sets() == []


def test_many_write_at_once_and_nothing_is_lost(made):
    def write(name):
        for number in range(20):
            made.accept(f"{name} {number}", [(0, 1, "PER")])

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made.read().decisions) == 80
    assert made.read().damaged == 0


WRITER = """
import itertools, sys
from ner_core.annotations import store
found = store.get("menu-reviews")
for number in itertools.count(int(sys.argv[1])):
    found.accept(f"text {number} of Ann", [(0, 4, "PER")])
    print(number, flush=True)
"""


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_that_it_said_was_saved(made, ner_home):
    said = set()
    for round_ in range(20):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(round_ * 1000)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            env={**os.environ, "NER_HOME": str(ner_home)},
        )
        for _ in range(1 + 7 * round_ % 23):
            line = writer.stdout.readline()
            said.add(int(line))
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split(b"\n")[:-1]
        said.update(map(int, rest))
        writer.wait()
        writer.stdout.close()
    found = made.read()
    kept = [int(one.text.split()[1]) for one in found.decisions.values()]
    assert said <= set(kept)
    # At most the one that was written and not yet said, of each round.
    assert len(kept) <= len(said) + 20
    lines = made.decisions_path.read_bytes().split(b"\n")[:-1]
    ids = [json.loads(line)["id"] for line in lines if line.startswith(b'{"v"')]
    assert len(ids) == len(set(ids))
    assert found.damaged == 0


texts = st.sampled_from(["Ann", "Bob", "Oslo", "Rome"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), texts, st.booleans()),
        st.tuples(st.just("skip"), texts),
        st.tuples(st.just("undo"), st.integers(0, 30)),
    ),
    max_size=30,
)


@given(steps)
def test_a_set_adds_up_as_a_plain_list_of_what_was_not_undone(actions):
    made = store.create("Law")
    log = []  # [id, action, undone by]
    for action in actions:
        if action[0] == "accept":
            spans = [(0, 3, "PER")] if action[2] else []
            log.append((made.accept(action[1], spans), action))
        elif action[0] == "skip":
            log.append((made.skip(action[1]), action))
        elif log:
            target = log[action[1] % len(log)][0]
            log.append((made.undo(target), ("undo", target)))

    def is_valid(place):
        own = log[place][0]
        undoers = [
            later
            for later in range(place + 1, len(log))
            if log[later][1] == ("undo", own) and is_valid(later)
        ]
        return not undoers

    expected, skipped = {}, set()
    for place, (_, action) in enumerate(log):
        if not is_valid(place):
            continue
        if action[0] == "accept":
            expected[action[1]] = (Span(0, 3, "PER"),) if action[2] else ()
        elif action[0] == "skip":
            skipped.add(action[1])
    found = made.read()
    assert {one.text: one.entities for one in found.decisions.values()} == expected
    assert found.skipped == {text_id(text) for text in skipped - expected.keys()}
    store.delete(made)


def test_lines_of_a_later_version_keep_what_is_known():
    row = {"v": 9, "id": "a", "kind": "accepted", "time": 1, "text": "Ann", "entities": []}
    found = contents([json.dumps({**row, "more": 1}).encode()])
    assert [one.text for one in found.decisions.values()] == ["Ann"]


def test_what_is_asked_again_under_its_id_is_saved_once(made):
    for _ in range(2):
        assert made.accept("Ann", [(0, 3, "PER")], record="first-key") == "first-key"
    assert made.skip('"id": "third-key"', record="second-key") == "second-key"
    for _ in range(2):
        made.undo("first-key", record="third-key")
    assert not made.read().decisions
    made.undo("third-key")
    assert len(made.read().decisions) == 1
    assert len(made.decisions_path.read_bytes().splitlines()) == 5  # the types are the first
