"""Runs on the real page: watched, left, stopped, resumed, explained, compared, deleted."""

import os
import re
import signal

import psutil
import pytest
from playwright.sync_api import expect

from ner_core.config import TrainConfig
from ner_core.data.corpus import load_data
from ner_core.evaluation.scoring import tag_names
from ner_core.runs import store
from ner_core.runs.run import Run
from tests.conftest import write_conll
from tests.support import toy
from tests.support.fake_runs import FakeRun
from tests.support.pages import assert_becomes, fill, open_group, open_settings, open_tab, upload

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.alone, pytest.mark.timeout(900)]

STEPS_AFTER_STOPPING = 25  # an epoch of three: those of the moment in which the click arrives
POLLS = 3  # one under way when the worker dies, one answered from a snapshot, and one that sees it
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


def start(app, page, files, epochs, **more):
    """Start a run on these files from the page; give its id."""
    open_tab(page, "Train")
    upload(page, *files)
    page.wait_for_selector("#data-summary >> text=200")
    open_settings(page)
    fill(page, "#epochs", epochs)
    fill(page, "#batch_size", "8")
    for group, settings in more.items():
        open_group(page, group)
        for name, value in settings.items():
            fill(page, f"#{name}", value)
    before = app.runs()
    page.click("#start")
    (run,) = toy.wait_for(lambda: set(app.runs()) - set(before), "a run")
    page.wait_for_selector(f"#run-status h3 >> text={run.name}")
    page.wait_for_selector("[data-status=running]")
    return run.name


def run_of(app, run):
    return Run(run, app.home / "runs" / run)


def steps(app, run, kind):
    """List the steps of a run's events of a kind."""
    return [event.step for event in run_of(app, run).events() if event.kind == kind]


def test_a_run_from_its_start_to_its_end(app, new_page, part):
    page = new_page()
    open_tab(page, "Train")
    run = start(app, page, part, "3", Scores={"evaluations": "6"})

    # Two evaluations arrive; the sentences that are watched get their marks.
    toy.wait_for(lambda: len(steps(app, run, "evaluated")) >= 2, "two evaluations", 300)
    worker = worker_of(app, run)
    os.kill(worker, signal.SIGSTOP)  # a fast machine would train to the end before Stop is clicked
    page.wait_for_selector("#run-status >> text=Best validation F1")
    page.wait_for_selector("#samples li")
    page.wait_for_selector("#scores svg path[d^=M]")

    # The same run after a reload, and in a second tab by its address.
    page.reload()
    page.wait_for_selector("[data-status=running]")
    second = new_page(query=f"?run={run}")
    second.wait_for_selector(f"#run-status >> text={run}")

    asked_at = max(steps(app, run, "progress"))
    page.click("#stop")
    page.wait_for_selector("[data-status=stopping]")
    os.kill(worker, signal.SIGCONT)
    page.wait_for_selector("[data-status=stopped]")
    (stopped_at,) = steps(app, run, "stopped")
    assert stopped_at - asked_at <= STEPS_AFTER_STOPPING
    second.wait_for_selector("[data-status=stopped]")
    second.close()
    page.wait_for_selector("text=Stopped. The best model so far was kept.")
    assert (app.home / "runs" / run / "model" / "model.safetensors").is_file()

    page.click("#resume")
    page.wait_for_selector("[data-status=running]")
    page.wait_for_selector("[data-status=finished]")
    page.wait_for_selector("#run-status .ner-facts span >> text=/^Step\\s*75 of 75$/")

    # The report, and every error in its sentence.
    page.wait_for_selector("table[aria-label='Validation scores'] >> text=All types")
    page.wait_for_selector("table[aria-label=Confusion]")
    page.wait_for_selector("#error-list >> text=PER")
    numbered = re.compile(r"All \((\d+)\).*Missed \((\d+)\)", re.DOTALL)
    expect(page.locator("#error-kind")).to_have_text(numbered)
    found = numbered.search(page.inner_text("#error-kind"))
    counts = {"All": int(found[1]), "Missed": int(found[2])}
    assert 0 < counts["Missed"] < counts["All"]
    page.locator("#error-kind label", has_text="Missed").click()
    cards = page.locator("#error-list li .what")
    assert_becomes(lambda: {"missed" in card for card in cards.all_inner_texts()}, {True})
    assert 0 < cards.count() <= min(10, counts["Missed"])

    page.click("#try-it")
    expect(page.locator("#text textarea")).to_be_focused()
    fill(page, "#text", "Angela Merkel flew to Nairobi.")
    page.wait_for_selector("#highlighted >> text=Nairobi")
    expect(page.locator("#highlighted .hl")).to_have_attribute("data-model", run)
    name = re.compile(r"^Uploaded files · \w+ · F1 0\.\d\d · (today|yesterday) ")
    expect(page.get_by_label("Model")).to_have_value(name)


