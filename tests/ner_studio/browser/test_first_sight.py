"""The page as somebody sees it who has never been there, with mouse, finger or keyboard."""

import pytest
from playwright.sync_api import expect

from ner_studio.highlight.examples import EXAMPLES, OPENING, OPENING_ENTITIES
from tests.support.pages import (
    NEWS,
    assert_becomes,
    marks,
    open_settings,
    open_tab,
    wait_until_idle,
    write,
)
from tests.support.places import REPOSITORY

MARKED = {(entity.text, entity.label) for entity in OPENING_ENTITIES}
CONTRAST = (REPOSITORY / "tests" / "support" / "contrast.js").read_text(encoding="utf-8")
LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]


def selected(page):
    return page.eval_on_selector(
        "#text textarea", "field => field.value.slice(field.selectionStart, field.selectionEnd)"
    )


def test_it_opens_with_an_example_that_is_marked_and_can_be_typed_over(new_page):
    page = new_page()
    field = page.locator("#text textarea")
    expect(field).to_have_value(OPENING)
    assert marks(page) == MARKED
    page.wait_for_selector(".hl-chip >> text=organisation")
    field.click()
    assert selected(page) == OPENING
    field.click()  # as with an address, a second click sets the cursor
    assert selected(page) == ""
    page.get_by_role("button", name="News").click()
    expect(field).to_have_value(EXAMPLES["News"])
    field.focus()
    page.keyboard.type("Ann went to Oslo.")
    expect(field).to_have_value("Ann went to Oslo.")
    assert_becomes(lambda: marks(page), {("Ann", "PER"), ("Oslo", "LOC")})
    page.locator("#title").click()
    field.click()
    assert selected(page) == ""  # nobody's own text is typed over
    page.reload()
    expect(field).to_have_value("Ann went to Oslo.")


def test_a_text_of_ones_own_wins_over_the_example(new_page):
    page = new_page(query="#text=Bob%20left%20Rome")
    expect(page.locator("#text textarea")).to_have_value("Bob left Rome")
    assert_becomes(lambda: marks(page), {("Bob", "PER"), ("Rome", "LOC")})
    write(page, "")
    page.wait_for_selector("#highlighted >> text=Type or paste a text")
    page.evaluate("history.replaceState({}, '', '/')")
    page.reload()
    expect(page.locator("#text textarea")).to_have_value("")
    page.wait_for_selector("#highlighted >> text=Type or paste a text")


def test_compare_shows_a_second_model_and_takes_it_away(new_page):
    page = new_page()
    button, field = page.get_by_role("button", name="Compare"), page.get_by_label("Compare with")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(field).to_be_hidden()
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(field).to_be_focused()
    field.fill("starter")
    field.press("Enter")
    page.wait_for_selector("section[data-side='1'] mark")
    page.reload()
    page.wait_for_selector("section[data-side='1'] mark")
    expect(field).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    button.click()
    page.wait_for_selector("section[data-side='1']", state="detached")
    expect(field).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 390])
def test_legend_and_threshold_stay_in_view_over_a_long_text(new_page, width):
    page = new_page(width)
    write(page, NEWS * 60)
    page.wait_for_selector("#highlighted mark:nth-of-type(200)")
    page.evaluate("window.scrollTo(0, document.querySelector('#highlighted .ner-text').offsetTop)")
    page.mouse.wheel(0, 600)
    page.wait_for_function("document.querySelector('.ner-text').getBoundingClientRect().top < 0")
    bar = page.locator(".hl-bar").bounding_box()
    assert bar["y"] == 0
    assert bar["height"] < 90
    for part in (page.get_by_role("checkbox", name="LOC"), page.locator(".hl-threshold input")):
        box = part.bounding_box()
        assert 0 < box["y"] < bar["height"]


@pytest.mark.parametrize("example", ["Context", "Long"])
def test_on_a_phone_the_result_of_an_example_is_in_view(new_page, example):
    page = new_page(390)
    page.set_viewport_size({"width": 390, "height": 664})  # of a small one, under its address bar
    page.get_by_role("button", name=example).click()
    page.wait_for_selector(f"#highlighted .ner-text >> text={EXAMPLES[example][:10]}")
    assert_becomes(
        lambda: page.eval_on_selector(
            "#highlighted mark", "mark => mark.getBoundingClientRect().bottom < innerHeight"
        ),
        True,
    )


def focused(page):
    return page.evaluate(
        "[document.activeElement.type, document.activeElement.value, "
        "document.querySelectorAll('[role=listbox]').length]"
    )


def test_a_group_of_choices_is_one_stop_and_lists_close_behind_the_keyboard(new_page):
    page = new_page()
    page.get_by_label("Model", exact=True).focus()
    page.wait_for_selector("[role=listbox]")
    page.keyboard.press("Tab")
    page.wait_for_selector("[role=listbox]", state="detached")
    page.locator("#text textarea").focus()
    page.keyboard.press("Tab")
    assert focused(page) == ["radio", "Text", 0]
    page.keyboard.press("ArrowRight")
    assert focused(page) == ["radio", "Table", 0]
    page.wait_for_selector("[data-table=Entities]")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Correct")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy table")).to_be_focused()
    open_tab(page, "Train")
    page.get_by_label("Sample", exact=True).focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") != "radio"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_can_be_read(new_page, theme):
    page = new_page(query=f"?__theme={theme}")
    write(page, EXAMPLES["Context"])  # the starter is not sure of all of it
    page.wait_for_selector("#highlighted mark.unsure-2")
    page.get_by_role("checkbox", name="PER").uncheck()
    page.click("#file-panel > button")
    assert faint(page) == []
    page.get_by_label("Table", exact=True).check()
    page.wait_for_selector("[data-table=Entities] td")
    assert faint(page) == []
    open_tab(page, "Train")
    page.wait_for_selector("#data-summary table")
    open_settings(page)
    assert faint(page) == []


def faint(page):
    wait_until_idle(page)
    page.wait_for_function(  # a colour that changes has not its last value yet
        "document.getAnimations().every(one => !(one instanceof CSSTransition)"
        " || one.playState !== 'running')"
    )
    return page.evaluate(CONTRAST, LEAST_CONTRAST)
