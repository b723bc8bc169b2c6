"""Runs on the real page: watched, left, stopped, resumed, explained, compared, deleted."""

import os
import re
import signal

import psutil
import pytest

from ner_core.config import TrainConfig
from ner_core.data.corpus import load_data
from ner_core.evaluation.scoring import tag_names
from ner_core.runs import store
from ner_core.runs.run import Run
from tests.conftest import write_conll
from tests.support import toy
from tests.support.fake_runs import FakeRun
from tests.support.pages import fill, open_tab, upload
from tests.support.patience import patience

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.alone]

SIZES = {"train": 200, "validation": 40, "test": 40}


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    """Write a part of the sample that trains in seconds, a file a split."""
    folder = tmp_path_factory.mktemp("part")
    sample = load_data("sample").dataset
    files = []
    for name, size in SIZES.items():
        rows = sample[name].select(range(size))
        sentences = [
            list(zip(words, tags, strict=True))
            for words, tags in zip(rows["tokens"], tag_names(rows), strict=True)
        ]
        files.append(write_conll(folder / f"{name}.conll", sentences))
    return files


def start(page, files, epochs, **more):
    """Start a run on these files from the page; give its id."""
    open_tab(page, "Train")
    if not page.get_by_label("My own files").is_checked():
        upload(page, *files)
    page.wait_for_selector("#data-summary >> text=200")
    fill(page, "#epochs", epochs)
    fill(page, "#batch_size", "8")
    for group, settings in more.items():
        if not page.locator(f"#{next(iter(settings))}").is_visible():
            heading = page.locator("#more-settings .ner-group > button", has_text=group)
            if not heading.is_visible():
                page.locator("#more-settings > button").click()
            heading.click()
        for name, value in settings.items():
            fill(page, f"#{name}", value)
    before = page.locator("#run-status h3").inner_text() if shown(page) else ""
    page.click("#start")
    page.wait_for_function(
        """before => { const title = document.querySelector('#run-status h3');
                       return title && title.innerText && title.innerText !== before; }""",
        arg=before,
    )
    page.wait_for_selector("[data-status=running]", timeout=150_000)
    return page.locator("#run-status h3").inner_text().split("\n")[-1].strip()


def shown(page):
    return page.locator("#run-status h3").is_visible()


def fact(page, name):
    """Give a figure of the shown run, such as "12 of 40"."""
    facts = page.locator("#run-status .ner-facts span").all_inner_texts()
    found = [text.removeprefix(name).strip() for text in facts if text.startswith(name)]
    return found[0] if found else None


def evaluations(app, run):
    return (app.home / "runs" / run / "events.jsonl").read_text().count('"kind": "evaluated"')


@pytest.mark.timeout(600)
def test_a_run_from_its_start_to_its_end(app, new_page, part):
    page = new_page()
    open_tab(page, "Train")
    run = start(page, part, "3", Scores={"evaluations": "6"})

    # Two evaluations arrive; the sentences that are watched get their marks.
    toy.wait_for(lambda: evaluations(app, run) >= 2, "two evaluations", seconds=90)
    page.wait_for_selector("#run-status >> text=Best validation F1")
    page.wait_for_selector("#samples li")
    page.wait_for_selector("#scores canvas, #scores svg")

    # The same run after a reload, and in a second tab by its address.
    page.reload()
    page.wait_for_selector("[data-status=running]")
    second = new_page(query=f"?run={run}")
    second.wait_for_selector(f"#run-status >> text={run}")

    stopped_within = patience(10)
    page.click("#stop")
    page.wait_for_selector("[data-status=stopped]", timeout=stopped_within * 1000)
    second.wait_for_selector("[data-status=stopped]")
    second.close()
    page.wait_for_selector("text=Stopped; the best model so far was kept.")
    assert (app.home / "runs" / run / "model" / "model.safetensors").is_file()

    page.click("#resume")
    page.wait_for_selector("[data-status=running]", timeout=150_000)
    page.wait_for_selector("[data-status=finished]", timeout=120_000)
    assert fact(page, "Step") == "75 of 75"

    # The report, and every error in its sentence.
    page.wait_for_selector("table[aria-label='Validation scores'] >> text=All types")
    page.wait_for_selector("table[aria-label=Confusion]")
    page.wait_for_selector("#error-list >> text=PER")
    counts = {
        name: int(re.search(rf"{name} \((\d+)\)", page.inner_text("#error-kind"))[1])
        for name in ("All", "Missed")
    }
    assert 0 < counts["Missed"] < counts["All"]
    page.locator("#error-kind label", has_text="Missed").click()
    cards = page.locator("#error-list li .what")
    toy.wait_for(
        lambda: all("missed" in card for card in cards.all_inner_texts()), "the missed entities"
    )
    assert 0 < cards.count() <= min(10, counts["Missed"])

    page.click("#try-it")
    fill(page, "#text", "Angela Merkel flew to Nairobi.")
    page.wait_for_selector("#highlighted >> text=Nairobi")
    assert run in page.get_by_label("Model").input_value()


