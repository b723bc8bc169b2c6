"""The Highlight tab of the real page, in a real browser."""

import json
import re
import shutil
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import expect

from tests.support.fake_runs import FakeRun
from tests.support.pages import (
    NEWS,
    App,
    assert_becomes,
    find_in,
    marks,
    open_shared,
    open_tab,
    wait_until_idle,
    write,
)

ANN = "Angela Merkel went to Oslo."
FOUND = {("Angela Merkel", "PER"), ("Oslo", "LOC")}
EMPTY = "Type or paste a text above, or pick an example."

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def app(tmp_path_factory, tiny_model):
    """Serve the page with one more model, and with a run whose labels have no names."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_HOME", str(home))
        run = FakeRun("unnamed").start().end("finished", train_seconds=1)
    shutil.copytree(tiny_model, run.model_dir)
    config = json.loads((run.model_dir / "config.json").read_text())
    config["id2label"] = {str(number): f"LABEL_{number}" for number in range(5)}
    config["label2id"] = {name: int(number) for number, name in config["id2label"].items()}
    (run.model_dir / "config.json").write_text(json.dumps(config))
    shutil.copytree(tiny_model, home / "tiny")
    served = App(home, "--model", home / "tiny")
    served.start()
    yield served
    served.kill()


@pytest.fixture(scope="module")
def shown(context, app):
    """Open the page once for all tests that can clear what the one before has left."""
    page = open_shared(context, app.url)
    page.wait_for_selector("#text:visible")
    return watch(page)


def watch(page):
    """Note what the page asks the server for."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.asked, page.unanswered = [], set()
    page.on("request", lambda request: note(page, request))
    for ended in ("requestfinished", "requestfailed"):
        page.on(ended, lambda request: page.unanswered.discard(request))
    return page


@pytest.fixture
def page(shown):
    """Return the page with the starter and without a text, with nothing left out of a result."""
    shown.problems.clear()
    shown.set_viewport_size({"width": 1280, "height": 900})
    open_tab(shown, "Highlight")
    write(shown, ANN)
    close_comparison(shown)
    choose(shown, "Model", "starter")
    shown.get_by_label("Text", exact=True).last.check()
    shown.wait_for_selector("[data-model=starter][data-compare=''] .ner-text mark")
    slide(shown, 0)
    for box in shown.locator(".hl-chip input:not(:checked)").all():
        box.check()
    write(shown, "")
    shown.wait_for_selector(f"#highlighted >> text={EMPTY}")
    yield shown
    assert shown.problems == []


@pytest.fixture
def own_page(new_page):
    """Return a page that no other test has seen, with the starter."""
    return choose(watch(new_page()), "Model", "starter")


def note(page, request):
    page.asked.append(request.url)
    if "/heartbeat/" not in request.url:  # which stays open as long as the page
        page.unanswered.add(request)


def choose(page, label, model):
    field = page.get_by_label(label, exact=True)
    field.fill(model)
    field.press("Enter")
    return page


def compare_with(page, model):
    toggle_comparison(page, True)
    choose(page, "Compare with", model)


def close_comparison(page):
    toggle_comparison(page, False)


def toggle_comparison(page, wanted):
    button = page.get_by_role("button", name="Compare")
    # A page that is still being drawn does not say yet whether the field is shown.
    expect(button).to_have_attribute("aria-expanded", re.compile("true|false"))
    if button.get_attribute("aria-expanded") != str(wanted).lower():
        button.click()


def view(page, name):
    page.get_by_label(name, exact=True).last.check()
    page.wait_for_selector(
        {"Text": ".ner-text", "Table": "[data-table=Entities]"}.get(name, "[data-table=Tokens]")
    )


def wait_for_marks(page, expected, within="#highlighted"):
    assert_becomes(lambda: marks(page, within), expected)


def chips(page):
    """Return what the legend says: a type, whether it is on, and how many there are."""
    rows = page.eval_on_selector_all(
        ".hl-chip",
        """chips => chips.map(chip => [chip.querySelector('bdi').textContent,
             chip.querySelector('input').checked, chip.querySelector('b').textContent])""",
    )
    return {label: (on, number) for label, on, number in rows}


def rows(page, table="Entities"):
    return page.eval_on_selector_all(
        f"[data-table={table}] tbody tr",
        """rows => rows.filter(row => row.offsetParent)
             .map(row => [...row.cells].map(cell => cell.textContent))""",
    )


