"""Word lists: what examples of types suggest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.annotations.decisions import Decision, Suggestion
from ner_core.tags import Span
from ner_core.teaching.word_lists import INFLECTED, SAME, WordLists, examples_of

LISTS = WordLists(
    {"PER": ["Ann Kay", "Ann"], "LOC": ["Oslo", "New York", "York"], "DISH": ["falafel"]}
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ann Kay met Ann.", [("Ann Kay", "PER", SAME), ("Ann", "PER", SAME)]),
        ("the OSLO and Oslos of Oslo", [("OSLO", INFLECTED), ("Oslos", INFLECTED), ("Oslo", SAME)]),
        ("an annex of anna", []),  # too short to be told from other words
        ("New York, not York", [("New York", "LOC", SAME), ("York", "LOC", SAME)]),
        ("new york is a new city", []),
        ("Falafels! FALAFEL, falafel", [("Falafels",), ("FALAFEL",), ("falafel", "DISH", SAME)]),
        ("Osloensis", []),  # too much more
        ("Oslo's", [("Oslo", "LOC", SAME)]),
        ("", []),
    ],
)
def test_examples_are_found_where_their_words_stand(text, found):
    seen = [(text[one.start : one.end], one.label, one.score) for one in LISTS.suggest(text)]
    assert [one[:1] for one in seen] == [one[:1] for one in found]
    for one, wanted in zip(seen, found, strict=True):
        assert set(wanted) <= set(one)


def test_of_two_types_the_longer_and_then_the_better_example_counts():
    lists = WordLists({"A": ["York"], "B": ["york"], "C": ["New York City"], "D": ["York "]})
    assert lists.suggest("York") == [Suggestion(0, 4, "A", SAME)]
    assert lists.suggest("york") == [Suggestion(0, 4, "B", SAME)]


def test_examples_without_words_suggest_nothing():
    assert WordLists({"A": ["", " ", "!", "\u200b"]}).suggest("! a") == []


def test_what_was_marked_more_often_than_not_is_an_example():
    def decided(*labels, rejected=0):
        text = "Oslo " * (len(labels) + rejected)
        spans = [Span(5 * at, 5 * at + 4, label) for at, label in enumerate(labels)]
        others = [
            Suggestion(5 * at, 5 * at + 4, "LOC", 0.5)
            for at in range(len(labels), len(labels) + rejected)
        ]
        return Decision(text, tuple(spans), suggested=tuple(others), model="m")

    assert examples_of([decided("LOC", "LOC", "ORG")]) == {"LOC": ["Oslo"]}
    assert examples_of([decided("LOC", "ORG")]) == {}
    assert examples_of([decided("LOC", "LOC", rejected=1)]) == {"LOC": ["Oslo"]}
    assert examples_of([decided("LOC"), decided(rejected=1)]) == {}


@given(
    st.dictionaries(st.sampled_from("AB"), st.lists(st.text("abAB .-", max_size=6), max_size=4)),
    st.text("abAB .-", max_size=30),
)
def test_suggestions_are_sorted_disjoint_and_inside(examples, text):
    last = 0
    for one in WordLists(examples).suggest(text):
        assert last <= one.start < one.end <= len(text)
        assert one.label in examples
        last = one.end