def ids_of_polls(page):
    """Return the numbers by which the page calls what renews the status of its run."""
    return page.evaluate(
        """() => {
          const { components, dependencies } = window.gradio_config;
          const status = components.find(({ props }) => props.elem_id === "run-status").id;
          return dependencies.filter(({ outputs }) => outputs.includes(status)).map(({ id }) => id);
        }"""
    )


def number_called(request):
    return (request.post_data_json or {}).get("fn_index") if request.method == "POST" else None


def test_a_killed_worker_goes_on_and_a_killed_server_does_not_matter(app, new_page, part):
    page = new_page()
    run = start(app, page, part, "1", Machine={"seed": "7"})
    toy.wait_for(lambda: steps(app, run, "checkpoint"), "a checkpoint", 300)
    worker = worker_of(app, run)
    polls, poll_ids = [], ids_of_polls(page)
    page.wait_for_event("request", lambda request: number_called(request) in poll_ids)
    os.kill(worker, signal.SIGKILL)
    toy.wait_for(lambda: not run_of(app, run).is_held(), "the end of the worker", 300)
    page.on("request", lambda request: polls.append(number_called(request) in poll_ids))
    page.wait_for_selector("[data-status=interrupted]")
    assert sum(polls) <= POLLS
    page.wait_for_selector("text=The worker ended unexpectedly")
    page.click("#resume")
    page.wait_for_selector("[data-status=running]")

    # The server is killed too: the run goes on, and a new server shows it.
    app.process.kill()
    app.process.wait()
    app.start()
    page.goto(f"{app.url}?run={run}")
    page.wait_for_selector(f"#run-status >> text={run}")
    page.wait_for_selector("[data-status=finished]")
    started = [event for event in run_of(app, run).events() if event.kind == "started"]
    assert [event.data["resumed"] for event in started] == [False, True]


def worker_of(app, run):
    """Find the worker of a run: the process that writes its events."""
    events = str(app.home / "runs" / run / "events.jsonl")
    for process in psutil.Process().children(recursive=True):
        if events in {file.path for file in process.open_files()}:
            return process.pid
    raise AssertionError(f"no worker of {run}")


@pytest.fixture
def pair(app, monkeypatch):
    """Leave two finished runs of different settings in the home; give their ids."""
    monkeypatch.setenv("NER_HOME", str(app.home))
    for number, run_id in enumerate(("pair-a", "pair-b"), start=1):
        if store.exists(run_id):  # of the test before
            store.delete(store.get(run_id))
        config = TrainConfig(seed=number, epochs=number)
        fake = FakeRun(run_id, config).start(settings=config.model_dump() | {"learning_rate": 3e-4})
        fake.evaluated(50).end("finished", train_seconds=1.0)
    return ["pair-a", "pair-b"]


@pytest.fixture
def listed(new_page, pair):
    """Open the list of all runs, with the pair in it."""
    page = new_page()
    open_tab(page, "Train")
    page.wait_for_selector(row("pair-b"))
    return page


def row(run_id, does=None):
    """Return the selector of the row of a run, or of what does something in it."""
    return f'#runs-table tr[data-run="{run_id}"]' + (f' [data-do="{does}"]' if does else "")


