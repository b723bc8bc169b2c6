import asyncio
import re
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.blocks import Block

from ner_core.config import TrainConfig
from ner_core.errors import RunError
from ner_core.jobs import submit
from ner_core.render.colours import PALETTE
from ner_core.runs import store
from ner_studio.base import charts, polling
from ner_studio.base.times import when
from ner_studio.state import snapshots
from ner_studio.state.predictors import importing
from ner_studio.watch import log_panel
from ner_studio.watch.panel import WatchPanel
from ner_studio.watch.sample_sentences import sample_sentences
from ner_studio.watch.status import status_value
from tests.support.fake_runs import FakeRun
from tests.support.panels import build

HOSTILE = "<img src=x onerror=alert(1)>${alert(2)}{{value}}"


@pytest.fixture(scope="module")
def panel():
    """Build the panel, which keeps nothing."""

    def parts():
        panel = WatchPanel()
        panel.wire()
        return panel

    return build(parts)[1]


@pytest.fixture
def at_work():
    fake = FakeRun()
    yield fake
    fake.end()


def renewed(run_id="at-work"):
    snapshots.SHARED.current(renew=True)
    return snapshots.SHARED.find(run_id)


def poll(panel, run_id, status=None):
    return asyncio.run(panel.poll(run_id, status))


def lines_of(chart):
    return {line["name"]: line["points"] for line in chart["series"]}


def staged(panel, run_id, types=()):
    parts = vars(panel) | vars(panel.next)
    names = {part: name for name, part in parts.items() if isinstance(part, Block)}
    shown = panel.show_stage(run_id, list(types))
    assert [*shown] == panel.staged or run_id is None
    return {names[part]: update for part, update in shown.items()}


def message(run_id="at-work"):
    shown = status_value(renewed(run_id).view)["message"]
    return re.sub(r"<[^>]+>", "", shown)


def test_without_runs_the_page_says_how_to_start_one(panel):
    assert poll(panel, None) == (gr.skip(), gr.skip(), "", "none", polling.IDLE)
    shown = staged(panel, None)
    assert shown["empty"]["visible"]
    assert not shown["panel"]["visible"]
    assert panel.show_evaluation(None, []) == gr.skip()
    assert panel.show_lines(None, []) == gr.skip()


def test_the_status_has_all_figures_of_a_run_at_work(panel, at_work):
    at_work.start().progress(25).evaluated(25, 0.5).progress(50).evaluated(50, 0.25, best=False)
    renewed()
    status, loss, _, _, interval = poll(panel, "at-work")
    assert interval == 1.0
    facts = re.findall(r"<span>(.*?) <b>(.*?)</b></span>", status["facts"])
    assert dict(facts) == {
        "Step": "50 of 100",
        "Epoch": "1.0 of 2",
        "Time left": "1 min 35 s",
        "Speed": "61 windows/s",
        "Validation F1 now": "0.250",
        "Best validation F1": "0.500 at step 25",
    }
    assert (status["status"], status["percent"], status["message"]) == ("running", "50.0", "")
    assert lines_of(loss) == {
        "training": [[25, 0.5], [50, 0.5]],
        "validation": [[25, 0.25], [50, 0.25]],
    }
    assert loss["said"] == "Chart of the loss; newest values: training 0.500, validation 0.250."
    assert loss["until"] == 100
    shown = staged(panel, "at-work")
    assert shown["stop"]["interactive"]
    assert not shown["resume"]["visible"]
    assert not shown["try_it"]["visible"]


def test_a_poll_skips_what_the_page_shows_already(panel, at_work):
    at_work.start().progress(25)
    renewed()
    status, _, *keys = poll(panel, "at-work")
    assert poll(panel, "at-work", status) == (gr.skip(), gr.skip(), *keys)
    at_work.progress(26)
    renewed()
    moved = poll(panel, "at-work", status)
    assert "26 of 100" in moved[0]["facts"]
    assert [*moved[2:]] == keys
    at_work.evaluated(26)
    renewed()
    _, _, evaluated, stage, _ = poll(panel, "at-work", moved[0])
    assert evaluated != keys[0]
    assert stage == keys[1]
    at_work.run.stop_path.touch()
    renewed()
    assert poll(panel, "at-work", moved[0])[3] != stage


