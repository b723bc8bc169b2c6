"""What is saved when the server is killed, when two tabs use one set, and when it may not be."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from ner_core.annotations.annotation_set import AnnotationSet
from tests.support.editing import (
    TEXT,
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
from tests.support.fake_runs import FakeRun
from tests.support.pages import App, assert_becomes, write

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture
def own_app(tmp_path):
    """Serve a page that a test may kill and start again."""
    served = App(tmp_path / "home")
    served.start()
    yield served
    served.kill()


@pytest.fixture(scope="module")
def app(tmp_path_factory, tiny_model):
    """Serve the page with a run whose model suggests something else than the starter."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_HOME", str(home))
        run = FakeRun("tiny").start().end("finished", train_seconds=1)
    shutil.copytree(tiny_model, run.model_dir)
    served = App(home)
    served.start()
    yield served
    served.kill()


def said(page):
    return page.locator("#editor [data-part=said]").text_content()


def test_what_is_accepted_while_the_server_is_gone_is_saved_when_it_is_back(own_app, browser):
    page = browser.new_page()
    page.goto(own_app.url)
    page.wait_for_selector("#text:visible")
    open_editor(page, "a b c")
    name_set(page, "Survivors")
    page.locator(TEXT).focus()
    new_type(page, "X")
    press(page, "Enter")
    before = {"a b c": [("a", "X")]}
    assert_becomes(lambda: saved(own_app.home, "survivors"), before)
    open_next(page, "d e f")

    own_app.kill()
    assert saved(own_app.home, "survivors") == before
    press(page, "ArrowRight", "5", "Enter")
    assert_becomes(lambda: said(page).startswith("Not saved yet: 1 change."), True)
    # It can be taken back, too, and is on the page only.
    page.get_by_role("button", name="Undo", exact=True).click()
    wait_for_text(page, "d e f")
    press(page, "Control+Shift+z")
    own_app.start()
    after = {**before, "d e f": [("e", "X")]}
    assert_becomes(lambda: saved(own_app.home, "survivors"), after)
    expect(page.locator(".ed-count")).to_have_text("2 texts saved")
    keys = [line.split(b'"id": "')[1].split(b'"')[0] for line in records(own_app.home, "survivors")]
    assert len(keys) == len(set(keys))
    page.close()


def test_a_text_is_kept_by_a_reload_while_the_server_is_gone(own_app, browser):
    page = browser.new_page()
    page.goto(own_app.url)
    page.wait_for_selector("#text:visible")
    open_editor(page, "a b c")
    own_app.kill()
    new_type(page, "X")
    press(page, "Enter")
    assert_becomes(lambda: said(page).startswith("Not saved yet: 2 changes."), True)
    kept = page.evaluate("sessionStorage.getItem('ner-studio-editor')")
    assert '"do":"accept"' in kept
    own_app.start()  # the page is loaded again when it notices
    assert_becomes(
        lambda: (
            (own_app.home / "annotations" / "my-annotations").is_dir()
            and saved(own_app.home, "my-annotations")
        ),
        {"a b c": [("a", "X")]},
    )
    page.close()


def test_two_tabs_save_to_one_set(new_page, app):
    one, other = new_page(), new_page()
    for page, text in ((one, "a b"), (other, "c d")):
        open_editor(page, text)
        name_set(page, "Shared")
        page.locator(TEXT).focus()
        new_type(page, "X")
    press(one, "Enter")
    press(other, "Enter")
    first, second = {"a b": [("a", "X")]}, {"c d": [("c", "X")]}
    assert_becomes(lambda: saved(app.home, "shared"), {**first, **second})
    # A text that the other tab has decided on opens as it was decided there.
    open_next(one, "c d")
    assert marked(one) == [["c", "X", False]]
    new_type(one, "Y")
    press(one, "Enter")
    assert_becomes(lambda: saved(app.home, "shared"), {**first, "c d": [("c", "Y")]})
    # Each tab takes back what it saved itself.
    other.get_by_role("button", name="Undo", exact=True).click()
    wait_for_text(other, "c d")
    one.get_by_role("button", name="Undo", exact=True).click()
    assert_becomes(lambda: saved(app.home, "shared"), first)
    assert [path.name for path in (app.home / "annotations").glob("shared*")] == ["shared"]


