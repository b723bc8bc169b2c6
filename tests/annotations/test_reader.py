"""Reading a set again and again is reading it anew."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.annotations import decisions, store
from ner_core.annotations.annotation_set import AnnotationSet
from ner_core.annotations.reader import SetReader
from ner_core.errors import AnnotationError

TEXTS = ("Ann", "Bob", "Kay")
acts = st.lists(
    st.tuples(st.sampled_from(("accept", "skip", "undo", "torn", "read")), st.integers(0, 9))
)


@given(acts)
def test_what_is_read_bit_by_bit_is_what_is_there(tmp_path_factory, acts):
    folder = tmp_path_factory.mktemp("set")
    made = AnnotationSet("a", folder)
    made.lock_path.touch()
    reader, keys = SetReader(), ["none"]
    for act, number in acts:
        text = TEXTS[number % len(TEXTS)]
        if act == "accept":
            keys.append(made.accept(text, [(0, 3, f"T{number}")]))
        elif act == "skip":
            keys.append(made.skip(text))
        elif act == "undo":
            keys.append(made.undo(keys[number % len(keys)]))
        elif act == "torn":
            with made.decisions_path.open("ab") as file:
                file.write(b'{"v": 1, "id"')
        assert reader.read(made) == made.read()


def test_only_new_lines_are_parsed(monkeypatch):
    made, reader = store.create("Ships", ["Ship"]), SetReader()
    made.accept("Ann")
    reader.read(made)
    parsed = []
    original = decisions.records_of
    monkeypatch.setattr(
        "ner_core.annotations.reader.records_of",
        lambda lines: original(parsed.extend(lines) or lines),
    )
    made.accept("Bob")
    assert len(reader.read(made).decisions) == 2
    assert len(parsed) == 1


def test_another_set_in_the_place_of_one_is_read_from_its_beginning():
    made, reader = store.create("Ships", ["Ship"]), SetReader()
    for text in TEXTS:
        made.accept(text)
    assert len(reader.read(made).decisions) == 3
    shutil.rmtree(made.path)
    again = store.create("Ships", ["Port"])
    for _ in range(9):
        again.skip("Kay")
    assert again.path == made.path
    assert reader.read(again) == again.read()
    assert reader.read(again).types == ("Port",)


def test_few_sets_are_remembered():
    reader = SetReader(most=1)
    made = [store.create(title, [title]) for title in ("Ships", "Ports")]
    for one in [*made, *made]:
        assert reader.read(one) == one.read()


def test_what_cannot_be_read_is_said():
    made, reader = store.create("Ships"), SetReader()
    made.decisions_path.unlink()
    made.decisions_path.mkdir()
    with pytest.raises(AnnotationError, match="Can't read the set Ships: Is a directory"):
        reader.read(made)