@pytest.mark.timeout(600)
def test_a_killed_worker_goes_on_and_a_killed_server_does_not_matter(app, new_page, part):
    page = new_page()
    run = start(page, part, "1", Machine={"seed": "7"})
    toy.wait_for(
        lambda: '"kind": "checkpoint"' in (app.home / "runs" / run / "events.jsonl").read_text(),
        "a checkpoint",
    )
    worker = worker_of(app.home / "runs" / run)
    noticed_within = patience(5)
    os.kill(worker, signal.SIGKILL)
    page.wait_for_selector("[data-status=interrupted]", timeout=noticed_within * 1000)
    page.wait_for_selector("text=The worker ended without a word")
    page.click("#resume")
    page.wait_for_selector("[data-status=running]", timeout=150_000)

    # The server is killed too: the run goes on, and a new server shows it.
    app.process.kill()
    app.process.wait()
    app.start()
    page.goto(f"{app.url}?run={run}")
    page.wait_for_selector(f"#run-status >> text={run}")
    page.wait_for_selector("[data-status=finished]", timeout=120_000)
    started = [event for event in run_of(app, run).events() if event.kind == "started"]
    assert [event.data["resumed"] for event in started] == [False, True]


def run_of(app, run):
    return Run(run, app.home / "runs" / run)


def worker_of(run):
    """Find the worker of a run among the processes."""
    for process in psutil.process_iter(["cmdline"]):
        arguments = process.info["cmdline"] or []
        if "worker" in arguments and str(run) in arguments:
            return process.pid
    raise AssertionError(f"no worker of {run}")


@pytest.fixture
def pair(app, monkeypatch):
    """Leave two finished runs of different settings in the home; give their ids."""
    monkeypatch.setenv("NER_HOME", str(app.home))
    for number, run_id in enumerate(("pair-a", "pair-b"), start=1):
        config = TrainConfig(seed=number, epochs=number)
        fake = FakeRun(run_id, config).start(settings=config.model_dump() | {"learning_rate": 3e-4})
        fake.evaluated(50).end("finished", train_seconds=1.0)
    return ["pair-a", "pair-b"]


@pytest.mark.timeout(180)
def test_two_runs_are_compared_and_one_is_deleted(new_page, pair):
    page = new_page()
    open_tab(page, "Train")

    def row(name):
        return page.locator("#runs-table .virtual-row", has_text=name)

    before = {run.id for run in store.list_runs()}
    for name in pair:  # one after the other, without waiting for what the first one does
        row(name).locator('[data-col="1"]').click()
    page.wait_for_selector("#runs-picked >> text=2 runs are selected")
    page.wait_for_selector("#runs-compare")
    for name in pair:
        page.wait_for_selector(f"#compare-key >> text={name}")
    page.wait_for_selector("#compare-tables >> text=seed")
    assert "epochs" in page.inner_text("#compare-tables").lower()

    row("pair-a").locator('[data-col="1"]').click()
    page.wait_for_selector("#runs-picked >> text=Selected: pair-b")
    page.click("#runs-delete")
    page.wait_for_selector("#runs-question >> text=Delete")
    page.click("#runs-delete-yes")
    row("pair-b").wait_for(state="detached")
    assert {run.id for run in store.list_runs()} == before - {"pair-b"}