def settle(page):
    """Wait until all that the page asked for is answered and drawn, and forget it."""
    while page.asked:
        page.asked.clear()
        assert_becomes(lambda: page.unanswered, set())
        wait_until_idle(page)


def slide(page, value):
    page.eval_on_selector(
        ".hl-threshold input",
        """(slider, value) => { slider.value = value;
             slider.dispatchEvent(new Event('input', {bubbles: true})); }""",
        value,
    )


def copied(page, button, sentence):
    page.get_by_role("button", name=button).click()
    page.wait_for_selector(f".hl-said >> text={sentence}")
    return page.evaluate("navigator.clipboard.readText()")


def test_the_page_opens_with_the_model_of_the_command_line(app, new_page):
    page = new_page()
    expect(page.get_by_label("Model", exact=True)).to_have_value("tiny")
    write(page, "Ann")
    assert_becomes(lambda: set(chips(page)), {"LOC", "PER"})


def test_entities_follow_typing_pasting_deleting_examples_and_the_model(page):
    page.wait_for_selector(f"#highlighted >> text={EMPTY}")
    field = page.locator("#text textarea")
    field.press_sequentially("Angela Merkel went to Oslo", delay=5)
    wait_for_marks(page, FOUND)
    for _ in range(len(" went to Oslo")):
        page.keyboard.press("Backspace")
    wait_for_marks(page, {("Angela Merkel", "PER")})
    page.evaluate("text => navigator.clipboard.writeText(text)", " went\nto Oslo.")
    field.press("End")
    page.keyboard.press("Control+V")
    wait_for_marks(page, FOUND)
    expect(page.locator("#highlighted mark").nth(1)).to_have_attribute(
        "title", re.compile("^LOC, ")
    )
    page.wait_for_selector("p[role=status] >> text=2 entities")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.wait_for_selector("#highlighted >> text=Type or paste a text")
    page.get_by_role("button", name="News").click()
    page.wait_for_selector("#highlighted mark >> text=African Union")
    choose(page, "Model", "tiny")
    page.wait_for_selector("[data-model=tiny] .hl-result")
    assert_becomes(lambda: set(chips(page)), {"LOC", "PER"})


def test_legend_and_threshold_ask_nobody_and_last(page):
    write(page, ANN)
    wait_for_marks(page, FOUND)
    assert_becomes(lambda: chips(page).get("LOC"), (True, "1"))
    settle(page)
    page.get_by_role("checkbox", name="LOC").focus()
    page.keyboard.press("Space")
    wait_for_marks(page, {("Angela Merkel", "PER")})
    page.wait_for_selector("p[role=status] >> text=1 entity")
    slide(page, 1)
    wait_for_marks(page, set())
    assert_becomes(lambda: chips(page)["PER"], (True, "0"))
    slide(page, 0.25)
    assert page.asked == []
    page.locator("#text textarea").press_sequentially(" So did Bob")
    page.wait_for_selector("#highlighted >> text=So did Bob")
    assert_becomes(
        lambda: [mark in marks(page) for mark in [("Angela Merkel", "PER"), ("Oslo", "LOC")]],
        [True, False],
    )
    view(page, "Table")
    assert_becomes(lambda: {row[1] for row in rows(page)} & {"LOC", "PER"}, {"PER"})
    expect(page.locator(".hl-threshold output")).to_have_text("0.25")
    view(page, "Text")
    page.get_by_role("checkbox", name="LOC").check()
    assert_becomes(lambda: ("Oslo", "LOC") in marks(page), True)


def test_the_table_is_sorted_and_copied(own_page):
    page = own_page
    write(page, ANN)
    view(page, "Table")
    wait_for_entities(page, ["Angela Merkel", "Oslo"])
    assert {len(row) for row in rows(page)} == {5}
    header = page.locator("[data-table=Entities] th", has_text="Start")
    header.get_by_role("button").press("Enter")
    expect(header).to_have_attribute("aria-sort", "ascending")
    header.get_by_role("button").press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    assert_becomes(lambda: [row[3:] for row in rows(page)], [["22", "26"], ["0", "13"]])
    page.locator("#text textarea").press_sequentially(" Paris")
    wait_for_entities(page, ["Paris", "Oslo", "Angela Merkel"])
    page.get_by_role("checkbox", name="PER").uncheck()
    wait_for_entities(page, ["Paris", "Oslo"])
    lines = copied(page, "Copy table", "Copied 2 rows.").splitlines()
    assert lines == ["\t".join(row) for row in [HEADER, *rows(page)]]


