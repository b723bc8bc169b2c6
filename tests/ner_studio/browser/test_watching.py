"""What a visitor sees of a run that is watched: charts, its end, its name, and a calm page."""

import json
import re
import shutil

import pytest
from playwright.sync_api import expect

from ner_core.runs.run import Run
from tests.support.fake_runs import FakeRun
from tests.support.pages import App, assert_becomes, open_tab, wait_until_idle

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

MOST_SHIFT = 0.1  # good, as browsers count it
NOTED = """
  window.shift = 0;
  window.tasks = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({type: 'layout-shift', buffered: true});
  new PerformanceObserver(list => window.tasks.push(...list.getEntries().map(it => it.duration)))
    .observe({type: 'longtask', buffered: true});
"""


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
def run(home, app, monkeypatch):
    """Return a run at work, which is deleted when the test ends."""
    monkeypatch.setenv("NER_HOME", str(home))
    fake = FakeRun().start().progress(10, 0.9)
    yield fake
    if fake.run.is_held():
        fake.end("stopped")
    shutil.rmtree(fake.run.path)


def watched(new_page, run="at-work", **options):
    page = new_page(query=f"?run={run}", **options)
    page.wait_for_selector(f"#run-status [data-run={run}]")
    return page


def ticks(page, chart):
    return page.locator(f"#{chart} .ticks text").all_text_contents()


def drag(page, chart, first, last):
    box = page.locator(f"#{chart} [role=img]").bounding_box()
    page.mouse.move(box["x"] + first, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + last, box["y"] + 50, steps=3)
    page.mouse.up()


def test_charts_that_were_hidden_at_first_are_drawn(new_page, run):
    run.evaluated(20, 0.5)
    page = new_page(query="?model=starter")
    open_tab(page, "Train")
    page.get_by_role("radio", name="New run").check()
    page.get_by_role("radio", name="Your runs").check()
    for chart in ("loss", "scores"):
        page.locator(f"#{chart} circle[visibility=visible]").first.wait_for()
    assert_becomes(lambda: ticks(page, "scores")[:6], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])


def test_a_zoom_holds_for_both_charts_while_values_arrive(new_page, run):
    page = watched(new_page)
    page.locator("#loss circle[visibility=visible]").first.wait_for()
    whole = ticks(page, "loss")
    drag(page, "loss", 80, 160)
    page.locator("#scores [data-part=whole]:visible").wait_for()
    zoomed = ticks(page, "scores")
    run.progress(30, 0.4).evaluated(30, 0.25)
    expect(page.locator("#scores [role=img]")).to_have_attribute(
        "aria-label", re.compile("F1 0.250")
    )
    assert ticks(page, "scores") == zoomed
    page.locator("#loss [role=img]").dblclick(position={"x": 90, "y": 50})
    assert_becomes(lambda: ticks(page, "loss"), whole)
    expect(page.locator("#scores [data-part=whole]")).to_be_hidden()


def test_values_are_told_by_pointer_by_keyboard_and_in_a_table(new_page, run):
    run.progress(20, 0.5).evaluated(20, 0.75)
    page = watched(new_page)
    page.locator("#loss circle[visibility=visible]").first.wait_for()
    page.locator("#loss [role=img]").hover(position={"x": 45, "y": 60})
    expect(page.locator("#loss .ner-tip")).to_have_text("step 10training 0.900")
    page.locator("#scores [role=img]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#scores .ner-tip")).to_contain_text("step 20F1 0.750")
    page.locator("#loss summary").click()
    rows = page.get_by_role("table", name="Loss", exact=True).locator("tr")
    expect(rows).to_have_text(["steptrainingvalidation", "100.900", "200.5000.250"])
    page.get_by_role("checkbox", name="PER").check()
    expect(page.locator("#scores [data-part=legend]")).to_contain_text("PER 0.750")


