"""The two main ways through the page, with the keyboard alone."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from ner_core.runs.run import Run
from tests.support.fake_runs import FakeRun
from tests.support.keyboard import Keyboard
from tests.support.pages import App, assert_becomes, marks
from tests.support.toy import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

SENTENCE = "Angela Merkel flew to Nairobi."
FOUND = {("Angela Merkel", "PER"), ("Nairobi", "LOC")}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def app(home, toy_run):
    shutil.copytree(toy_run.path, home / "runs" / "finished")
    served = App(home)
    served.start()
    yield served
    served.kill()


@pytest.fixture
def page(new_page, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return new_page()


@pytest.fixture
def keys(page):
    return Keyboard(page)


def test_a_text_is_typed_filtered_read_by_another_model_and_copied(page, keys):
    keys.go_to(page.locator("#text textarea"))
    keys.type(SENTENCE)  # in place of the example, which is selected
    expect(page.locator("#text textarea")).to_have_value(SENTENCE)
    assert_becomes(lambda: marks(page), FOUND)

    keys.go_to(page.locator("#view input:checked"))
    keys.press("ArrowRight")
    rows = page.locator(".hl[data-view=Table] tbody tr")
    expect(rows).to_have_count(2)
    keys.go_to(page.get_by_role("button", name="Score"))
    keys.press("Enter")
    expect(page.get_by_role("columnheader", name="Score")).to_have_attribute(
        "aria-sort", re.compile("ascending|descending")
    )
    keys.back_to(page.locator("#view input:checked"))
    keys.press("ArrowLeft")
    page.wait_for_selector(".hl[data-view=Text] .hl-result")

    keys.go_to(page.locator(".hl-chip input[value=PER]"))
    keys.press("Space")
    assert_becomes(lambda: marks(page), {("Nairobi", "LOC")})
    keys.go_to(page.locator(".hl-threshold input"))
    keys.press("End")
    expect(page.locator(".hl-threshold output")).to_have_text("1.00")
    assert_becomes(lambda: marks(page), set())
    keys.press("Home")
    assert_becomes(lambda: marks(page), {("Nairobi", "LOC")})

    keys.back_to(page.get_by_label("Model", exact=True))
    keys.type("toy")
    keys.press("Enter")
    page.wait_for_selector(".hl[data-model=finished] .hl-result")
    keys.go_to(page.locator("#compare-toggle"))
    keys.press("Enter")
    expect(page.get_by_label("Compare with", exact=True)).to_be_focused()
    keys.type("starter")
    keys.press("Enter")
    page.wait_for_selector(".hl[data-compare=starter] .hl-summary")

    keys.go_to(page.get_by_role("button", name="Copy link"))
    keys.press("Enter")
    page.wait_for_selector(".hl-said >> text=Copied a link to this text and model.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(
        "?model=finished&compare=starter&hidden=PER#text=" + SENTENCE.replace(" ", "%20")
    )


def test_the_focus_stays_on_what_an_answer_draws_anew(page, keys):
    """The answer to what was typed comes when the visitor has already moved on."""
    held, released = [], []

    def hold(route):
        (route.continue_ if released else lambda: held.append(route))()

    keys.go_to(page.locator("#text textarea"))
    page.route("**/gradio_api/run/**", hold)
    keys.type(SENTENCE)
    for place in (".hl-chip input[value=LOC]", ".hl-threshold input", "[data-do=link]"):
        go = keys.go_to if place != "[data-do=link]" else keys.back_to
        go(page.locator(place))
    assert held
    released.append(True)
    for route in held:
        route.continue_()
    assert_becomes(lambda: marks(page), FOUND)
    expect(page.locator("[data-do=link]")).to_be_focused()
    keys.assert_focus_is_seen()


def test_a_run_is_started_watched_and_stopped(page, keys, app):
    keys.go_to(page.get_by_role("tab", name="Highlight"))
    keys.press("ArrowRight")
    if not keys.is_at(page.get_by_role("tab", name="Train")):
        keys.go_to(page.get_by_role("tab", name="Train"))
    keys.press("Enter")
    page.wait_for_selector("#start:enabled")
    keys.go_to(page.locator("#train-mode input:checked"))
    keys.go_to(page.locator("#data input:checked"))
    keys.press("ArrowRight")
    expect(page.get_by_role("radio", name="My files")).to_be_checked()
    page.locator("#upload").wait_for()
    keys.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Sample")).to_be_checked()
    page.wait_for_selector("#start:enabled")
    keys.go_to(page.locator("#recipe input:checked"))
    keys.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Quick")).to_be_checked()
    keys.go_to(page.get_by_role("button", name="Advanced settings"))
    keys.press("Enter")
    epochs = page.get_by_label("Epochs")
    epochs.wait_for()
    keys.go_to(epochs)
    keys.type("50")
    keys.press("Enter")
    before = set(app.runs())
    keys.go_to(page.locator("#start"))
    keys.press("Enter")
    (run,) = wait_for(lambda: set(app.runs()) - before, "a run")
    page.wait_for_selector(f"#run-status [data-run='{run.name}']")
    expect(page.locator("#run-status")).to_be_focused()
    page.wait_for_selector("[data-status=running]")
    assert Run(run.name, run).config().epochs == 50
    keys.go_to(page.locator("#stop"))
    keys.press("Enter")
    page.wait_for_selector("[data-status=stopped]")
    keys.assert_focus_is_seen()
    keys.go_to(page.locator("#resume"))


@pytest.fixture
def listed(home, app, monkeypatch):
    """Leave a finished run in the home, which is deleted when the test ends."""
    monkeypatch.setenv("NER_HOME", str(home))
    run = FakeRun("listed").start().evaluated(50).end("finished", train_seconds=1.0)
    yield run
    shutil.rmtree(run.path, ignore_errors=True)


def test_a_run_is_found_renamed_deleted_and_brought_back(new_page, listed):
    page = new_page(query="?run=listed")
    keys = Keyboard(page)
    row = page.locator("#runs-table tr[data-run=listed]")
    row.wait_for()
    keys.go_to(page.get_by_label("Search runs"))
    keys.type("listed")
    expect(page.locator("#runs-table tr[data-run]")).to_have_count(1)
    keys.go_to(row.locator("[data-do=menu]"))
    keys.press("Enter", "Enter")
    expect(row.get_by_role("textbox")).to_be_focused()
    keys.type("Menus")
    keys.press("Enter")
    expect(row.locator("[data-do=menu]")).to_be_focused()
    expect(row).to_contain_text("Menus")
    keys.press("Enter", "End", "Enter")
    undo = page.get_by_role("button", name="Undo deleting Menus")
    undo.wait_for()
    expect(row).to_have_count(0)
    keys.back_to(undo)
    keys.press("Enter")
    expect(row.locator("[data-do=menu]")).to_be_focused()
    keys.assert_focus_is_seen()