def wait_for_entities(page, expected):
    assert_becomes(lambda: [row[0] for row in rows(page)], expected)


HEADER = ["Entity", "Type", "Score", "Start", "End"]


def test_sub_tokens_are_listed_as_the_pipeline_prints_them(page):
    write(page, ANN)
    view(page, "Tokens")
    page.wait_for_selector("[data-table=Tokens] >> text=oslo")
    everything = rows(page, "Tokens")
    (oslo,) = (row for row in everything if row[0] == "oslo")
    assert [*oslo[:2], *oslo[4:]] == ["oslo", "B-LOC", "22", "26"]
    page.get_by_label("Entities only").check()
    assert_becomes(lambda: {row[1] for row in rows(page, "Tokens")}, {"B-PER", "I-PER", "B-LOC"})
    slide(page, 1)
    assert_becomes(lambda: rows(page, "Tokens"), [])
    page.get_by_label("Entities only").uncheck()
    assert_becomes(lambda: rows(page, "Tokens"), everything)


def test_two_models_are_compared(page):
    write(page, ANN)
    compare_with(page, "tiny")
    page.wait_for_selector("section[data-side='1'] mark")
    expect(page.locator(".hl-columns h2")).to_have_text(["A starter", "B tiny"])
    wait_for_marks(page, FOUND, "section[data-side='0']")
    expect(page.locator(".hl-summary")).to_have_text(re.compile("^[1-9]|· [1-9]"))
    settle(page)
    summary = page.inner_text(".hl-summary")
    figures = [int(part.split()[0]) for part in summary.split(" · ")]
    kinds = [
        page.locator(f"section[data-side='{side}'] mark{kind}").count()
        for side, kind in (("0", ":not(.alone, .differs)"), ("0", ".alone"), ("1", ".alone"))
    ]
    assert figures[:3] == kinds
    assert sum(figures) > figures[0]
    for mark in page.query_selector_all("section[data-side='1'] mark.alone"):
        assert mark.get_attribute("title").endswith(", only in B")
    # A random model is sure of nothing: over this threshold only the starter's are left.
    slide(page, 0.6)
    expect(page.locator(".hl-summary")).to_have_text(
        re.compile("^0 the same · 2 only in A · 0 only in B · 0 ")
    )
    slide(page, 0)
    expect(page.locator(".hl-summary")).to_have_text(summary)
    view(page, "Table")
    assert_becomes(lambda: [row[2] != "–" for row in rows(page)].count(True), 2)
    view(page, "Tokens")
    expect(page.locator("section[data-side] table")).to_have_count(2)
    compare_with(page, "starter")
    view(page, "Text")
    page.wait_for_selector(".hl-summary >> text=2 the same · 0 only in A · 0 only in B · 0 at")


def test_a_link_carries_text_and_models(app, page, new_page):
    text = "Ann & Bob\nwent to São Paulo + Oslo #1 100%?"
    write(page, text)
    compare_with(page, "tiny")
    page.wait_for_selector("section[data-side='1'] .ner-text")
    link = copied(page, "Copy link", "Copied a link to this text and model.")
    query, fragment = link.removeprefix(app.url).split("#")
    assert query == "?model=starter&compare=tiny"
    assert unquote(fragment.removeprefix("text=")) == text
    other = new_page(query=link.removeprefix(app.url))
    other.wait_for_selector("section[data-side='1'] .ner-text")
    expect(other.locator("#text textarea")).to_have_value(text)
    assert other.url == link
    other.locator("#text textarea").press_sequentially("!")
    other.wait_for_function("window.location.href === window.location.origin + '/'")
    other.reload()
    other.wait_for_selector("section[data-side='1'] .ner-text")
    expect(other.locator("#text textarea")).to_have_value(text + "!")
    write(page, "a" * 8001)
    page.wait_for_selector("section[data-side='1'] >> text=aaaa")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_selector(
        ".hl-said >> text=The text has 8,001 characters, and a link at most 8,000."
    )


