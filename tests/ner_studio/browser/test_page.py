"""The real page, in a real browser, as a new user meets it."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.support.pages import (
    assert_becomes,
    fill,
    marks,
    open_group,
    open_settings,
    open_shared,
    open_tab,
    take_away,
    upload,
    wait_until_idle,
)

STEPS = 19  # of 32 sentences each
# A fast machine may have finished the run before a busy browser has loaded the page again.
SHOWN = "[data-status=running], [data-status=finished]"

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.mark.alone
def test_a_new_user_trains_on_the_sample_and_tries_the_model(app, new_page):
    app.may_measure()
    page = new_page()
    open_tab(page, "Train")
    expect(page.locator("#train-mode")).to_be_hidden()  # there is no run to show
    page.wait_for_selector("#data-summary table")
    encoder = page.get_by_label("Encoder", exact=True)
    encoder.fill("starter")  # it needs fewer steps than minilm to be of use
    encoder.press("Enter")
    page.get_by_role("radio", name="Quick").check()
    open_settings(page)
    fill(page, "#epochs", "1")
    open_group(page, "Text")
    sentences = page.locator("#max_train").locator("input, textarea")
    expect(sentences).to_have_value("3000")
    wait_until_idle(page)
    fill(page, "#max_train", "600")
    sentences.press("Tab")
    wait_until_idle(page)
    expect(sentences).to_have_value("600")
    page.click("#start")
    page.wait_for_selector("[data-status=running]")
    page.wait_for_selector("#run-status >> text=Time left")
    expect(page.locator("#stop")).to_be_enabled()

    page.reload()
    page.wait_for_selector(SHOWN)
    second = new_page(query=f"?run={app.runs()[-1].name}")
    second.wait_for_selector(SHOWN)
    second.wait_for_selector("#run-status >> text=Best validation F1")
    second.close()

    page.wait_for_selector("[data-status=finished]")
    page.wait_for_selector("table[aria-label='Test scores'] >> text=All types")
    report = json.loads((app.runs()[-1] / "report.json").read_text())
    expect(page.locator("table[aria-label='Test scores'] tr.total td").nth(3)).to_have_text(
        f"{report['test']['f1']:.3f}"
    )
    assert report["steps"] == STEPS
    assert set(report["test"]["per_type"]) == {"LOC", "MISC", "ORG", "PER"}

    page.click("#try-it")
    page.wait_for_selector("#text textarea:visible")
    fill(page, "#text", "Angela Merkel flew to Nairobi.")
    expected = {("Angela Merkel", "PER"), ("Nairobi", "LOC")}
    assert_becomes(lambda: expected & marks(page), expected)
    page.get_by_label("Table", exact=True).check()
    cells = page.locator("#highlighted tbody tr").first.locator("td")
    expect(cells).to_have_text(["Angela Merkel", "PER", re.compile(r"^0\.\d{3}$"), "0", "13"])


@pytest.fixture(scope="module")
def shown(context, app):
    """Open the Train tab once for all tests that leave no run."""
    page = open_shared(context, app.url)
    open_tab(page, "Train")
    open_settings(page)
    return page


@pytest.fixture
def page(shown, app):
    """Return the Train tab with the sample, whose training could be started; nothing starts one."""
    runs_before = app.runs()
    shown.problems.clear()
    shown.get_by_label("Sample", exact=True).check()
    shown.wait_for_selector("#data-summary >> text=minilm reads a sentence", state="attached")
    shown.wait_for_selector("#start:not([disabled])")
    yield shown
    assert app.runs() == runs_before
    assert shown.problems == []


def test_a_broken_file_is_explained_and_starts_nothing(page, tmp_path):
    # How else a file is broken: tests/ner_studio/train/test_settings_form.py.
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)))
    upload(page, tmp_path / "binary.txt")
    page.wait_for_selector(
        "#data-summary [role=alert] >> text=this is binary data, not text. Choose a text file."
    )
    page.wait_for_selector("#start[disabled]")
    page.get_by_label("Sample", exact=True).check()
    page.wait_for_selector("#start:not([disabled])")
    page.get_by_label("My files").check()
    page.wait_for_selector("#start[disabled]")
    take_away(page)
    page.wait_for_selector("#start:not([disabled])")


ROWS = """\
{"text": "Ann lives in Oslo.", "label": [[0, 3, "PER"], [13, 17, "LOC"]]}
{"text": "Bob saw Rome.", "label": [[0, 30, "PER"]]}
{"text": "Cy <b>went</b> to Riga.", "label": [[0, 2, "PER"], [18, 22, "LOC"]]}
"""


def test_rows_that_cannot_be_read_are_listed_and_training_waits(page, tmp_path):
    (tmp_path / "rows.jsonl").write_text(ROWS)
    upload(page, tmp_path / "rows.jsonl")
    page.wait_for_selector("#data-summary >> text=1 row can't be read. Fix it to start training.")
    page.click("#data-summary li.error summary")
    place = page.locator("#data-summary li.error ol li")
    expect(place).to_contain_text(re.compile(r"^rows\.jsonl, line 2: "), use_inner_text=True)
    expect(place).to_contain_text("a span at 0 to 30 is outside the text, which has 13 characters.")
    page.wait_for_selector("#start[disabled]")
    problem = page.locator("#problem [role=alert]")
    expect(problem).to_have_text("1 row can't be read. Fix it to start training.")
    (tmp_path / "rows.jsonl").write_text("".join(ROWS.splitlines(keepends=True)[::2]))
    take_away(page)
    upload(page, tmp_path / "rows.jsonl")
    page.wait_for_selector("#start:not([disabled])")
    page.wait_for_selector("#problem [role=alert]", state="detached")
    take_away(page)


WRONG = [
    (
        "#learning_rate",
        "-1",
        "learning_rate can't be '-1'. Use a number above 0 and up to 1.",
    ),
    ("#epochs", "0", "epochs can't be '0'. Use a number above 0 and up to 1,000."),
    (
        "#batch_size",
        "many",
        "batch_size can't be 'many'. Use a whole number from 1 to 1,024.",
    ),
]


def test_a_wrong_setting_is_explained_and_starts_nothing(page):
    for field, value, sentence in WRONG:
        before = page.input_value(f"{field} textarea, {field} input")
        fill(page, field, value)
        page.click("#start")
        page.wait_for_selector(f"#problem [role=alert] >> text={sentence}")
        fill(page, field, before)


def test_a_path_is_no_encoder_for_the_page(app, page):
    encoder = page.get_by_label("Encoder", exact=True)
    encoder.fill(str(app.home))
    encoder.press("Enter")
    page.click("#start")
    expect(page.locator("#problem [role=alert]")).to_have_text(
        f"No model called '{app.home}'. Choose one from the list, or type a Hub id such as "
        "owner/name. Folders work only on the command line."
    )
    encoder.fill("minilm")
    encoder.press("Enter")


def test_an_uploaded_file_without_a_validation_part_says_so(page, tmp_path):
    sentence = "Ann B-PER\nlives O\nin O\nOslo B-LOC\n. O\n\n"
    (tmp_path / "mine.conll").write_text(sentence * 400)
    upload(page, tmp_path / "mine.conll")
    page.click("#data-summary .ner-findings > summary")
    page.wait_for_selector("#data-summary >> text=The data have no validation part")
    page.wait_for_selector("#start:not([disabled])")
    take_away(page)


def test_nothing_is_wider_than_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 900})
    assert_fits_a_phone(page)


def test_nothing_is_wider_than_a_dark_phone(new_page):
    assert_fits_a_phone(new_page(390, "?__theme=dark"))


def assert_fits_a_phone(page):
    for tab, shown in (("Train", ("#data-summary table", "#start")), ("Highlight", ("#text",))):
        open_tab(page, tab)
        for part in shown:
            page.wait_for_selector(f"{part}:visible")
        wait_until_idle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
