"""The editor of the Highlight tab, with keyboard, mouse and touch, in a real browser."""

import pytest
from playwright.sync_api import expect

from ner_core.annotations.annotation_set import AnnotationSet
from tests.support.editing import (
    TEXT,
    Word,
    heard,
    marked,
    name_set,
    new_type,
    open_editor,
    open_next,
    press,
    records,
    saved,
    wait_for_text,
    without_types,
)
from tests.support.pages import assert_becomes

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

NEWS = "Angela Merkel flew from Berlin to Nairobi."
FOUND = [("Angela Merkel", "PER"), ("Berlin", "LOC"), ("Nairobi", "LOC")]
SUGGESTED = [[*entity, True] for entity in FOUND]
SHIPS = {
    "the raft left Callao with Thor": [("raft", "Ship"), ("Callao", "Port"), ("Thor", "Skipper")],
    "Thor saw the raft in Callao": [("Thor", "Skipper"), ("raft", "Ship"), ("Callao", "Port")],
    "no ship here": [],
    "the old raft sank": [("old raft", "Ship")],
}


def test_three_types_from_nothing_with_the_keyboard_alone(new_page, app):
    page = new_page()
    first, second, third, fourth = SHIPS
    open_editor(page, first)
    name_set(page, "Ships")
    page.locator(TEXT).focus()
    without_types(page)
    press(page, "Home", "ArrowRight")
    new_type(page, "Ship")
    assert heard(page) == "Marked raft as Ship"
    press(page, "ArrowRight", "ArrowRight")
    assert heard(page) == "Word 4 of 6: Callao"
    new_type(page, "Port")
    press(page, "End")
    new_type(page, "Skipper")
    assert marked(page) == [[*entity, False] for entity in SHIPS[first]]
    press(page, "Enter")

    open_next(page, second)
    # The model has none of these types; what was marked before is suggested.
    assert marked(page) == [[*entity, True] for entity in SHIPS[second]]
    press(page, "3", "ArrowRight", "ArrowRight", "ArrowRight", "1", "End", "2", "Enter")
    open_next(page, third)
    press(page, "1", "Backspace")
    assert heard(page) == "Removed Ship from no"
    press(page, "Enter")
    open_next(page, fourth)
    press(page, "ArrowRight", "Shift+ArrowRight")
    assert heard(page) == "Selected old raft"
    press(page, "1", "Enter")
    assert_becomes(lambda: saved(app.home, "ships"), SHIPS)
    expect(page.locator(".ed-count")).to_have_text("4 texts saved")
    assert AnnotationSet("ships", app.home / "annotations" / "ships").read().types == (
        "Ship",
        "Port",
        "Skipper",
    )


def test_undo_goes_back_over_saved_texts_and_redo_forward_again(new_page, app):
    page = new_page()
    open_editor(page, "a b")
    name_set(page, "Undone")
    page.locator(TEXT).focus()
    new_type(page, "X")
    press(page, "ArrowRight")
    new_type(page, "Y")
    press(page, "Enter")
    open_next(page, "c d")
    press(page, "Enter")
    open_next(page, "e f")
    both = {"a b": [("a", "X"), ("b", "Y")], "c d": []}
    assert_becomes(lambda: saved(app.home, "undone"), both)

    press(page, "Control+z", "Control+z")
    wait_for_text(page, "a b")
    assert_becomes(lambda: saved(app.home, "undone"), {})
    assert marked(page) == [["a", "X", False], ["b", "Y", False]]
    press(page, "Control+z")
    assert marked(page) == [["a", "X", False]]
    press(page, "Control+Shift+z", "Control+Shift+z")
    wait_for_text(page, "c d")
    press(page, "Control+Shift+z")
    wait_for_text(page, "e f")
    assert_becomes(lambda: saved(app.home, "undone"), both)
    press(page, "Enter")
    assert_becomes(lambda: saved(app.home, "undone"), {**both, "e f": []})

    # In the empty field for the next text, undo goes back as well; what is changed is saved anew.
    press(page, "Control+z")
    wait_for_text(page, "e f")
    press(page, "Control+z")
    wait_for_text(page, "c d")
    new_type(page, "Z")
    press(page, "Enter")
    wait_for_text(page, "e f")
    press(page, "s")
    assert_becomes(lambda: saved(app.home, "undone"), {**both, "c d": [("c", "Z")]})


