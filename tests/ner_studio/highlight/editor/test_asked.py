"""What strangers may send to the editor: everything is checked, and refused in a sentence."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.errors import AnnotationError
from ner_studio.highlight.editor.asked import MOST_ENTITIES, MOST_TYPES, Asked, key_of, read
from ner_studio.highlight.view import MOST_CHARACTERS

NONE = "This request is none of the editor's. Reload the page."
VALID = {"do": "accept", "key": "a-first-key", "set": {"id": "mine"}, "text": "Ann"}


def refused(sent):
    with pytest.raises(AnnotationError) as caught:
        read(sent)
    return str(caught.value)


def test_a_valid_request_is_read():
    more = {"entities": [[0, 3, " big  club "]], "suggested": [[0, 3, "PER", 1]], "model": "m"}
    sent = {**VALID, **more, "complete": False, "types": ["A", "A", "B"], "of": "a-second-key"}
    assert read(json.dumps(sent)) == Asked(
        do="accept",
        key="a-first-key",
        set_id="mine",
        title="My annotations",
        text="Ann",
        of="a-second-key",
        entities=((0, 3, "big-club"),),
        suggested=((0, 3, "PER", 1.0),),
        model="m",
        complete=False,
        types=("A", "B"),
        unit="sentences",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"do": "publish"},
        {"do": None},
        {"do": ["open"]},
        {"key": "short"},
        {"key": 'a-key", "id": "other'},
        {"key": 5},
        {"set": "mine"},
        {"set": {"id": 5}},
        {"set": {"title": "x" * 1001}},
        {"text": None},
        {"text": 5},
        {"entities": {}},
        {"entities": [[0, 3]]},
        {"entities": ["abc"]},
        {"entities": [[0, 3, "PER", 0.5]]},
        {"entities": [[True, 3, "PER"]]},
        {"entities": [[0, 3.0, "PER"]]},
        {"entities": [[0, 3, None]]},
        {"suggested": [[0, 3, "PER"]]},
        {"suggested": [[0, 3, "PER", "high"]]},
        {"suggested": [[0, 3, "PER", 1.5]]},
        {"suggested": [[0, 3, "PER", float("nan")]]},
        {"model": "x" * 301},
        {"types": "PER"},
        {"types": [5]},
        {"of": 5},
    ],
)
def test_what_the_editor_never_sends_is_refused(change):
    assert refused(json.dumps({**VALID, **change})) == NONE


@pytest.mark.parametrize("sent", [None, 5, "", "{", "[]", "5", "[" * 100_000, "x" * 4_000_001])
def test_what_is_no_request_is_refused(sent):
    assert refused(sent) == NONE
    assert key_of(sent) == ""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"text": "x" * (MOST_CHARACTERS + 1)},
            "The text has 20,001 characters, and at most 20,000 can be corrected at a time. "
            "Shorten it.",
        ),
        (
            {"entities": [[0, 1, "X"]] * (MOST_ENTITIES + 1)},
            "The text has 5,001 entities, and at most 5,000 can be saved. Split it.",
        ),
        (
            {"types": [f"T{number}" for number in range(MOST_TYPES + 1)]},
            "There are 101 types, and a set has at most 100. Remove some.",
        ),
        (
            {"types": ["long" * 20]},
            "The type longlonglonglonglong … has 80 characters, and a type has at most 60. "
            "Shorten it.",
        ),
    ],
)
def test_what_is_too_much_is_refused_with_what_to_do(change, sentence):
    assert refused(json.dumps({**VALID, **change})) == sentence


@pytest.mark.parametrize("label", ["", " ", "O", "B-PER", "\ud83d"])
def test_a_label_is_one_that_the_whole_project_takes(label):
    for change in ({"types": [label]}, {"entities": [[0, 3, label]]}):
        assert "label" in refused(json.dumps({**VALID, **change})) or "type" in refused(
            json.dumps({**VALID, **change})
        )


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
)


@given(st.dictionaries(st.sampled_from([*VALID, "entities", "suggested", "types"]), anything))
def test_whatever_is_sent_is_read_or_refused(change):
    sent = json.dumps({**VALID, **change})
    key_of(sent)
    with suppress(AnnotationError):
        assert isinstance(read(sent), Asked)