def test_an_empty_poll_after_another_server_shows_all_again(panel, at_work):
    at_work.start()
    renewed()
    status, *_ = poll(panel, "at-work", {"key": "at-work:1"})
    assert status["status"] == "running"


def test_a_run_that_waits_names_the_other_one_and_leads_to_it(at_work):
    at_work.events.append("queued", data={"waiting_for": "the-first"})
    assert message() == "Waiting for the-first: one run trains at a time."
    value = status_value(renewed().view)
    assert '<a href="?run=the-first"><bdi>the-first</bdi></a>' in value["message"]


def test_a_run_that_waits_shows_the_name_of_the_other_one(at_work):
    store.rename(FakeRun("first").end(), "<b> first")
    at_work.events.append("queued", data={"waiting_for": "first"})
    value = status_value(renewed().view)
    assert '<a href="?run=first"><bdi>&lt;b&gt; first</bdi></a>' in value["message"]


def test_a_run_that_waits_for_that_of_another_visitor_leads_nowhere(at_work):
    at_work.events.append("queued", data={"waiting_for": store.ANOTHER})
    assert message() == "Waiting for another run: one run trains at a time."
    assert "<a" not in status_value(renewed().view)["message"]


def test_names_in_a_log_are_shown_as_text(at_work):
    at_work.events.append("queued", data={"waiting_for": HOSTILE})
    value = status_value(renewed().view)
    assert "<img" not in value["message"]
    assert "${" not in value["message"]
    assert '"?run=%3Cimg' in value["message"]


def test_a_resumed_run_says_what_it_does_again(at_work):
    at_work.start().progress(50)
    at_work.start(step=40, resumed=True, repeats_to=50)
    assert message() == "Resumed: it repeats steps 41 to 50, then continues."
    at_work.progress(51)
    assert message() == ""


@pytest.mark.parametrize("kept", [True, False])
def test_a_stopped_run_can_be_resumed_and_tried_if_there_is_a_model(panel, kept):
    fake = FakeRun().start().progress(3)
    run = fake.end("stopped", best_step=None, f1=None)
    if kept:
        run.model_dir.mkdir()
    sentence = (
        "Stopped. The best model so far was kept."
        if kept
        else "Stopped before there was a model to keep."
    )
    assert message() == sentence
    shown = staged(panel, "at-work")
    assert shown["resume"]["visible"]
    assert shown["try_it"]["visible"] == kept
    assert not shown["stop"]["visible"]


def test_a_run_that_is_being_stopped_says_so(panel, at_work):
    at_work.start().run.stop_path.touch()
    assert message() == "It stops after the current step and keeps the best model so far."
    assert not staged(panel, "at-work")["stop"]["interactive"]


def test_a_run_that_has_not_started_shows_no_charts(panel, at_work):
    assert message() == "The worker is reading the data and loading the encoder."
    assert not staged(panel, "at-work")["curves"]["visible"]


def test_a_finished_model_that_is_scored_says_so(panel, at_work):
    at_work.start(sentences={"train": 9, "validation": 3, "test": 3}).progress(100)
    assert "Time left" not in status_value(renewed().view)["facts"]
    at_work.events.append("checkpoint", 100, {"done": True})
    assert message() == "Scoring the finished model on validation and test …"
    at_work.run.stop_path.touch()
    assert message() == "It stops after the current step and keeps the best model so far."


def test_a_run_is_renamed_in_its_heading(panel, at_work):
    at_work.start()
    named = SimpleNamespace(run="at-work", name=f"Menus {HOSTILE}")
    assert panel.rename(named) == ""
    value = status_value(renewed().view)
    assert "<img" not in value["title"]
    assert at_work.run.title == f"Menus {HOSTILE}"
    assert "A run needs a name that can be seen." in panel.rename(
        SimpleNamespace(run="at-work", name=" ")
    )
    assert "There is no run" in panel.rename(SimpleNamespace(run="gone", name="x"))
    assert "Choose one in the list of runs." in panel.rename(SimpleNamespace())