def test_the_end_of_a_run_is_told_in_the_title_and_leads_to_its_model(new_page, run, app):
    page = watched(new_page)
    expect(page).to_have_title("10 % · NER Studio")
    model = Run("finished", app.home / "runs" / "finished").model_dir
    run.progress(100, 0.1)
    run.events.append("checkpoint", 100, {"done": True})
    page.wait_for_selector("text=Scoring the finished model on validation …")
    shutil.copytree(model, run.run.model_dir)
    run.evaluated(100, 0.9, final=True, support=200, sentences=9, accuracy=0.9, f1_lenient=0.9)
    run.end("finished", train_seconds=65)
    expect(page).to_have_title("Finished · F1 0.90 · NER Studio")
    expect(page.locator(".ner-headline")).to_contain_text("0.90 validation F1")
    notice = page.locator(".ner-notice[role=status]")
    expect(notice).to_contain_text("Sample · balanced has finished: F1 0.90.")
    page.mouse.move(200, 200)
    expect(page).to_have_title("NER Studio")
    notice.get_by_role("button", name="Try it").click()
    expect(page.locator("#highlighted .hl")).to_have_attribute("data-model", "at-work")
    expect(page.locator("#text textarea")).to_have_value("Ann <b> met Bo Li in New York .")
    expect(page.locator("#examples button")).to_have_count(1)
    page.fill("#text textarea", "Something else.")
    page.locator("#examples button").click()
    expect(page.locator("#text textarea")).to_have_value("Ann <b> met Bo Li in New York .")
    expect(notice).to_be_empty()
    # What a visitor has written stays when a run is tried again.
    page.fill("#text textarea", "My own text.")
    open_tab(page, "Train")
    page.click("#try-it")
    expect(page.locator("#text textarea")).to_be_focused()
    expect(page.locator("#text textarea")).to_have_value("My own text.")


def test_a_model_begins_with_its_own_threshold_until_somebody_chooses(new_page, home, app):
    shutil.copytree(home / "runs" / "finished", home / "runs" / "picky")
    path = home / "runs" / "picky" / "model" / "config.json"
    config = json.loads(path.read_text())
    config["ner_studio"]["threshold"] = 0.95
    path.unlink()
    path.write_text(json.dumps(config))
    page = new_page(query="?model=picky")
    threshold = page.locator(".hl[data-model=picky] .hl-threshold output")
    expect(threshold).to_have_text("0.95")
    hidden = page.evaluate(
        """() => { const { entities } = document.querySelector(".hl-result").dataset;
             const [found] = JSON.parse(entities);
             return found.filter(([, , , score]) => score < 0.95).length; }"""
    )
    expect(page.locator("#highlighted mark.off")).to_have_count(hidden)
    slider = page.locator(".hl-threshold input")
    slider.press("Home")
    expect(threshold).to_have_text("0.00")
    expect(page.locator("#highlighted mark.off")).to_have_count(0)
    models = page.get_by_label("Model", exact=True)
    for model in ("starter", "picky"):
        models.fill(model)
        models.press("Enter")
        page.wait_for_selector(f".hl[data-model={model}] .hl-result")
        expect(page.locator(".hl-threshold output")).to_have_text("0.00")
    # A link to what is shown has the visitor's own threshold, since the model has another one.
    slider.press("ArrowRight")
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("window.copied")
    assert "&threshold=0.01#" in page.evaluate("window.copied")


def test_a_run_is_renamed_in_its_heading(new_page, run):
    page = watched(new_page)
    page.get_by_role("button", name="Rename this run").click()
    field = page.get_by_label("Name of the run")
    field.fill("Menus <b>")
    field.press("Escape")
    expect(page.locator("#run-status h3 bdi")).to_have_text("Sample · balanced")
    page.get_by_role("button", name="Rename this run").click()
    field.fill("Menus <b>")
    run.progress(11)
    page.wait_for_selector("#run-status >> text=11 of 100")
    expect(field).to_have_value("Menus <b>")
    field.press("Enter")
    expect(page.locator("#run-status h3 bdi")).to_have_text("Menus <b>")
    expect(page.locator("#run-choice input")).to_have_value(re.compile("^Menus <b> · running"))
    expect(page.locator("#runs-table tr[data-run=at-work]")).to_contain_text("Menus <b>")


