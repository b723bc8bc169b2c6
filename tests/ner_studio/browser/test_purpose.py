"""All that is visible has a purpose and a name and can be read, in each state of both tabs."""

import re
import shutil
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_core.runs.run import Run
from tests.support.editing import new_type, open_editor, press
from tests.support.fake_runs import FakeRun
from tests.support.pages import (
    App,
    assert_becomes,
    fill,
    find_in,
    open_settings,
    open_tab,
    wait_until_idle,
    write,
)
from tests.support.places import REPOSITORY
from tests.support.toy import wait_for

AXE = Axe().axe_script
ALL = {"resultTypes": ["violations"]}
COLOURS = {**ALL, "runOnly": ["color-contrast", "link-in-text-block"]}
PURPOSE = (REPOSITORY / "tests" / "support" / "purpose.js").read_text(encoding="utf-8")

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def running(home):
    """Return a run that is at work as long as the tests want."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_HOME", str(home))
        run = FakeRun("at-work").start().progress(10)
    yield run
    if run.run.is_held():
        run.end("stopped")


@pytest.fixture(scope="module")
def app(home, running, toy_run):
    shutil.copytree(toy_run.path, home / "runs" / "finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_HOME", str(home))
        for number in (1, 2):
            fake = FakeRun(f"pair-{number}", TrainConfig(seed=number)).start().progress(9)
            fake.evaluated(50, f1=number / 4).end("finished", train_seconds=1.0)
    served = App(home)
    served.start()
    yield served
    served.kill()


def assert_all_has_a_purpose(page):
    """Assert it of what is visible now; names may come a moment after what they name.

    Dark differs from light in its colours alone, so only the rules about them are asked again.
    """
    wait_until_idle(page)
    assert_becomes(lambda: page.evaluate(PURPOSE), [])
    for mode, options in (("light", ALL), ("dark", COLOURS)):
        page.emulate_media(color_scheme=mode)
        page.wait_for_function(
            "dark => document.body.classList.contains('dark') === dark", arg=mode == "dark"
        )
        assert_becomes(partial(violations, page, options), [])


def form_of(new_page):
    """Open the form for a new run. A page opens with the run that is at work, if there is one."""
    page = new_page(query="?run=pair-1")
    page.wait_for_selector("#run-status h3 >> text=pair-1")
    page.get_by_role("radio", name="New run").check()
    return page


def violations(page, options):
    """Return what axe finds wrong: rule, the element, and why."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("options => axe.run(options).then(found => found.violations)", options)
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def test_highlight_without_a_text_with_one_and_in_all_views(new_page, tmp_path):
    page = new_page()
    open_tab(page, "Highlight")
    page.wait_for_selector("#text:visible")
    assert_all_has_a_purpose(page)
    write(page, "Angela Merkel went to Oslo.")
    page.wait_for_selector(".ner-text mark")
    assert_all_has_a_purpose(page)
    field = page.get_by_label("Compare with", exact=True)
    for compared in (False, True):
        if compared:
            page.get_by_role("button", name="Compare").click()
            field.fill("finished")
            field.press("Enter")
            page.wait_for_selector(".hl[data-compare=finished] .hl-result")
        for view in ("Table", "Tokens", "Text"):
            page.get_by_label(view, exact=True).last.check()
            page.wait_for_selector(f".hl[data-view={view}] .hl-result")
            assert_all_has_a_purpose(page)
    page.locator("#file-panel > button").click()
    (tmp_path / "texts.txt").write_text("Angela Merkel went to Oslo.\n")
    find_in(page, tmp_path / "texts.txt")
    page.wait_for_selector("[data-state=done]")
    page.wait_for_selector("#file-jsonl:visible")
    assert_all_has_a_purpose(page)


def test_the_editor_in_all_its_states(new_page):
    page = new_page()
    open_tab(page, "Highlight")
    open_editor(page, "Angela Merkel went to Oslo.")
    page.wait_for_selector(".ed-text mark")
    assert_all_has_a_purpose(page)
    press(page, "1", "ArrowRight", "ArrowRight", "Shift+ArrowRight", "Space")
    page.wait_for_selector(".ed-menu:popover-open")
    assert_all_has_a_purpose(page)
    press(page, "Escape", "Escape", "ArrowLeft", "ArrowLeft", "Space")
    page.wait_for_selector(".ed-menu .ed-remove")
    assert_all_has_a_purpose(page)
    press(page, "Escape")
    new_type(page, "a new one")
    press(page, "?")
    assert_all_has_a_purpose(page)
    press(page, "Escape", "Enter")
    page.wait_for_selector(".ed-next:visible")
    expect(page.locator("#editor [data-part=said]")).to_have_text("Saved to My annotations.")
    assert_all_has_a_purpose(page)
    page.get_by_label("Save to").fill("\u200b")
    page.get_by_role("button", name="Undo", exact=True).click()
    press(page, "Control+z", "Control+Shift+z", "Enter")
    page.wait_for_selector("#editor [role=alert]:visible")
    assert_all_has_a_purpose(page)