def test_a_link_that_is_pasted_over_another_one_is_opened(app, new_page):
    texts = ["Ann lives in Oslo", "Bob lives in Paris"]
    queries = [f"?model=starter#text={quote(text)}" for text in texts]
    page = new_page(query=queries[0])
    shown = "text => document.querySelector('#text textarea')?.value === text"
    page.wait_for_function(shown, arg=texts[0])
    wait_for_marks(page, {("Ann", "PER"), ("Oslo", "LOC")})
    page.goto(app.url + queries[1])
    page.wait_for_function(shown, arg=texts[1])
    wait_for_marks(page, {("Bob", "PER"), ("Paris", "LOC")})
    page.go_back()
    page.wait_for_function(shown, arg=texts[0])
    assert page.url == app.url + queries[0]


def test_all_rows_of_a_long_table_are_sorted_and_copied(own_page):
    page = own_page
    choose(page, "Model", "tiny")
    write(page, "ann oslo " * 2222)
    view(page, "Tokens")
    page.wait_for_selector(".hl-rest >> text=The first 500 of 4,444 rows are shown;")
    assert_becomes(lambda: len(rows(page, "Tokens")), 500)
    start = page.locator("[data-table=Tokens] th", has_text="Start").get_by_role("button")
    start.click()
    assert_becomes(lambda: rows(page, "Tokens")[0][4:], ["0", "3"])
    start.click()
    assert_becomes(lambda: rows(page, "Tokens")[0][4:], ["19993", "19997"])
    lines = copied(page, "Copy table", "Copied 4,444 rows.").splitlines()
    assert len(lines) == 4445
    assert [lines[1].split("\t")[4], lines[-1].split("\t")[4]] == ["19993", "0"]
    page.get_by_role("button", name="Show more").click()
    page.wait_for_selector(".hl-rest >> text=The first 1,000 of 4,444 rows are shown;")
    assert_becomes(lambda: len(rows(page, "Tokens")), 1000)
    view(page, "Table")
    page.wait_for_selector("[data-table=Entities] td")
    slide(page, 1)
    assert_becomes(lambda: rows(page), [])
    expect(page.locator(".hl-rest")).to_be_hidden()


HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> ${alert(3)} {{value}} `${4}`\n\n"
    "  \u202eOslo\u202c \u2067\u05e9\u05dc\u05d5\u05dd\u2069 end"
)
SHOWN = """() => {
  const box = document.querySelector('#highlighted .ner-text')?.cloneNode(true);
  if (!box) return '';
  box.querySelectorAll('small').forEach(node => node.remove());
  return box.textContent; }"""


def test_a_hostile_text_stays_text(page):
    write(page, HOSTILE)
    page.wait_for_selector("#highlighted >> text=alert(3)")
    assert_becomes(lambda: page.evaluate(SHOWN), HOSTILE)
    assert page.query_selector("#highlighted :is(script, img)") is None
    page.eval_on_selector(
        "#text textarea",
        """field => { field.value = 'Oslo \\ud800 \\0 end';
                      field.dispatchEvent(new Event('input', {bubbles: true})); }""",
    )
    assert_becomes(lambda: page.evaluate(SHOWN), "Oslo \ufffd \ufffd end")
    write(page, "Oslo<b>" * 4_000)
    page.wait_for_selector("#highlighted >> text=the first 20,000 are read here")
    assert_becomes(lambda: len(page.evaluate(SHOWN)), 20_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_refusals_are_sentences(app, page):
    write(page, ANN)
    choose(page, "Model", "owner/name")
    expect(page.locator("#highlighted [role=alert]")).to_have_text(
        re.compile("^Offline: can't get the model owner/name from the Hub. ")
    )
    choose(page, "Model", str(app.home))
    page.wait_for_selector("[role=alert] >> text=Folders work only on the command line.")
    choose(page, "Model", "unnamed")
    page.wait_for_selector(
        "[role=alert] >> text=The model unnamed doesn't name its labels, it only has LABEL_0 to"
    )
    names = page.get_by_label("Names of its labels")
    names.fill("O, B-LOC, I-LOC, B-PER, I-PER")
    names.press("Enter")
    page.wait_for_selector("[data-model=unnamed] .hl-result")
    assert_becomes(lambda: set(chips(page)), {"LOC", "PER"})
    choose(page, "Model", "starter")
    wait_for_marks(page, FOUND)
    names.wait_for(state="hidden")


def test_nothing_is_wider_than_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 900})
    assert_fits_a_phone(page)