def test_a_reload_brings_back_set_and_text_and_saves_nothing_twice(new_page, app):
    page = new_page()
    open_editor(page, "x y z")
    name_set(page, "Kept")
    page.locator(TEXT).focus()
    new_type(page, "X")
    press(page, "Enter")
    open_next(page, "u v w")
    press(page, "ArrowRight")
    new_type(page, "V")
    expect(page.locator("[data-part=said]")).to_have_text("Saved to Kept.")
    page.reload()
    wait_for_text(page, "u v w")
    assert marked(page) == [["v", "V", False]]
    expect(page.get_by_label("Save to")).to_have_value("Kept")
    expect(page.locator(".ed-count")).to_have_text("1 text saved")
    before = len(records(app.home, "kept"))
    press(page, "Enter")
    assert_becomes(lambda: saved(app.home, "kept"), {"x y z": [("x", "X")], "u v w": [("v", "V")]})
    assert len(records(app.home, "kept")) == before + 1
    press(page, "Control+z")
    wait_for_text(page, "u v w")
    press(page, "Control+z")  # its steps went with the reload, so this is the text before
    wait_for_text(page, "x y z")
    assert_becomes(lambda: saved(app.home, "kept"), {})


def test_suggestions_are_accepted_as_they_are(new_page, app):
    page = new_page()
    open_editor(page, NEWS)
    name_set(page, "Unchanged")
    assert_becomes(lambda: marked(page), SUGGESTED)
    page.locator(TEXT).focus()
    press(page, "Enter")
    assert_becomes(lambda: saved(app.home, "unchanged"), {NEWS: FOUND})
    found = AnnotationSet("unchanged", app.home / "annotations" / "unchanged").read()
    (decision,) = found.decisions.values()
    assert decision.unchanged
    assert (decision.model, decision.edits) == ("starter", 0)
    assert all(0.5 < one.score <= 1 for one in decision.suggested)


def test_what_nobody_looked_at_is_left_out_of_a_text_that_is_partly_done(new_page, app):
    page = new_page()
    open_editor(page, NEWS)
    name_set(page, "Partly")
    page.get_by_label("Not everything looked at").check()
    assert_becomes(lambda: marked(page), SUGGESTED)
    page.locator(TEXT).focus()
    press(page, "4", "End", "ArrowLeft", "Backspace", "Enter")  # PER is right, Nairobi is none
    assert_becomes(lambda: saved(app.home, "partly"), {NEWS: FOUND[:1]})
    found = AnnotationSet("partly", app.home / "annotations" / "partly").read()
    (decision,) = found.decisions.values()
    assert not decision.complete
    assert [one[:3] for one in decision.suggested] == [(0, 13, "PER"), (34, 41, "LOC")]
    assert [one[:3] for one in decision.rejected] == [(34, 41, "LOC")]


