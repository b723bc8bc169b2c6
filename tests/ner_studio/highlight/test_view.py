"""What the Highlight tab draws, without a browser."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.entities import Entity
from ner_core.errors import ModelError
from ner_core.inference.token_view import SubToken
from ner_core.render.colours import EntityColours
from ner_studio.base import assets
from ner_studio.highlight import tables
from ner_studio.highlight.view import (
    MOST_CHARACTERS,
    TABLE,
    TEXT,
    TOKENS,
    VIEWS,
    Reading,
    highlighted,
    page,
)

OSLO = Entity(13, 17, "LOC", 0.98765, "Oslo")
ANN = Entity(0, 3, "PER", 0.5, "Ann")
SENTENCE = "Ann lives in Oslo."
HOSTILE = (
    "</div><script>alert(1)</script> <img src=x onerror=alert(2)> ${x} {{y}} \"'` \u202e\0\ud800"
)


def test_the_page_begins_with_the_threshold_of_the_first_model():
    first = Reading("first", ["PER"], [ANN], threshold=0.35)
    second = Reading("second", ["PER"], [ANN], threshold=0.5)
    found = page(TEXT, SENTENCE, ["first", "second"], [first, second])
    assert found.count('data-threshold="0.35"') == found.count("data-threshold") == 1
    assert "data-threshold" not in page(TEXT, SENTENCE, ["x"], [Reading("x", ["PER"], [ANN])])


class Seen(HTMLParser):
    """The elements of mark-up, and its text without what only screen readers and labels say."""

    ASIDE = frozenset({"small", "fieldset", "label", "button", "th"})
    EMPTY = frozenset({"input", "img", "br"})

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.elements, self.text, self._open = [], "", []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if not self.ASIDE & set(self._open):
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def reading(*entities, model="starter", types=("LOC", "PER"), sub_tokens=()):
    return Reading(model, types, entities, sub_tokens)


def one(view=TEXT, text=SENTENCE, outcome=None):
    return page(view, text, ["starter"], [outcome or reading(ANN, OSLO)])


def test_an_entity_is_marked_with_its_label_and_score():
    assert highlighted(SENTENCE, [OSLO], EntityColours()) == (
        '<div class="ner-text" dir="auto" role="group" aria-label="Text with its entities">'
        "Ann lives in "
        '<mark class="ner-c2" title="LOC, 99%" data-label="LOC">Oslo<small><bdi>LOC</bdi>'
        '<span class="ner-unseen"> 99%</span></small></mark>.</div>'
    )


@given(st.text(max_size=60), st.data())
def test_a_text_is_drawn_as_it_is_whatever_is_in_it(text, data):
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True).map(sorted))
    label = data.draw(st.text(min_size=1, max_size=5))
    entities = [
        Entity(start, end, label, 0.5, text[start:end])
        for start, end in zip(places[::2], places[1::2], strict=False)
    ]
    seen = Seen(highlighted(text, entities, EntityColours()))
    assert [tag for tag, _ in seen.elements if tag not in {"bdi", "small", "span"}] == [
        "div",
        *["mark"] * len(entities),
    ]
    assert seen.text == re.sub("[\0\ud800-\udfff]", "\ufffd", text)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("models", [1, 2])
def test_nothing_that_a_stranger_wrote_becomes_mark_up(view, models):
    entity = Entity(0, len(HOSTILE), HOSTILE, 0.5, HOSTILE)
    token = SubToken(HOSTILE, f"B-{HOSTILE}", 0.5, 1, 0, 3)
    told = Reading(HOSTILE, [HOSTILE], [entity], [token])
    drawn = page(view, HOSTILE, [HOSTILE] * models, [told] * models)
    plain = Reading("a", ["PER"], [ANN], [SubToken("a", "B-PER", 0.5, 1, 0, 3)])
    harmless = Seen(page(view, "Ann", ["a"] * models, [plain] * models))
    seen = Seen(drawn)
    assert {tag for tag, _ in seen.elements} == {tag for tag, _ in harmless.elements}
    assert {name for _, attributes in seen.elements for name in attributes} <= {
        *{
            "aria-label",
            "aria-sort",
            "checked",
            "class",
            "dir",
            "hidden",
            "max",
            "min",
            "role",
            "scope",
        },
        *{"step", "title", "type", "value"},
        *{"data-compare", "data-do", "data-entities", "data-label", "data-model", "data-rows"},
        *{"data-side", "data-table", "data-view"},
    }
    assert "{" not in drawn
    assert "$" not in drawn
    drawn.encode()


def test_a_result_carries_its_entities_for_the_script():
    (result,) = (a for a in Seen(one()).all("div") if a.get("class") == "hl-result")
    assert json.loads(result["data-entities"]) == [
        [[0, 3, "PER", 0.5], [13, 17, "LOC", 0.98765]],
    ]


def test_the_frame_names_the_models():
    two = page(TEXT, SENTENCE, ["a/b", 'c"d'], [reading(), reading()])
    frame = {"class": "hl", "data-model": "a/b", "data-compare": 'c"d', "data-view": "Text"}
    assert Seen(two).elements[0][1] == frame
    assert Seen(one()).elements[0][1]["data-compare"] == ""


def test_the_legend_has_a_switch_for_each_type_that_a_model_can_name():
    two = page(TEXT, SENTENCE, ["a", "b"], [reading(types=["PER"]), reading(types=["LOC", "PER"])])
    boxes = [box for box in Seen(two).all("input") if box["type"] == "checkbox"]
    assert [box["value"] for box in boxes] == ["LOC", "PER"]
    assert all("checked" in box for box in boxes)


def test_a_blank_text_has_no_result():
    assert page(TEXT, " \n", ["starter"], []) == (
        '<div class="hl" data-model="starter" data-compare="" data-view="Text">'
        '<div class="hl-tools"></div>'
        '<div class="ner-empty">Type or paste a text above, or pick an example.</div></div>'
    )


@pytest.mark.parametrize("view", VIEWS)
def test_only_the_chosen_view_is_drawn(view):
    drawn = one(view)
    assert ('class="ner-text"' in drawn) == (view == TEXT)
    assert ('data-table="Entities"' in drawn) == (view == TABLE)
    assert ('data-table="Tokens"' in drawn) == (view == TOKENS)


def test_an_unknown_view_is_the_text():
    assert one("<b>") == one(TEXT)


def test_a_text_too_long_is_cut_and_the_sentence_says_what_to_do():
    text = "Ann lives in Oslo.\n" * 2000
    seen = Seen(page(TEXT, text, ["starter"], [reading(ANN)]))
    sentence = (
        "This text has 38,000 characters, and only the first 20,000 are read here. To read all of "
        "it, use “A whole file” below."
    )
    assert seen.text.count(sentence) == 1
    assert seen.text.count("lives") == text[:MOST_CHARACTERS].count("lives")


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("owner/name", "Loading owner/name from the Hub…"),
        ("20260102-run", "Loading 20260102-run…"),
    ],
)
def test_a_model_that_is_being_loaded_is_named(model, sentence):
    assert Seen(page(TEXT, SENTENCE, [model], [None])).text == sentence


def test_a_refusal_stands_in_place_of_the_result():
    refused = page(TEXT, SENTENCE, ["a/b"], [ModelError("There is no <b>.")])
    seen = Seen(refused)
    assert seen.text == "There is no <b>."
    assert seen.all("p") == [{"class": "ner-error", "role": "alert"}]


def test_of_two_models_the_one_that_can_is_shown():
    drawn = page(TEXT, SENTENCE, ["a/b", "c"], [ModelError("There is no x."), reading(ANN)])
    assert "a/b: There is no x." in Seen(drawn).text
    assert len(Seen(drawn).all("mark")) == 1
    assert "hl-columns" not in drawn
    waiting = page(TEXT, SENTENCE, ["a", "b/c"], [reading(ANN), None])
    assert "Loading b/c from the Hub…" in Seen(waiting).text
    assert len(Seen(waiting).all("mark")) == 1


def test_two_models_stand_side_by_side():
    readings = [reading(ANN, model="starter"), reading(ANN, OSLO, model="mine")]
    seen = Seen(page(TEXT, SENTENCE, ["starter", "mine"], readings))
    assert [section["data-side"] for section in seen.all("section")] == ["0", "1"]
    assert len(seen.all("mark")) == 3
    assert seen.text == f"A starter{SENTENCE}B mine{SENTENCE}"


def rows_of(drawn):
    (table,) = (part for part in Seen(drawn).all("div") if "data-rows" in part)
    return json.loads(table["data-rows"])


def test_the_table_lists_entities():
    assert rows_of(one(TABLE)) == [["Ann", "PER", 0.5, 0, 3], ["Oslo", "LOC", 0.98765, 13, 17]]


def test_the_table_of_two_models_has_both_scores():
    other = Entity(13, 17, "PER", 0.25, "Oslo")
    drawn = page(TABLE, SENTENCE, ["a", "b"], [reading(ANN, OSLO), reading(ANN, other)])
    assert rows_of(drawn) == [
        ["Ann", "PER", 0.5, 0.5, 0, 3],
        ["Oslo", "LOC", 0.98765, None, 13, 17],
        ["Oslo", "PER", None, 0.25, 13, 17],
    ]


def test_all_sub_tokens_are_listed_those_outside_entities_too():
    tokens = [SubToken("in", "O", 1.0, 1, 0, 2), SubToken("##lo", "I-LOC", 0.75, 2, 2, 4)] * 2000
    rows = rows_of(tables.sub_token_table(tokens))
    assert len(rows) == 4000
    assert rows[:2] == [["in", "O", 1.0, 1, 0, 2], ["##lo", "I-LOC", 0.75, 2, 2, 4]]


def test_types_of_one_model_have_different_colours_and_two_models_the_same_for_a_type():
    first, second = ["Chemical", "Disease"], ["Disease", "PER"]
    two = [reading(model="a", types=first), reading(model="b", types=second)]
    classes = []
    for readings in (two[:1], two):
        drawn = page(TEXT, SENTENCE, "ab"[: len(readings)], readings)
        labels = (part["class"].split() for part in Seen(drawn).all("label"))
        classes.append([names[1] for names in labels if names[0] == "hl-chip"])
    assert len(set(classes[0])) == 2
    assert len(set(classes[1])) == 3
    assert classes[1][:2] == classes[0]


def test_the_style_sheet_is_read():
    assert ".hl-chip" in assets.style_sheet()