def test_train_with_all_kinds_of_data_and_all_settings(new_page):
    page = form_of(new_page)
    for data in ("My files", "Hub dataset", "Sample"):
        page.get_by_role("radio", name=data).check()
        assert_all_has_a_purpose(page)
    page.wait_for_selector("#data-summary table")
    open_settings(page)
    groups = page.locator("#more-settings .ner-group > button")
    groups.first.wait_for()
    for group in groups.all():
        group.click()
    page.locator("#as-a-command > button").click()
    assert_all_has_a_purpose(page)


def test_train_while_a_run_is_at_work_and_when_it_has_ended(new_page, running):
    page = new_page(query="?run=at-work")
    page.wait_for_selector("[data-status=running]")
    page.wait_for_selector("#stop:visible")
    assert_all_has_a_purpose(page)
    said = page.locator("#run-status [role=status]")
    expect(said).to_have_text("Run at-work: running.")
    loss, scores = page.locator("#loss [role=img]"), page.locator("#scores [role=img]")
    expect(loss).to_have_attribute(
        "aria-label", "Chart of the loss; newest values: training 0.500."
    )
    running.evaluated(50, f1=0.75)
    expect(scores).to_have_attribute(
        "aria-label",
        "Chart of the validation scores; newest values: precision 0.750, recall 0.750, F1 0.750.",
    )
    running.end("finished", train_seconds=1.0)
    expect(said).to_have_text("Run at-work: finished.")
    page.wait_for_selector("#all-runs:visible")
    assert_all_has_a_purpose(page)


def test_a_report_its_form_of_publishing_and_a_comparison(new_page):
    page = new_page(query="?run=finished")
    page.wait_for_selector("#report:visible")
    page.wait_for_selector("#publish:visible")
    assert_all_has_a_purpose(page)
    page.locator("#publish > button").click()
    page.wait_for_selector("#publish-repo:visible")
    page.locator("#log > button").click()
    assert_all_has_a_purpose(page)
    for name in ("pair-1", "pair-2"):
        page.locator(f"#runs-table tr[data-run={name}]").get_by_role("checkbox").check()
    page.wait_for_selector("#runs-compare:visible")
    assert_all_has_a_purpose(page)
    expect(page.get_by_role("radiogroup", name="Compared over")).to_be_visible()
    expect(page.get_by_role("table", name="All runs")).to_be_visible()
    expect(page.locator("#compare-scores [role=img]")).to_have_attribute(
        "aria-label",
        "Chart of the validation F1 of runs; newest values: A 0.250, B 0.500.",
    )


def test_a_field_with_a_problem_is_invalid_until_it_is_mended(new_page):
    page = form_of(new_page)
    open_settings(page)
    field = page.locator("#batch_size").locator("input, textarea")
    fill(page, "#batch_size", "many")
    field.press("Tab")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("Use a whole number"))
    fill(page, "#batch_size", "8")
    field.press("Tab")
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_a_double_click_starts_one_run(new_page, app, monkeypatch):
    monkeypatch.setenv("NER_HOME", str(app.home))
    page = form_of(new_page)
    page.wait_for_selector("#start:enabled")
    open_settings(page)
    fill(page, "#epochs", "1")
    before = {run.id for run in store.list_runs()}
    page.locator("#start").dblclick()
    started = wait_for(lambda: {run.id for run in store.list_runs()} - before, "a run")
    for run in started:
        Run(run, app.home / "runs" / run).stop_path.touch()
    page.wait_for_selector(f"#run-status h3 >> text={next(iter(started))}")
    page.wait_for_selector("#start:enabled", state="attached")
    page.wait_for_selector("[data-status=stopped]")
    assert len({run.id for run in store.list_runs()} - before) == 1


WIDER = """() => [...document.querySelectorAll("main *")].filter((found) => {
  const box = found.getBoundingClientRect();
  // What scrolls by itself, and what is there for screen readers only.
  const scrolling = ".ner-scroll, .hl-legend, #examples, .cm-scroller, .ner-unseen, .runs thead";
  const scrolls = found.closest(scrolling);
  return box.width > 1 && box.right > innerWidth + 1 && found.checkVisibility() && !scrolls;
}).map((found) => found.outerHTML.slice(0, 120))"""


# A page of 1400 pixels at 200 % has 700; a phone has 390.
@pytest.mark.parametrize("width", [700, 390])
def test_nothing_is_wider_than_the_page(new_page, width):
    page = new_page(width, "?run=finished")

    def assert_fits(state):
        wait_until_idle(page)
        assert_becomes(lambda: page.evaluate(WIDER), [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state

    page.wait_for_selector("#report:visible")
    page.wait_for_selector("table[aria-label=Confusion]")
    page.locator("#publish > button").click()
    page.wait_for_selector("#publish-repo:visible")
    page.wait_for_selector("#all-runs:visible")
    page.get_by_role("button", name="More columns").click()
    assert_fits("finished")
    page.get_by_role("radio", name="New run").check()
    page.wait_for_selector("#data-summary table")
    open_settings(page)
    page.locator("#as-a-command > button").click()
    assert_fits("new run")
    open_tab(page, "Highlight")
    for view in ("Text", "Table", "Tokens"):
        page.get_by_label(view, exact=True).last.check()
        page.wait_for_selector(f".hl[data-view={view}] .hl-result")
        assert_fits(view)