def choose(page, run_id, item):
    """Choose something from the menu of a run, with the keyboard."""
    page.locator(row(run_id, "menu")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    while page.evaluate("document.activeElement.textContent") != item:
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def focused(page, run_id, does):
    expect(page.locator(row(run_id, does))).to_be_focused()


def test_two_runs_are_compared_and_one_is_deleted_and_brought_back(listed, pair):
    page = listed
    before = {run.id for run in store.list_runs()}
    for name in pair:  # one after the other, without waiting for what the first one does
        page.locator(row(name, "compare")).focus()
        page.keyboard.press("Space")
    page.wait_for_selector("#runs-table >> text=2 runs are compared.")
    page.wait_for_selector("#runs-compare")
    expect(page.locator("#compare-key li")).to_have_count(2)
    page.wait_for_selector("#compare-key >> text=Sample · balanced")
    page.wait_for_selector("#compare-tables >> text=seed")
    page.wait_for_selector("#compare-tables >> text=epochs")
    page.locator(row("pair-a", "compare")).uncheck()
    page.wait_for_selector("#runs-table >> text=Tick another run to compare it with this one.")
    page.wait_for_selector("#runs-compare", state="hidden")

    ids = page.eval_on_selector_all(
        "#runs-table tr[data-run]", "all => all.map(e => e.dataset.run)"
    )
    following = [*ids, *reversed(ids[:-1])][ids.index("pair-b") + 1]
    choose(page, "pair-b", "Delete")
    page.locator(row("pair-b")).wait_for(state="detached")
    focused(page, following, "menu")
    page.wait_for_selector("#runs-table >> text=Deleted Sample · balanced.")
    assert_becomes(lambda: {run.id for run in store.list_runs()}, before - {"pair-b"})

    page.reload()
    open_tab(page, "Train")
    page.get_by_role("button", name="Undo deleting Sample · balanced").press("Enter")
    focused(page, "pair-b", "menu")
    assert {run.id for run in store.list_runs()} == before
    assert page.locator("#runs-table .runs-notices p").count() == 0


def test_a_run_gets_another_name_which_is_shown_everywhere(listed):
    page, name = listed, "Menü <b>1</b> ${x} {{y}}"
    choose(page, "pair-a", "Rename")
    focused(page, "pair-a", "name")
    page.keyboard.press("Escape")
    focused(page, "pair-a", "menu")
    choose(page, "pair-a", "Rename")
    page.keyboard.type(" ")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{row('pair-a')} >> text=A run needs a name that can be seen.")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    focused(page, "pair-a", "menu")
    page.wait_for_selector(f"{row('pair-a')} >> text='{name}'")
    page.locator(row("pair-a", "open")).press("Enter")
    page.wait_for_selector(f"#run-status h3 >> text='{name}'")
    expect(page.locator("#run-status")).to_be_focused()
    expect(page.locator("#run-choice input")).to_have_value(re.compile(re.escape(name)))


def test_the_list_is_sorted_searched_and_never_wider_than_the_page(listed):
    page = listed
    names = "all => all.map(e => e.dataset.run)"

    def ids():
        shown = page.eval_on_selector_all("#runs-table tr[data-run]", names)
        return [run for run in shown if run.startswith("pair-")]

    assert ids() == ["pair-b", "pair-a"]
    sort = page.get_by_role("button", name="When", exact=True)
    sort.press("Enter")
    assert ids() == ["pair-a", "pair-b"]
    expect(page.get_by_role("columnheader", name="When")).to_have_attribute(
        "aria-sort", "ascending"
    )
    search = page.get_by_label("Search runs")
    search.fill("sample PAIR-b")
    assert ids() == ["pair-b"]
    search.fill("zebra")
    page.get_by_role("button", name="Show all runs").press("Enter")
    expect(search).to_be_focused()
    assert ids() == ["pair-a", "pair-b"]
    headers = page.locator("#runs-table th button")
    expect(headers).to_have_count(5)
    more = page.get_by_role("button", name="More columns")
    more.press("Enter")
    assert_becomes(lambda: headers.count() > 5, True)
    more.press("Enter")
    expect(headers).to_have_count(5)
    for width in (390, 768, 1400, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        # On a phone the header is there for screen readers only.
        outside = page.evaluate(
            "[...document.querySelectorAll('#runs-table :not(thead, thead *)')].filter((e) => "
            "e.getBoundingClientRect().right > innerWidth).map((e) => e.outerHTML.slice(0, 80))"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert outside == [], width


def test_the_link_of_a_deleted_run_says_so(new_page):
    page = new_page(query="?run=gone")
    page.wait_for_selector("#run-notice >> text=This run was deleted or renamed.")
