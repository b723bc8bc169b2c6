"""The real page, in a real browser, as fast as people want it.

No bound is in seconds, which say more about a machine and its other work than about the page. Each
is a ratio to other work that is measured just before, or a number of steps.
"""

import shutil
import subprocess
import sys
import time

import pytest
from playwright.sync_api import expect

from ner_core.checks.report import check_data
from tests.support.fake_runs import FakeRun
from tests.support.pages import (
    NEWS,
    App,
    assert_becomes,
    find_in,
    marks,
    open_tab,
    take_away,
    wait_until_idle,
    write,
)

SERVED = 1.8  # times what it takes to import gradio
ANSWERED = 0.6  # times what it takes a process to load a model and to answer
SHOWN = 4.0  # times what it takes to check the data here
SMOOTH = 2.0  # a redraw and what leads to it: 1.2 to 1.7 were seen
WATCHED = 4.0  # times what it takes to draw 4,000 words: 200 ms where that takes 50; 1 to 2.5 seen
STEPS_AFTER_CANCELLING = 3
PROFILE = "Sunny is Data Scientist and Generative AI Engineer at Infosys in Bengaluru"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.alone,
    pytest.mark.timeout(900),
]


@pytest.fixture(autouse=True, scope="module")
def _all_cores():
    """Let a page compute with all cores, as it does for people."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OMP_NUM_THREADS")
        yield


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """Serve the page without the process that forks, whose start would disturb."""
    app = App(tmp_path_factory.mktemp("home"), fork=False)
    app.start()
    yield app
    app.kill()


def assert_ratio(bound, measure, measure_baseline, tries=3):
    """Fail unless the one takes less than so many times what the other takes.

    The best of a few counts: what other work the machine has changes meanwhile.
    """
    found = []
    while len(found) < tries:
        baseline = measure_baseline()
        seconds = measure()
        found.append((round(seconds, 3), round(baseline, 3)))
        if seconds < bound * baseline:
            return
    raise AssertionError(f"expected less than {bound} times the other, found {found}")


def seconds_of_process(code):
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.monotonic() - began


def test_the_page_is_served_in_seconds_and_ends_without_a_traceback(tmp_path):
    def serve():
        app = App(tmp_path, fork=False)
        seconds = app.start()
        app.interrupt()
        return seconds

    assert_ratio(SERVED, serve, lambda: seconds_of_process("import gradio"))
    assert "Traceback" not in (tmp_path / "app.log").read_text()


ANSWER = """
from ner_core import Predictor
assert Predictor.load("starter").predict("Sunny lives in Bengaluru")
"""


def test_the_page_opens_with_a_model_that_answers_at_once(browser, tmp_path):
    def first_answer():
        app = App(tmp_path, fork=False)
        app.start()
        page = browser.new_page()
        page.goto(app.url)
        text = page.locator("#text textarea")
        text.wait_for()
        began = time.monotonic()
        text.press_sequentially(PROFILE, delay=5)
        page.wait_for_selector("#highlighted mark >> text=Sunny")
        seconds = time.monotonic() - began
        found = {("Sunny", "PER"), ("Infosys", "ORG"), ("Bengaluru", "LOC")}
        assert_becomes(lambda: marks(page), found)
        assert page.get_by_label("Model", exact=True).input_value().startswith("starter")
        page.close()
        app.kill()
        return seconds

    assert_ratio(ANSWERED, first_answer, lambda: seconds_of_process(ANSWER))


def test_good_data_are_shown_in_seconds(app, new_page, tmp_path):
    sentence = (
        '{{"text": "Ann{0} lives in Oslo.", "spans": [{{"start": 0, "end": {1}, "label": "PER"}}]}}'
    )
    rows = (sentence.format(number, 3 + len(str(number))) for number in range(10_000))
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(rows))
    app.may_measure()
    page = new_page()
    open_tab(page, "Train")
    page.wait_for_selector("#data-summary table")
    page.get_by_label("My files").check()
    page.wait_for_selector("#data-summary table", state="detached")

    def read():
        began = time.monotonic()
        assert check_data(str(file)).splits["train"].sentences == 9000
        return time.monotonic() - began

    def show():
        page.set_input_files("#upload input[type=file]", [str(file)])
        began = time.monotonic()
        page.wait_for_selector("#data-summary >> text=10,000 training sentences", state="attached")
        seconds = time.monotonic() - began
        cells = page.locator("#data-summary table[aria-label=Data] tbody td")
        assert_becomes(lambda: cells.all_inner_texts()[:3], ["Sentences", "9,000", "1,000"])
        page.wait_for_selector("#data-summary .ner-text mark[data-label=PER]")
        take_away(page)
        return seconds

    # What an earlier page had begun to measure takes some twenty seconds to end.
    assert_ratio(SHOWN, show, read, tries=5)


NOTE_TASKS = """() => { window.tasks = [];
  const note = list => window.tasks.push(...list.getEntries());
  window.observer = new PerformanceObserver(note);
  window.observer.observe({type: 'longtask'}); }"""
TASKS = "[...window.tasks, ...window.observer.takeRecords()].map(task => task.duration)"


def test_a_long_text_stays_smooth(new_page):
    page = new_page()
    page.evaluate(NOTE_TASKS)
    write(page, (NEWS * 300)[:19_990])
    expect(page.locator("#highlighted mark").nth(900)).to_be_attached()
    typed = []

    def draw_anew():
        wait_until_idle(page)
        return page.evaluate(
            """() => { const box = document.querySelector('#highlighted .ner-text');
                 const copy = box.cloneNode();
                 const began = performance.now();
                 copy.innerHTML = box.innerHTML;
                 box.after(copy);
                 copy.getBoundingClientRect();
                 copy.remove();
                 return (performance.now() - began) / 1000; }"""
        )

    def longest_task():
        wait_until_idle(page)
        page.evaluate("window.observer.takeRecords(); window.tasks.length = 0")
        page.keyboard.press("Control+Home")
        page.keyboard.type("x")
        typed.append("x")
        page.wait_for_selector(f"#highlighted >> text={''.join(typed)}Angela")
        wait_until_idle(page)
        return max(0, *page.evaluate(TASKS)) / 1000

    assert_ratio(SMOOTH, longest_task, draw_anew, tries=5)


def test_a_run_is_watched_smoothly(app, new_page, monkeypatch):
    monkeypatch.setenv("NER_HOME", str(app.home))
    run = FakeRun().start()
    for step in range(1, 30):
        run.progress(step, 1 / step)
    page = new_page(query="?run=at-work")
    page.wait_for_selector("#run-status >> text=29 of 100")
    page.wait_for_selector("#all-runs:visible")
    page.evaluate(NOTE_TASKS)
    steps = iter(range(30, 100))

    def draw_words():
        wait_until_idle(page)
        return page.evaluate(
            """() => { const began = performance.now();
                 const box = document.createElement('div');
                 for (let number = 0; number < 4000; number += 1) {
                   const word = document.createElement('span');
                   word.textContent = `word ${number} `;
                   box.append(word);
                 }
                 document.body.append(box);
                 box.getBoundingClientRect();
                 box.remove();
                 return (performance.now() - began) / 1000; }"""
        )

    def longest_task():
        wait_until_idle(page)
        page.evaluate("window.observer.takeRecords(); window.tasks.length = 0")
        step = next(steps)
        run.progress(step, 1 / step).evaluated(step, step / 100)
        page.wait_for_selector(f"#run-status >> text={step} of 100")
        page.wait_for_selector(f"#samples >> text=As of step {step}.")
        wait_until_idle(page)
        return max(0, *page.evaluate(TASKS)) / 1000

    try:
        assert_ratio(WATCHED, longest_task, draw_words, tries=5)
    finally:
        shutil.rmtree(run.end("stopped").path)


def test_work_on_a_file_is_cancelled_soon(new_page, tmp_path):
    (tmp_path / "long.txt").write_text((NEWS + "\n") * 20_000)
    page = new_page()
    page.click("#file-panel > button")
    find_in(page, tmp_path / "long.txt")
    for _ in range(3):
        page.wait_for_selector("#file-status [data-state=working] .ner-facts b")
        page.evaluate(
            """() => { const status = document.querySelector('#file-status');
                 const shown = () => status.querySelector('.ner-facts b')?.textContent ?? '';
                 document.addEventListener('click', () => {
                   window.noting?.disconnect();
                   window.steps = new Set([shown()]);
                   window.noting = new MutationObserver(() => window.steps.add(shown()));
                   window.noting.observe(
                     status, {childList: true, subtree: true, characterData: true});
                 }, {once: true, capture: true}); }"""
        )
        page.click("#file-cancel")
        page.wait_for_selector("#file-status [data-state=cancelled]")
        _, *steps = page.evaluate("[...window.steps].filter(Boolean)")
        assert len(steps) <= STEPS_AFTER_CANCELLING
        page.locator("#file-find:enabled").click()
