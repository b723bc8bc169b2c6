"""Teach by correcting, in a real browser: from a queue of texts to a model that suggests."""

import json

import pytest
from playwright.sync_api import expect

from ner_core.annotations.annotation_set import AnnotationSet
from ner_core.runs.run import Run
from tests.support.editing import (
    TEXT,
    marked,
    name_set,
    new_type,
    open_editor,
    press,
    saved,
    wait_for_text,
    without_types,
)
from tests.support.pages import assert_becomes, fill, open_group, open_settings, wait_until_idle

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

HARBOURS = ("Bergen", "Lisbon", "Dakar", "Lagos", "Mombasa", "Santos", "Callao", "Busan", "Kobe")


def waits(page, sentence):
    expect(page.locator("[data-do=queue-next]")).to_have_text(sentence)


def test_many_texts_are_worked_through_one_after_the_other(new_page, app):
    page = new_page()
    open_editor(page, "raft")
    name_set(page, "Queue")
    page.locator(TEXT).focus()
    without_types(page)
    new_type(page, "Ship")
    press(page, "Enter")
    texts = ["A raft sank.", "Dr. Ann saw the raft.", "No ship."]
    page.get_by_label("Next text").fill(" ".join(texts))
    page.get_by_role("button", name="Add to the queue").click()
    wait_for_text(page, texts[0])
    waits(page, "3 texts wait")
    assert marked(page) == [["raft", "Ship", True]]  # as it was marked before
    press(page, "Enter")
    wait_for_text(page, texts[1])
    waits(page, "2 texts wait")
    press(page, "s")
    wait_for_text(page, texts[2])
    page.reload()
    wait_for_text(page, texts[2])
    press(page, "Enter")
    expect(page.get_by_label("Next text")).to_be_focused()
    expect(page.locator("[data-do=queue-next]")).to_be_hidden()
    expected = {"raft": [("raft", "Ship")], texts[0]: [("raft", "Ship")], texts[2]: []}
    assert_becomes(lambda: saved(app.home, "queue"), expected)
    assert AnnotationSet("queue", app.home / "annotations" / "queue").read().skipped


def test_a_file_of_texts_becomes_a_queue(new_page, app, tmp_path):
    page = new_page()
    open_editor(page, "Ann left.")
    name_set(page, "File")
    page.locator(TEXT).focus()
    press(page, "Enter")
    expect(page.get_by_label("Next text")).to_be_focused()
    page.get_by_label("cut the text into").select_option("lines")
    (tmp_path / "texts.txt").write_text("Olga sails to Kobe. Soon.\nPer stays.\n")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add a file of texts").click()
    chooser.value.set_files(tmp_path / "texts.txt")
    wait_for_text(page, "Olga sails to Kobe. Soon.")
    waits(page, "2 texts wait")
    expect(page.locator(".ed-said")).to_have_text("2 new texts to annotate in File.")


@pytest.mark.alone
def test_from_nothing_to_a_model_that_suggests(new_page, app):
    page = new_page()
    open_editor(page, f"The ship reached {HARBOURS[0]} today")
    name_set(page, "Harbours")
    page.locator(TEXT).focus()
    without_types(page)
    press(page, "ArrowRight", "ArrowRight", "ArrowRight")
    new_type(page, "Harbour")
    press(page, "Enter")
    others = [f"The ship reached {harbour} today" for harbour in HARBOURS[1:]]
    page.get_by_label("Next text").fill("\n".join(others))
    page.get_by_label("cut the text into").select_option("lines")
    page.get_by_role("button", name="Add to the queue").click()
    for text in others:
        wait_for_text(page, text)
        press(page, "Home", "ArrowRight", "ArrowRight", "ArrowRight", "1", "Enter")
    expect(page.locator(".ed-count")).to_have_text(f"{len(HARBOURS)} texts saved")

    page.get_by_role("button", name="Train on these").click()
    expect(page.locator("#annotation-set input")).to_have_value("Harbours")
    expect(page.get_by_label("Encoder", exact=True)).to_have_value("starter")
    page.wait_for_selector("#data-summary >> text=Harbour")
    open_settings(page)
    open_group(page, "Encoder")
    expect(page.locator("#keep_types input")).to_be_checked()
    fill(page, "#epochs", "25")
    page.locator("#epochs").locator("input, textarea").press("Tab")
    wait_until_idle(page)
    page.click("#start")
    page.wait_for_selector("[data-status=running]")
    page.wait_for_selector("[data-status=finished]")
    (path,) = app.runs()
    report = Run(path.name, path).report
    assert report["types"] == {
        "kept": ["LOC", "MISC", "ORG", "PER"],
        "new": ["Harbour"],
        "dropped": [],
    }
    assert report["corpus"]["name"] == "harbours"

    page.click("#try-it")
    page.wait_for_selector("#text textarea:visible")
    open_editor(page, "The ship reached Odessa today")
    assert_becomes(lambda: marked(page), [["Odessa", "Harbour", True]])
    press(page, "Enter")
    assert_becomes(lambda: len(saved(app.home, "harbours")), len(HARBOURS) + 1)
    found = AnnotationSet("harbours", app.home / "annotations" / "harbours").read()
    last = list(found.decisions.values())[-1]
    assert (last.unchanged, last.model) == (True, path.name)


def test_a_set_is_changed_as_a_whole_and_each_change_is_taken_back(new_page, app):
    page = new_page()
    open_editor(page, "Ann saw the raft")
    name_set(page, "Boats")
    page.locator(TEXT).focus()
    without_types(page)
    press(page, "End")
    new_type(page, "Ship")
    press(page, "Enter")
    said = page.locator("#editor [data-part=said]")

    def in_menu():
        page.get_by_role("button", name="Set…").click()
        return page.get_by_role("dialog", name="Annotation set")

    menu = in_menu()
    expect(menu.get_by_label("Name")).to_have_value("Boats")
    menu.get_by_label("becomes").fill("Boat")
    menu.get_by_label("becomes").press("Enter")
    expect(said).to_contain_text("Ship is now Boat.")
    assert saved(app.home, "boats") == {"Ann saw the raft": [("raft", "Boat")]}
    said.get_by_role("button", name="Undo").click()
    assert_becomes(lambda: saved(app.home, "boats"), {"Ann saw the raft": [("raft", "Ship")]})

    menu = in_menu()
    menu.get_by_label("Name").fill("Vessels")
    menu.get_by_label("Name").press("Enter")
    expect(said).to_contain_text("Renamed to Vessels.")
    expect(page.get_by_label("Save to")).to_have_value("Vessels")

    menu = in_menu()
    with page.expect_download() as download:
        menu.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "boats.jsonl"
    row = json.loads(download.value.path().read_text())
    assert [span["label"] for span in row["spans"]] == ["Ship"]

    menu = in_menu()
    menu.get_by_role("button", name="Delete the set").click()
    expect(said).to_contain_text("Deleted Vessels.")
    expect(page.get_by_role("button", name="Set…")).to_be_hidden()
    expect(page.get_by_label("Next text")).to_be_focused()
    assert not (app.home / "annotations" / "boats").exists()
    said.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("Vessels is back.")
    expect(page.get_by_label("Save to")).to_have_value("Vessels")
    assert saved(app.home, "boats") == {"Ann saw the raft": [("raft", "Ship")]}
