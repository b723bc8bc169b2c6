"""The real page, in a real browser, in the time that people wait for it.

The bounds are about twice what was measured on a machine without other work, reckoned for the part
of the cores that is left to the test: they fail where something takes three times as long.
"""

import time

import pytest

from tests.support.pages import NEWS, App, find_in, marks, open_tab, take_away, write
from tests.support.patience import assert_takes

SERVED_WITHIN = 7.5
ANSWERS_WITHIN = 3.0
SHOWN_WITHIN = 3.0
CANCELLED_WITHIN = 1.5
SMOOTH = 0.3
PROFILE = "Sunny is Data Scientist and Generative AI Engineer at Infosys in Bengaluru"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.alone,
    pytest.mark.timeout(180),
]


@pytest.fixture(autouse=True, scope="module")
def _all_cores():
    """Let a page compute with all cores, as it does for people."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OMP_NUM_THREADS")
        yield


def test_the_page_is_served_in_seconds_and_ends_without_a_traceback(tmp_path):
    def serve():
        app = App(tmp_path)
        seconds = app.start()
        app.interrupt()
        return seconds

    assert_takes(SERVED_WITHIN, serve)
    assert "Traceback" not in (tmp_path / "app.log").read_text()


def test_the_page_opens_with_a_model_that_answers_at_once(browser, tmp_path):
    def first_answer():
        app = App(tmp_path)
        app.start()
        page = browser.new_page()
        page.goto(app.url)
        text = page.locator("#text textarea")
        text.wait_for()
        began = time.monotonic()
        text.press_sequentially(PROFILE, delay=5)
        page.wait_for_selector("#highlighted mark >> text=Sunny")
        seconds = time.monotonic() - began
        page.wait_for_selector("#highlighted mark >> text=Bengaluru")
        assert marks(page) == {("Sunny", "PER"), ("Infosys", "ORG"), ("Bengaluru", "LOC")}
        assert page.get_by_label("Model", exact=True).input_value().startswith("starter")
        page.close()
        app.kill()
        return seconds

    assert_takes(ANSWERS_WITHIN, first_answer)


def test_good_data_are_shown_in_seconds(app, new_page, tmp_path):
    sentence = (
        '{{"text": "Ann{0} lives in Oslo.", "spans": [{{"start": 0, "end": {1}, "label": "PER"}}]}}'
    )
    rows = (sentence.format(number, 3 + len(str(number))) for number in range(10_000))
    (tmp_path / "mine.jsonl").write_text("\n".join(rows))
    app.may_measure()
    page = new_page()
    open_tab(page, "Train")
    page.wait_for_selector("#data-summary table")
    page.get_by_label("My own files").check()
    page.wait_for_selector("#data-summary table", state="detached")

    def show():
        page.set_input_files("#upload input[type=file]", [str(tmp_path / "mine.jsonl")])
        began = time.monotonic()
        page.wait_for_selector("#data-summary >> text=10,000 training sentences")
        seconds = time.monotonic() - began
        assert page.locator("#data-summary table[aria-label=Data] td").all_inner_texts()[:3] == [
            "Sentences",
            "9,000",
            "1,000",
        ]
        assert page.query_selector_all("#data-summary .ner-text mark[data-label=PER]")
        take_away(page)
        return seconds

    # What an earlier page had begun to measure takes some twenty seconds to end.
    assert_takes(SHOWN_WITHIN, show)


def test_a_long_text_stays_smooth(new_page):
    page = new_page()
    page.evaluate(
        """() => { window.tasks = []; new PerformanceObserver(list => window.tasks.push(
             ...list.getEntries().map(task => task.duration))).observe({type: 'longtask'}); }"""
    )
    write(page, (NEWS * 300)[:19_990])
    page.wait_for_function("document.querySelectorAll('#highlighted mark').length > 900")
    page.wait_for_timeout(500)
    typed = []

    def longest_task():
        page.evaluate("window.tasks.length = 0")
        page.keyboard.press("Control+Home")
        page.keyboard.type("x")
        typed.append("x")
        page.wait_for_selector(f"#highlighted >> text={''.join(typed)}Angela")
        page.wait_for_timeout(300)
        return page.evaluate("Math.max(0, ...window.tasks)") / 1000

    assert_takes(SMOOTH, longest_task, tries=5)


def test_work_on_a_file_is_cancelled_soon(new_page, tmp_path):
    (tmp_path / "long.txt").write_text((NEWS + "\n") * 20_000)
    page = new_page()
    page.click("#file-panel > button")
    find_in(page, tmp_path / "long.txt")

    def cancel():
        page.wait_for_selector("#file-status [data-state=working] .ner-facts b", timeout=60_000)
        began = time.monotonic()
        page.click("#file-cancel")
        page.wait_for_selector("#file-status [data-state=cancelled]")
        seconds = time.monotonic() - began
        page.locator("#file-find:enabled").click()
        return seconds

    for _ in range(3):
        assert_takes(CANCELLED_WITHIN, cancel)
