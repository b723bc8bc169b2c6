"""The last decisions of a set as lines: the same set again, whoever wrote the lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.annotations.decision_lines import from_lines, to_lines
from ner_core.annotations.decisions import Decision, Suggestion
from ner_core.tags import Span

TEXT = "Ann Kay lives in Oslo.\nShe cooks.\u2028\r"
GOOD = {
    "text": TEXT,
    "entities": [[0, 7, "PER"]],
    "complete": False,
    "suggested": [[17, 21, "LOC", 0.1]],
    "model": "starter",
    "split": "test",
    "time": 1.25,
}


def read(*lines):
    return from_lines(line if isinstance(line, bytes) else line.encode() for line in lines)


def test_a_line_has_all_of_a_decision():
    decision = Decision(
        TEXT,
        (Span(0, 7, "PER"),),
        False,
        (Suggestion(17, 21, "LOC", 0.1),),
        "starter",
        "test",
        1.25,
    )
    lines = to_lines([decision])
    assert lines.count(b"\n") == 1
    assert json.loads(lines) == GOOD
    assert read(lines) == ([decision], 0)


def test_what_is_missing_is_what_a_decision_has_without_it():
    line = json.dumps({"text": "Ann", "entities": []})
    assert read(line, "", "  \n") == ([Decision("Ann")], 0)


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"text": 7},
        {"text": "half \ud83d"},
        {"text": "x" * 1_000_001},
        {"entities": [[0, 99, "PER"]]},
        {"entities": [[0, 7, "PER"], [4, 9, "LOC"]]},
        {"entities": [[0, 7, "O"]]},
        {"entities": [[0, 7, ["PER"]], [1]]},
        {"entities": [[-1, 7, "PER"]]},
        {"entities": [[3, 3, "PER"]]},
        {"entities": {"a": 1}},
        {"entities": None},
        {"suggested": [[0, 99, "PER", 0.5]]},
        {"suggested": [[0, 7, "PER", float("nan")]]},
        {"suggested": [[0, 7, "PER"]]},
        {"model": {"a": 1}},
        {"model": "x" * 501},
        {"split": "all"},
        {"time": float("inf")},
        {"time": "soon"},
        {"time": 10**400},
    ],
)
def test_a_line_that_can_be_no_decision_is_counted(change):
    bad = json.dumps({**GOOD, **change})
    found, damaged = read(json.dumps(GOOD), bad, '{"text": "to', b"\xff\xfe\x00", "[" * 100_000)
    assert ([one.text for one in found], damaged) == ([TEXT], 4)


def test_types_are_cleaned():
    found, _ = read(json.dumps({"text": "Ann", "entities": [[0, 3, " given\u202e\nname "]]}))
    assert found[0].entities == (Span(0, 3, "given-name"),)


@given(st.binary() | st.text().map(str.encode))
def test_nothing_that_strangers_write_raises(line):
    found, damaged = read(line)
    assert len(found) + damaged <= 1


@given(st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists), st.data())
def test_no_value_of_a_decision_raises(value, data):
    name = data.draw(st.sampled_from(sorted(GOOD)))
    found, damaged = read(json.dumps({**GOOD, name: value}))
    assert len(found) + damaged == 1