def test_the_same_with_the_mouse(new_page, app):
    page = new_page()
    open_editor(page, NEWS)
    name_set(page, "Mouse")
    assert_becomes(lambda: marked(page), SUGGESTED)
    menu = page.locator(".ed-menu")

    Word(page, "Nairobi").click()
    expect(menu).to_contain_text("suggested by starter")
    menu.get_by_role("button", name="Start one word earlier").click()
    menu.get_by_role("button", name="MISC").click()
    Word(page, "Berlin").click()
    menu.get_by_role("button", name="Remove").click()
    Word(page, "flew").dblclick()
    menu.get_by_label("New type").fill("act of going")
    menu.get_by_role("button", name="Add the type").click()
    assert_becomes(
        lambda: marked(page),
        [
            ["Angela Merkel", "PER", True],
            ["flew", "act-of-going", False],
            ["to Nairobi", "MISC", False],
        ],
    )
    drag(page, Word(page, "Merkel"), Word(page, "from"))
    menu.get_by_role("button", name="ORG").click()
    expected = [("Angela", "PER"), ("Merkel flew from", "ORG"), ("to Nairobi", "MISC")]
    assert marked(page) == [[*entity, False] for entity in expected]
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("button", name="Redo", exact=True).click()
    page.get_by_role("button", name="Accept").click()
    assert_becomes(lambda: saved(app.home, "mouse"), {NEWS: expected})
    page.get_by_role("button", name="Undo", exact=True).click()
    assert_becomes(lambda: saved(app.home, "mouse"), {})
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#text")).to_be_visible()
    expect(page.locator(TEXT)).to_be_hidden()


def test_with_alt_a_drag_selects_characters(new_page):
    page = new_page()
    open_editor(page, "Hansestadt")
    left, top, width, height = Word(page, "Hansestadt").box()
    page.keyboard.down("Alt")
    page.mouse.move(left + 1, top + height / 2)
    page.mouse.down()
    page.mouse.move(left + width / 2, top + height / 2, steps=4)
    page.mouse.up()
    page.keyboard.up("Alt")
    said = heard(page).removeprefix("Selected ")
    assert "Hansestadt".startswith(said)
    assert 2 < len(said) < 8
    new_type(page, "Part")
    assert marked(page)[0] == [said, "Part", False]


def test_arrows_go_by_lines_and_in_the_direction_of_writing(new_page):
    page = new_page()
    open_editor(page, "one two\nthree four\nfive six")
    press(page, "ArrowDown", "End")
    assert heard(page) == "Word 4 of 6: four"
    press(page, "ArrowDown", "Home", "ArrowUp", "ArrowUp", "ArrowUp")
    assert heard(page) == "Word 1 of 6: one"
    press(page, "Control+a", "Escape")
    assert heard(page) == "Word 6 of 6: six"
    page.get_by_role("button", name="Done").click()
    open_editor(page, "שלום לכם חברים")
    press(page, "ArrowLeft", "ArrowLeft")
    assert heard(page).startswith("Word 3 of 3: חברים")


def test_keys_are_shown_and_do_nothing_in_a_field(new_page):
    page = new_page()
    open_editor(page, NEWS)
    assert_becomes(lambda: marked(page), SUGGESTED)
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    field = page.get_by_label("Save to")
    field.fill("")
    field.press_sequentially("s 123?")
    assert marked(page) == SUGGESTED
    expect(field).to_have_value("s 123?")
    assert page.get_by_role("dialog", name="Keys").is_hidden()


def test_touch_on_a_phone(browser, app):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(app.url)
    page.wait_for_selector("#text:visible")
    open_editor(page, NEWS)
    page.get_by_label("Save to").fill("Touched")
    page.locator(TEXT).focus()
    assert_becomes(lambda: marked(page), SUGGESTED)
    menu = page.locator(".ed-menu")
    Word(page, "flew").tap()
    Word(page, "from").tap()
    assert heard(page) == "Selected flew from"
    menu.get_by_role("button", name="MISC").tap()
    Word(page, "Berlin").tap()
    menu.get_by_role("button", name="Remove").tap()
    Word(page, "Merkel").tap()
    menu.get_by_role("button", name="Start one word later").tap()
    menu.get_by_role("button", name="ORG").tap()
    page.get_by_role("button", name="Accept").tap()
    expected = [("Merkel", "ORG"), ("flew from", "MISC"), ("Nairobi", "LOC")]
    assert_becomes(lambda: saved(app.home, "touched"), {NEWS: expected})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def drag(page, first, last):
    """Drag the mouse from one word to another."""
    page.mouse.move(*first.middle())
    page.mouse.down()
    page.mouse.move(*last.middle(), steps=6)
    page.mouse.up()