def test_nothing_is_wider_than_a_dark_phone(new_page):
    assert_fits_a_phone(choose(new_page(390, "?__theme=dark"), "Model", "starter"))


def assert_fits_a_phone(page):
    write(page, f"{ANN} {'x' * 200}\n{NEWS}")
    compare_with(page, "tiny")
    for name in ("Text", "Table", "Tokens"):
        view(page, name)
        page.wait_for_selector(".hl-summary")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_was_chosen_outlasts_the_other_tab(page):
    write(page, ANN)
    wait_for_marks(page, FOUND)
    page.get_by_role("checkbox", name="LOC").uncheck()
    open_tab(page, "Train")
    open_tab(page, "Highlight")
    write(page, f"{ANN} ")
    wait_for_marks(page, {("Angela Merkel", "PER")})


def remove_file(page):
    page.get_by_label("Remove this file").or_(page.get_by_label("Clear")).first.click()
    page.wait_for_selector("#file-lines", state="hidden")


def expect_found(page, figures):
    expect(page.locator("#file-status")).to_contain_text(figures, use_inner_text=True)


def test_a_file_goes_in_and_four_come_out(own_page, tmp_path):
    page = own_page
    (tmp_path / "news.csv").write_text(
        f'id,text,note\n1,{ANN},x\n2,"<b>Reuters</b> is in\nLondon.",y\n'
    )
    page.click("#file-panel > button")
    find_in(page, tmp_path / "news.csv")
    page.wait_for_selector("#file-status [data-state=done]")
    expect_found(page, "Texts 2 of 2")
    files = {}
    for form in ("jsonl", "csv", "conll", "html"):
        with page.expect_download() as download:
            page.click(f"#file-{form}")
        assert download.value.suggested_filename == f"news-entities.{form}"
        files[form] = download.value.path().read_text(encoding="utf-8-sig")
    first, second = map(json.loads, files["jsonl"].splitlines())
    assert {(entity["text"], entity["label"]) for entity in first["entities"]} == FOUND
    assert "London" in {entity["text"] for entity in second["entities"]}
    assert [line.split(",")[:3] for line in files["csv"].splitlines()[:2]] == [
        ['"text_number"', '"entity"', '"type"'],
        ["1", '"Angela Merkel"', '"PER"'],
    ]
    assert [line.split(",")[6:] for line in files["csv"].splitlines()[:2]] == [
        ['"id"', '"note"'],
        ['"1"', '"x"'],
    ]
    assert [(row["id"], row["note"]) for row in (first, second)] == [("1", "x"), ("2", "y")]
    assert "Angela\tB-PER\nMerkel\tI-PER\n" in files["conll"]
    assert "&lt;b&gt;" in files["html"]


def test_a_file_that_cannot_be_read_is_a_sentence_and_the_texts_of_another_are_chosen(
    own_page, tmp_path
):
    page = own_page
    (tmp_path / "bad.txt").write_bytes(b"\x00\x01\xff" * 100)
    page.click("#file-panel > button")
    find_in(page, tmp_path / "bad.txt")
    expect(page.locator("#file-status [role=alert]")).to_have_text(
        "bad.txt, line 1: this is binary data, not text. Choose a text file."
    )
    remove_file(page)
    (tmp_path / "news.txt").write_text(f"{ANN}\n\n{ANN}\n")
    (tmp_path / "news.csv").write_text(f"1,{ANN}\n2,{ANN}\n3,{ANN}\n")
    page.set_input_files("#file-upload input[type=file]", str(tmp_path / "news.txt"))
    page.get_by_label("The whole file is one text").check()
    page.locator("#file-find:enabled").click()
    page.wait_for_selector("#file-status [data-state=done]")
    expect_found(page, "Texts 1 of 1 Entities 4")
    remove_file(page)
    page.set_input_files("#file-upload input[type=file]", str(tmp_path / "news.csv"))
    page.click("#file-column input")
    page.get_by_role("option", name=f"column 2: {ANN}").click()
    page.locator("#file-find:enabled").click()
    page.wait_for_selector("#file-status [data-state=done]")
    expect_found(page, "Texts 3 of 3 Entities 6")