def test_a_run_is_tried_with_its_own_sentences(panel, at_work):
    assert panel.texts_of("at-work") == []
    at_work.start()
    renewed()
    assert panel.texts_of("at-work") == ["Ann <b> met Bo Li in New York ."]


def test_the_files_of_a_run_are_offered(panel, at_work):
    at_work.start()
    shown, said = panel.next.offer_files("at-work")
    assert (shown["visible"], shown["label"], said) == (True, "Files of Sample · balanced", "")
    assert [Path(file).name for file in shown["value"]] == ["events-at-work.jsonl"]
    hidden, said = panel.next.offer_files("gone")
    assert not hidden["visible"]
    assert "There is no run" in said


def test_a_failed_run_says_why_and_can_be_resumed(panel):
    FakeRun().start().end("failed", message=f"It cannot go on: {HOSTILE}")
    assert message() == (
        "It cannot go on: &lt;img src=x onerror=alert(1)&gt;&#36;&#123;alert(2)}&#123;&#123;value}}"
    )
    assert staged(panel, "at-work")["resume"]["visible"]


def test_an_interrupted_run_says_why_and_can_be_resumed(panel):
    FakeRun().start().progress(5).end()
    view = renewed().view
    assert view.status == "interrupted"
    assert message() == view.message
    assert staged(panel, "at-work")["resume"]["visible"]


def test_a_finished_run_can_be_tried_published_and_downloaded(panel):
    fake = FakeRun().start().evaluated(50, 0.75)
    fake.evaluated(100, 0.8, final=True)
    fake.run.model_dir.mkdir()
    fake.end("finished", train_seconds=65)
    view = renewed().view
    facts = status_value(view)["facts"]
    assert "<span>Trained in <b>1 min 5 s</b></span>" in facts
    assert status_value(view)["percent"] == "100.0"
    shown = staged(panel, "at-work")
    assert all(shown[name]["visible"] for name in ("try_it", "publish", "download"))
    assert not shown["resume"]["visible"]
    time = when(view.run.created_ns())
    assert shown["run"]["choices"] == [(f"Sample · balanced · F1 0.80 · {time}", "at-work")]


def test_a_run_that_is_gone_makes_place_for_the_newest(panel, at_work):
    renewed()
    assert poll(panel, "gone")[0]["id"] == "at-work"
    assert staged(panel, "gone")["run"]["value"] == "at-work"
    assert "value" not in staged(panel, "at-work")["run"]


def test_types_are_switched_on_and_off(panel, at_work):
    at_work.start().evaluated(10, 0.5)
    renewed()
    assert staged(panel, "at-work", ["PER", "GONE"])["types"] == gr.update(
        choices=["LOC", "PER"], value=["PER"], visible=True
    )
    plain = panel.show_lines("at-work", [])
    assert lines_of(plain) == {key: [[10, 0.5]] for key in ("F1", "precision", "recall")}
    lines = panel.show_lines("at-work", ["PER"])
    assert lines["series"][3:] == [
        {"name": "PER", "colour": "#0072b2", "weight": "thin", "points": [[10, 0.5]]}
    ]
    assert panel.show_evaluation("at-work", ["PER"])[panel.scores] == lines


def test_f1_is_the_strongest_line(at_work):
    at_work.start()
    drawn = charts.scores(renewed().view, ["LOC"])["series"]
    assert [line["name"] for line in drawn if line["weight"] == charts.STRONG] == ["F1"]
    assert {line["name"]: line["points"] for line in drawn} == {
        key: [] for key in ("F1", "precision", "recall", "LOC")
    }


