"""The order of a queue: what is useful first, and nothing lost or doubled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.teaching.ordering import ORDERS, Read, ordered

SURE = Read(["a", "b"], ["O", "O"], [0.99, 0.99])
UNSURE = Read(["c", "d"], ["O", "B-X"], [0.5, 0.5])
MANY = Read([*"efgh"], ["O"] * 4, [0.8] * 4)
ENTITY = Read([*"ijklmn"], ["B-X", *["O"] * 5], [0.4, *[0.99] * 5])
TEXTS = ["sure", "unsure", "many", "entity"]
READS = [SURE, UNSURE, MANY, ENTITY]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("given", TEXTS),
        ("unsure", ["unsure", "many", "entity", "sure"]),
        ("entities", ["entity", "unsure", "many", "sure"]),
    ],
)
def test_useful_texts_come_first(order, expected):
    assert ordered(TEXTS, order, READS) == expected


def test_a_random_order_is_the_same_again_and_does_not_depend_on_what_is_left():
    texts = [f"text {number}" for number in range(50)]
    shuffled = ordered(texts, "random")
    assert shuffled != texts
    assert ordered(texts[::-1], "random") == shuffled
    assert ordered(texts[:20], "random") == [text for text in shuffled if text in texts[:20]]


def test_without_a_model_the_order_is_random():
    assert ordered(TEXTS, "unsure") == ordered(TEXTS, "random")


def test_mixed_takes_turns_and_puts_off_what_is_unsure_for_the_same_reason():
    same = {f"same {number}": UNSURE for number in range(3)}
    reads = {**same, "other": MANY, "sure": SURE}
    found = ordered(list(reads), "mixed", list(reads.values()))
    assert found[0] == "same 0"
    varied = ["same 0", "other", "sure", "same 1", "same 2"]
    shuffled = ordered(list(reads), "random")
    turns = [text for pair in zip(varied, shuffled, strict=True) for text in pair]
    assert found == list(dict.fromkeys(turns))


scores = st.lists(st.floats(0, 1), max_size=5)


@given(st.dictionaries(st.text(max_size=4), scores, max_size=8), st.sampled_from(ORDERS))
def test_no_text_is_lost_or_doubled(texts, order):
    reads = [Read(["w"] * len(row), ["O"] * len(row), row) for row in texts.values()]
    assert sorted(ordered(list(texts), order, reads)) == sorted(texts)