def test_the_files_of_a_finished_run_are_offered_and_it_leads_to_publishing(new_page):
    page = watched(new_page, "finished")
    page.click("#download")
    expect(page.locator("#run-files")).to_contain_text(re.compile(r"finished\s*\.zip"))
    page.click("#go-publish")
    page.wait_for_selector("#publish-repo:visible")


@pytest.mark.parametrize("width", [1400, 390])
def test_a_watched_run_moves_nothing_on_the_page(new_page, run, home, width):
    page = new_page()
    page.set_viewport_size({"width": width, "height": 844})
    page.add_init_script(NOTED)
    page.goto(f"{page.url.partition('?')[0]}?run=at-work")
    page.wait_for_selector("#run-status [data-run=at-work]")
    page.wait_for_selector("#all-runs:visible")
    for step in range(12, 33):
        run.progress(step, 1 / step)
        if step % 5 == 0:
            run.evaluated(step, step / 100)
        page.wait_for_selector(f"#run-status >> text={step} of 100")
    wait_until_idle(page)
    assert page.evaluate("window.shift") < MOST_SHIFT
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("#start")).to_be_hidden()
    # Nor does its end, with the scores and the report that come then.
    page.evaluate("window.shift = 0")
    run.progress(100, 0.1)
    run.events.append("checkpoint", 100, {"done": True})
    page.wait_for_selector("text=Scoring the finished model on validation …")
    finished = Run("finished", home / "runs" / "finished")
    shutil.copytree(finished.model_dir, run.run.model_dir)
    for path in (finished.report_path, finished.errors_path):
        shutil.copy(path, run.run.path / path.name)
    run.evaluated(100, 0.9, final=True, support=200, sentences=9, accuracy=0.9, f1_lenient=0.9)
    run.end("finished", train_seconds=65)
    page.wait_for_selector("#report:visible")
    page.wait_for_selector("#publish:visible")
    wait_until_idle(page)
    assert page.evaluate("window.shift") < MOST_SHIFT
    assert page.evaluate("document.documentElement.scrollWidth") <= width


COUNTED = """
  window.polled = [];  // how many nodes were put into the page, by the step that was shown then
  const nodes = (node) => 1 + (node.querySelectorAll?.("*").length ?? 0);
  new MutationObserver((changes) => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
    const shown = document.querySelector("#run-status .ner-facts b")?.textContent ?? "";
    const number = added.reduce((sum, node) => sum + nodes(node), 0);
    if (number) window.polled.push([shown, number]);
  }).observe(document.querySelector("#watch"), { childList: true, subtree: true });
"""
MOST_NODES = 60  # 34 to 42 were counted: the status, the legend of the loss, a new tick


def test_what_arrives_is_drawn_and_not_all_that_is_there(new_page, run):
    """Work is counted, which is the same on each machine: nodes, not milliseconds."""
    for step in range(11, 60):
        run.progress(step, 1 / step)
    run.evaluated(40, 0.5)
    page = watched(new_page)
    page.wait_for_selector("#run-status >> text=59 of 100")
    page.locator("#scores circle[visibility=visible]").first.wait_for()
    page.wait_for_selector("#all-runs:visible")
    wait_until_idle(page)
    page.evaluate(COUNTED)
    lines = page.locator("#watch svg path")
    drawn = lines.evaluate_all("paths => (window.paths = paths).length")
    for step in range(60, 75):
        run.progress(step, 1 / step)
        page.wait_for_selector(f"#run-status >> text={step} of 100")
    wait_until_idle(page)
    added = {}
    for step, nodes in page.evaluate("window.polled"):
        added[step] = added.get(step, 0) + nodes
    assert len(added) >= 15
    assert max(added.values()) <= MOST_NODES, added
    assert lines.evaluate_all("paths => paths.every((path, at) => path === window.paths[at])")
    assert lines.count() == drawn