def test_a_type_has_one_colour_in_its_line_and_in_its_marks(panel, at_work):
    names = ["O", "B-Chemical", "I-Chemical", "B-Disease", "I-Disease"]
    sample = {"tokens": ["x", "y"], "gold": [[0, 1, "Chemical"], [1, 2, "Disease"]]}
    at_work.start(label_names=names, samples=[sample])
    marked = re.findall(r"ner-c(\d)", sample_sentences(renewed().view))
    chemical, disease = panel.show_lines("at-work", ["Chemical", "Disease"])["series"][3:]
    colours = [chemical["colour"], disease["colour"]]
    assert colours == [PALETTE[int(number)].line for number in marked]
    assert marked[0] != marked[1]
    (alone,) = panel.show_lines("at-work", ["Disease"])["series"][3:]
    assert alone["colour"] == disease["colour"]


def test_a_type_may_be_called_as_a_score(at_work):
    at_work.start(label_names=["O", "B-F1"])
    at_work.evaluated(1, 0.3, per_type={"F1": {"f1": 0.9, "support": 3}})
    lines = lines_of(charts.scores(renewed().view, ["F1"]))
    assert lines["F1 F1"] == [[1, 0.9]]
    assert lines["F1"] == [[1, 0.3]]


@pytest.mark.parametrize("count", [0, 1, 398, 399, 400, 401, 799, 100_000])
def test_a_line_has_a_bounded_number_of_points_that_stay(count):
    points = [(step,) for step in range(count)]
    kept = charts.thin(points)
    assert len(kept) <= charts.MOST_POINTS
    assert kept[-1:] == points[-1:]
    if count < charts.MOST_POINTS:
        assert kept == points
    assert set(charts.thin(points[:-1])[:-1]) <= set(points)
    # Drawn before and still there, up to the last point: a line does not tremble as it grows.
    before = charts.thin(points[: count - count // 10])[:-1]
    assert set(before[::2]) <= set(kept)


def test_a_value_that_is_not_there_is_no_point(at_work):
    at_work.start().evaluated(5, loss=None).evaluated(10)
    assert lines_of(charts.losses(renewed().view))["validation"] == [[10, 0.25]]


def plain(html):
    text = re.sub(r"<small>(.*?)</small>", r"[\1]", html)
    return re.sub(r"<mark class=\"(\w+)[^>]*>(.*?)</mark>", r"(\1: \2)", text)


def test_sample_sentences_show_what_is_right_wrong_and_missed(panel, at_work):
    at_work.start().evaluated(10)
    renewed()
    html = panel.show_evaluation("at-work", [])[panel.samples]
    assert "As of step 10. 1 of 3 entities found." in html
    assert (
        "(right: Ann[PER ✓]) &lt;b&gt; met (wrong: Bo[PER ✗ it is Bo Li PER]) Li in "
        "(missed: New York[LOC missed]) ." in plain(html)
    )


def test_sample_sentences_before_the_first_evaluation_show_what_is_to_be_found(at_work):
    at_work.start()
    html = sample_sentences(renewed().view)
    assert "Before the first evaluation: the marks are the entities to find." in html
    assert "(missed: New York[LOC])" in plain(html)


def test_a_wrong_type_a_spurious_entity_and_hostile_words():
    sentence = {
        "tokens": [HOSTILE, "and", "Oslo"],
        "gold": [[2, 3, "<i>"]],
        "predicted": [[0, 1, "PER"], [2, 3, "PER"]],
    }
    view = SimpleNamespace(samples=[sentence], evaluations=[{"step": 1_000}], types=["PER"])
    html = sample_sentences(view)
    assert "<img" not in html
    assert "${" not in html
    assert "[PER ✗]) and (wrong: Oslo[PER ✗ it is &lt;i&gt;])" in plain(html)
    assert "As of step 1,000. 0 of 1 entities found." in html
    assert sample_sentences(SimpleNamespace(samples=[])) == ""


def test_the_log_shows_the_last_lines_and_reads_no_more(at_work, monkeypatch):
    lines = [f"line {number} <b>" for number in range(200_000)]
    at_work.run.log_path.write_bytes("\n".join(lines).encode() + b"\xff\n")
    reads = []
    monkeypatch.setattr(log_panel.Path, "open", lambda path, mode: _counted(path, mode, reads))
    shown = log_panel.show("at-work").split("\n")
    assert len(shown) == log_panel.LAST_LINES - 1  # the file ends with a line break
    assert shown[0] == "line 199961 &lt;b&gt;"
    assert shown[-1] == "line 199999 &lt;b&gt;�"
    assert reads == [log_panel._MOST_BYTES]
    assert log_panel.show("at-work").split("\n") == shown
    assert len(reads) == 1


def _counted(path, mode, reads):
    file = open(path, mode)  # noqa: PTH123, SIM115 # Path.open is what is replaced

    class Counted:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            file.close()

        def seek(self, place):
            file.seek(place)

        def read(self, size):
            reads.append(size)
            return file.read(size)

    return Counted()


def test_without_a_log_the_last_events_are_told(at_work):
    assert log_panel.show("at-work") == "Nothing has been logged yet."
    at_work.start().progress(5, loss=0.25).evaluated(5)
    with at_work.run.events_path.open("a") as file:
        file.write("[1]\nnot json\n")
    shown = log_panel.show("at-work").split("\n")
    assert [re.sub(r"^\d\d:\d\d:\d\d  ", "", line) for line in shown] == [
        "step 0: started",
        "step 5: progress, loss 0.2500",
        "step 5: evaluated, loss 0.2500, f1 0.5000",
    ]
    assert log_panel.show("gone") == log_panel.show(None) == ""


def test_the_address_names_the_run_to_open(panel, at_work):
    def opened(**query):
        return panel.open(SimpleNamespace(query_params=query))

    assert opened() == gr.skip()
    shown = opened(run="at-work")
    assert (shown[panel.run]["value"], shown[panel.notice]) == ("at-work", "")
    shown = opened(run="../" + HOSTILE)
    assert [*shown] == [panel.notice]
    assert shown[panel.notice] == (
        '<p class="ner-warning" role="status">This run was deleted or renamed. Choose another run '
        "in the list, or start a new one.</p>"
    )


def test_a_run_too_old_for_the_list_is_offered_when_it_is_chosen(panel, at_work, monkeypatch):
    monkeypatch.setattr(snapshots, "MAX_CHOICES", 1)
    newer = FakeRun("newer")
    choices = panel.choose("at-work")[panel.run]["choices"]
    assert [run_id for _, run_id in choices] == ["newer", "at-work"]
    label = f"Sample · balanced · starting · {when(newer.run.created_ns())}"
    assert choices[0][0] in (label, f"{label} · newer")  # with the id if the labels are the same
    assert poll(panel, "at-work")[0]["id"] == "at-work"
    newer.end()


def test_stop_and_resume_act_on_the_run_or_say_why_not(panel, at_work, monkeypatch):
    assert panel.stop_run("at-work") == ""
    assert at_work.run.stop_path.exists()
    assert "There is no run &#x27;gone&#x27;" in panel.stop_run("gone")
    resumed = []
    monkeypatch.setattr(submit, "resume", resumed.append)
    assert panel.resume_run("at-work") == ""
    assert resumed == [store.get("at-work")]

    def refuse(run):
        raise RunError(f"Run <{run.id}> is at work. Stop it first.")

    monkeypatch.setattr(submit, "resume", refuse)
    assert panel.resume_run("at-work") == (
        '<p class="ner-error" role="alert">Run &lt;at-work&gt; is at work. Stop it first.</p>'
    )


@pytest.mark.parametrize(
    ("values", "locked"),
    [
        ({}, True),
        ({"data": "hub:me/data"}, False),
        ({"model": "hub:me/encoder"}, False),
        ({"model": "me/encoder"}, False),
    ],
)
def test_a_hub_that_does_not_answer_holds_nobody_else_up_when_a_run_is_resumed(
    panel, monkeypatch, values, locked
):
    """On ZeroGPU resuming looks at data and model; ``importing`` is not held while the Hub may."""
    FakeRun("mine", TrainConfig.from_values(values)).start().end("stopped")
    held = []
    monkeypatch.setattr(submit, "resume", lambda _: held.append(importing.locked()))
    assert panel.resume_run("mine") == ""
    assert held == [locked]
