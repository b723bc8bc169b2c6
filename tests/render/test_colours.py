"""Which colour an entity type has, among those of its model and of the one beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.render.colours import PALETTE, EntityColours
from ner_studio.base.theme import line_colours

KNOWN = {"PER": 0, "ORG": 1, "LOC": 2, "MISC": 3}
LABELS = st.sets(st.one_of(st.sampled_from([*KNOWN, "GPE", "person"]), st.text()), max_size=8)


def test_two_types_of_a_model_never_share_a_colour_where_there_are_enough():
    colours = EntityColours(["Chemical", "Disease"])
    assert colours["Chemical"] != colours["Disease"]


@given(LABELS)
def test_the_types_of_a_model_are_told_apart(types):
    colours = EntityColours(types)
    assert set(colours) == types
    assert len(set(colours.values())) == len(types)
    assert set(colours.values()) <= set(range(len(PALETTE)))


@given(LABELS)
def test_the_types_that_everybody_has_keep_their_colours(types):
    colours = EntityColours({*types} - {"per", "loc", "org", "misc"})
    for label, number in KNOWN.items():
        if label in types:
            assert colours[label] == number


@given(st.sets(st.text(), max_size=20), st.text())
def test_the_colours_are_always_the_same(types, other):
    assert EntityColours(types) == EntityColours(sorted(types, reverse=True))
    assert 0 <= EntityColours(types)[other] < len(PALETTE)
    assert EntityColours()[other] == EntityColours([other])[other]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("PERSON", "PER"),
        ("person", "PER"),
        ("Per", "PER"),
        ("ORGANIZATION", "ORG"),
        ("organisation", "ORG"),
        ("LOCATION", "LOC"),
        ("GPE", "LOC"),
        ("MISCELLANEOUS", "MISC"),
    ],
)
def test_a_long_name_has_the_colour_of_its_short_form(name, short):
    assert EntityColours([name, "X"])[name] == KNOWN[short]


def test_a_long_name_makes_room_for_its_short_form():
    colours = EntityColours(["FAC", "GPE", "LOC", "ORG", "PER", "VEH", "WEA"])
    assert colours["LOC"] == 2
    assert len(set(colours.values())) == 7


@given(LABELS, LABELS)
def test_a_model_keeps_its_colours_when_another_one_stands_beside_it(first, second):
    colours = EntityColours(first, second)
    assert {label: colours[label] for label in first} == EntityColours(first)
    assert len({colours[label] for label in second}) == len(second)


@given(LABELS)
def test_a_line_has_the_colour_of_its_marks(types):
    colours = EntityColours(types)
    assert line_colours(sorted(types), types) == [
        PALETTE[colours[label]].line for label in sorted(types)
    ]


@given(st.sets(st.text(), min_size=9, max_size=20))
def test_lines_are_told_apart_where_types_share_colours(types):
    chosen = sorted(types)[:8]
    lines = line_colours(chosen, types)
    assert len(set(lines)) == 8
    colours = EntityColours(types)
    assert lines[0] == PALETTE[colours[chosen[0]]].line