def test_a_text_that_could_not_be_saved_comes_back_with_the_reason(new_page, app):
    page = new_page()
    open_editor(page, "a b")
    name_set(page, "Gone")
    page.locator(TEXT).focus()
    new_type(page, "X")
    assert_becomes(lambda: (app.home / "annotations" / "gone").is_dir(), True)
    expect(page.locator(".ed-type")).to_have_count(5)
    # An editor that doesn't know yet that the set is there would make it again.
    expect(page.locator(".ed")).to_have_attribute("data-set", re.compile('"id":"gone"'))
    shutil.rmtree(app.home / "annotations" / "gone")
    press(page, "Enter")
    expect(page.locator("#editor [role=alert]")).to_contain_text(
        "There is no annotation set 'gone'."
    )
    wait_for_text(page, "a b")
    name_set(page, "Another")
    page.locator(TEXT).focus()
    press(page, "Enter")
    assert_becomes(
        lambda: (app.home / "annotations" / "another").is_dir() and saved(app.home, "another"),
        {"a b": [("a", "X")]},
    )


def test_the_text_of_the_tab_stays_and_another_one_can_be_corrected(new_page):
    page = new_page()
    open_editor(page, "a b c")
    new_type(page, "X")
    page.get_by_role("button", name="Done").click()
    page.locator("#correct").click()
    wait_for_text(page, "a b c")
    assert marked(page) == [["a", "X", False]]  # nothing was lost
    page.get_by_role("button", name="Done").click()
    write(page, "d e f")
    page.locator("#correct").click()
    wait_for_text(page, "d e f")
    press(page, "Enter")
    wait_for_text(page, "a b c")  # it is still to be decided
    assert marked(page) == [["a", "X", False]]


def test_another_model_replaces_what_nobody_has_touched(new_page, app):
    page = new_page()
    model = page.get_by_label("Model", exact=True)

    def choose(name):
        model.fill(name)
        model.press("Enter")

    def model_of(set_id):
        found = AnnotationSet(set_id, app.home / "annotations" / set_id)
        return {one.text: one.model for one in found.read().decisions.values()}

    open_editor(page, "ann lives in oslo")
    assert_becomes(lambda: page.locator(".ed-type").count() > 0, True)
    name_set(page, "Models")
    choose("tiny")  # it is loaded now, and its suggestions come after that
    assert_becomes(lambda: page.locator(".ed-type [data-do=type]").count(), 2)
    page.locator(TEXT).focus()
    press(page, "Enter")
    assert_becomes(
        lambda: (app.home / "annotations" / "models").is_dir() and model_of("models"),
        {"ann lives in oslo": "tiny"},
    )

    open_next(page, "bob works near paris")
    press(page, "1")
    before = marked(page)
    choose("starter")  # what somebody has touched stays
    page.locator(TEXT).focus()
    assert marked(page) == before
    press(page, "Enter")
    assert_becomes(lambda: model_of("models").get("bob works near paris"), "tiny")


def test_types_that_were_changed_meanwhile_stay_when_an_older_answer_comes(new_page, app):
    page = new_page()
    open_editor(page, "ann lives in oslo")
    assert_becomes(lambda: page.locator(".ed-type").count() > 0, True)
    held, holds = [], True

    def hold(route):  # nothing is answered until all is asked
        if holds:
            held.append(route)
        else:
            route.continue_()

    page.route("**/gradio_api/run/**", hold)
    name_set(page, "Meanwhile")
    assert_becomes(lambda: len(held) > 0, True)
    page.locator(TEXT).focus()
    without_types(page)
    new_type(page, "Name")
    holds = False
    for route in held:
        route.continue_()
    press(page, "Enter")
    expect(page.locator("#editor [data-part=said]")).to_have_text("Saved to Meanwhile.")
    assert saved(app.home, "meanwhile") == {"ann lives in oslo": [("ann", "Name")]}
    found = AnnotationSet("meanwhile", app.home / "annotations" / "meanwhile")
    assert found.read().types == ("Name",)
