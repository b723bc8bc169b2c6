"""The report of a run: handlers called plainly, on a run directory written by hand."""

import json
import os
import re

import gradio as gr
import pytest

from ner_core.config import TrainConfig
from ner_core.evaluation.error_analysis import TrainFacts, analyse, errors_of
from ner_core.evaluation.metrics import entity_scores
from ner_core.render.colours import EntityColours
from ner_core.runs import store
from ner_core.runs.error_log import ERROR_KINDS, write_errors
from ner_studio.report import error_index, error_list
from ner_studio.report.error_index import ALL, ErrorIndex
from ner_studio.report.panel import PAGE, ReportPanel
from tests.support.panels import build

HOSTILE = "<img src=x onerror=alert(1)>\"'${x}{{y}}"
SKIP = gr.skip()


@pytest.fixture(scope="module")
def panel():
    """Build the panel, which keeps nothing."""

    def parts():
        panel = ReportPanel()
        panel.wire()
        return panel

    return build(parts)[1]


def write_report(run, texts, gold, predicted, errors=True, analysis=True, test=True):
    """Write what a finished run leaves, from the words and tags of its validation part."""
    scores = entity_scores(gold, predicted)
    report = {"run": run.id, "validation": scores, "test": scores if test else None}
    if analysis:
        train = TrainFacts.of(texts, gold)
        explained = analyse(texts, gold, predicted, train=train, windows=[1] * len(texts))
        report["analysis"] = {"validation": explained, "test": explained}
    if errors:
        write_errors(run.errors_path, errors_of("validation", texts, gold, predicted))
    run.report_path.write_text(json.dumps(report))


def finished(name, rows, **more):
    """Make a finished run from rows "word gold predicted | word gold predicted"."""
    run = store.create(TrainConfig(), name)
    sentences = [[cell.split() for cell in row.split("|")] for row in rows]
    texts, gold, predicted = (
        [[cell[side] for cell in sentence] for sentence in sentences] for side in range(3)
    )
    write_report(run, texts, gold, predicted, **more)
    return run


MIXED = [
    "Ann B-PER B-PER | left O O",
    "Oslo B-LOC O",
    "Rome B-LOC B-ORG | is O B-MISC",
    "New B-LOC O | York B-LOC B-LOC",
    "New B-LOC B-LOC | York I-LOC O",
    "Al B-ORG B-PER | Wahda I-ORG O",
]


def named(panel, result):
    """Return what an update sends, by the component that it goes to."""
    assert set(result) <= set(panel.outputs)
    return {part.elem_id or type(part).__name__: value for part, value in result.items()}


def browsed(panel, result):
    """Return what a handler of the error browser sends, by name."""
    names = ("kind", "type", "listing", "position", "previous", "next", "page")
    parts = {getattr(panel, name): name for name in names}
    return {parts[part]: value for part, value in result.items()}


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html)).strip()


def cards(html):
    return [text_of(part) for part in html.split("<li>")[1:]]


def test_a_run_without_report_shows_nothing(panel):
    store.create(TrainConfig(), "a")
    assert panel.update("a", None) == SKIP
    assert panel.update(None, None) == SKIP
    assert panel.update("../../etc", None) == SKIP


def test_a_report_appears_once_and_then_nothing_is_sent(panel):
    finished("a", MIXED)
    first = panel.update("a", None)
    shown = named(panel, first)
    assert shown["report"]["visible"]
    assert 'aria-label="Test scores"' in shown["report-scores"]
    assert 'aria-label="Validation scores"' in shown["report-scores"]
    assert "F1 of conlleval" in shown["report-scores"]
    assert panel.update("a", first[panel.seen]) == SKIP


def test_another_run_begins_with_all_errors_and_the_first_page(panel):
    finished("a", MIXED)
    seen = panel.update("a", None)[panel.seen]
    finished("b", MIXED[:2])
    shown = named(panel, panel.update("b", seen))
    assert (shown["error-kind"]["value"], shown["error-type"]["value"]) == (ALL, ALL)
    assert text_of(shown["errors-position"]) == "Page 1 of 1 · 1 sentence"


def test_going_to_a_run_without_report_hides_the_panel(panel):
    finished("a", MIXED)
    store.create(TrainConfig(), "b")
    seen = panel.update("a", None)[panel.seen]
    result = panel.update("b", seen)
    shown = named(panel, result)
    assert shown["report"]["visible"] is False
    assert shown["report-scores"] == ""
    assert panel.update("b", result[panel.seen]) == SKIP


def test_an_id_that_is_used_again_is_another_report(panel):
    run = finished("a", MIXED)
    seen = panel.update("a", None)[panel.seen]
    run.report_path.unlink()
    for path in run.path.iterdir():
        path.unlink()
    run.path.rmdir()
    again = finished("a", MIXED[:2])
    os.utime(again.config_path, ns=(1, 1))
    assert "1 sentence" in named(panel, panel.update("a", seen))["errors-position"]


def test_kinds_and_types_are_counted(panel):
    finished("a", MIXED)
    shown = named(panel, panel.update("a", None))
    assert shown["error-kind"]["choices"] == [
        ("All (6)", ALL),
        ("Missed (2)", "missed"),
        ("Spurious (1)", "spurious"),
        ("Wrong type (1)", "wrong type"),
        ("Wrong boundary (1)", "wrong boundary"),
        ("Wrong boundary and type (1)", "wrong boundary and type"),
    ]
    assert shown["error-type"]["choices"] == [
        ("All (6)", ALL),
        ("LOC (4)", "LOC"),
        ("MISC (1)", "MISC"),
        ("ORG (2)", "ORG"),
        ("PER (1)", "PER"),
    ]
    assert cards(shown["error-list"]) == [
        "Sentence 2 · missed LOCGoldOsloLOC · missedModelOslo",
        "Sentence 3 · wrong type LOC, read as ORG · spurious MISC"
        "GoldRomeLOC isModelRomeORG · wrong type isMISC · spurious",
        "Sentence 4 · missed LOCGoldNewLOC · missed YorkLOCModelNew YorkLOC",
        "Sentence 5 · wrong boundary LOCGoldNew YorkLOCModelNewLOC · wrong boundary York",
        "Sentence 6 · wrong boundary and type ORG, read as PER"
        "GoldAl WahdaORGModelAlPER · wrong boundary and type Wahda",
    ]


def test_a_choice_filters_and_the_counts_of_the_other_one_follow(panel):
    finished("a", MIXED)
    seen = panel.update("a", None)[panel.seen]
    shown = browsed(panel, panel.choose(seen, "missed", ALL))
    assert shown["type"]["choices"] == [
        ("All (2)", ALL),
        ("LOC (2)", "LOC"),
        ("MISC (0)", "MISC"),
        ("ORG (0)", "ORG"),
        ("PER (0)", "PER"),
    ]
    # What the visitor chose is never sent back: a late answer would undo the next choice.
    assert "value" not in shown["kind"]
    assert "value" not in shown["type"]
    assert [card[:10] for card in cards(shown["listing"])] == ["Sentence 2", "Sentence 4"]
    both = browsed(panel, panel.choose(seen, "wrong type", "ORG"))
    assert cards(both["listing"])[0].startswith(
        "Sentence 3 · wrong type LOC, read as ORG · 1 more error in this text"
    )
    none = browsed(panel, panel.choose(seen, "missed", "PER"))
    assert "There is no such error." in none["listing"]
    assert text_of(none["position"]) == "Page 1 of 1 · 0 sentences"


def test_pages_are_turned_and_end(panel):
    finished("a", ["Oslo B-LOC O"] * (2 * PAGE + 1))
    seen = panel.update("a", None)[panel.seen]
    first = browsed(panel, panel.choose(seen, ALL, ALL))
    assert (first["previous"]["interactive"], first["next"]["interactive"]) == (False, True)
    assert len(cards(first["listing"])) == PAGE
    second = browsed(panel, panel.forward(seen, ALL, ALL, first["page"]))
    assert text_of(second["position"]) == "Page 2 of 3 · 21 sentences"
    assert cards(second["listing"])[0].startswith("Sentence 11 ")
    last = browsed(panel, panel.forward(seen, ALL, ALL, second["page"]))
    assert (last["previous"]["interactive"], last["next"]["interactive"]) == (True, False)
    assert len(cards(last["listing"])) == 1
    assert browsed(panel, panel.forward(seen, ALL, ALL, last["page"]))["page"] == 2
    assert browsed(panel, panel.back(seen, ALL, ALL, 0))["page"] == 0
    assert browsed(panel, panel.back(seen, ALL, ALL, 2))["page"] == 1


def test_handlers_before_a_report_is_shown_send_nothing(panel):
    assert panel.choose(None, ALL, ALL) == SKIP


def test_a_run_that_was_deleted_meanwhile(panel):
    run = finished("a", MIXED)
    seen = panel.update("a", None)[panel.seen]
    run.path.rename(run.path.with_name("gone"))
    listing = browsed(panel, panel.choose(seen, ALL, ALL))["listing"]
    assert text_of(listing) == "This run is gone: it was renamed or deleted. Choose another one."


def test_a_damaged_report_is_said_once(panel):
    finished("a", MIXED).report_path.write_text("{")
    result = panel.update("a", None)
    assert "its report.json is damaged" in named(panel, result)["report-scores"]
    assert named(panel, result)["Column"]["visible"] is False
    assert panel.update("a", result[panel.seen]) == SKIP


def test_a_report_without_analysis(panel):
    finished("a", MIXED, errors=False, analysis=False, test=False)
    shown = named(panel, panel.update("a", None))
    assert (
        "This run was made before reports explained their errors. Train again to see them."
        in shown["report-scores"]
    )
    assert "the fair one" not in shown["report-scores"]
    assert shown["Column"]["visible"] is False


def test_a_report_whose_errors_are_gone(panel):
    finished("a", MIXED, errors=False)
    shown = named(panel, panel.update("a", None))
    assert (
        "The errors cannot be listed: errors.jsonl is missing in the run’s folder."
        in shown["report-scores"]
    )
    assert shown["Column"]["visible"] is False


def test_no_errors_at_all(panel):
    finished("a", MIXED[:1])
    shown = named(panel, panel.update("a", None))
    assert (
        "No errors on validation: the model found every entity exactly, and nothing else."
        in shown["report-scores"]
    )
    assert shown["Column"]["visible"] is False


@pytest.mark.parametrize("kind", [HOSTILE, None])
def test_choices_that_the_page_does_not_offer_are_harmless(panel, kind):
    finished("a", MIXED)
    seen = panel.update("a", None)[panel.seen]
    assert "onerror" not in browsed(panel, panel.choose(seen, kind, HOSTILE))["listing"]


def test_hostile_words_and_labels_stay_text(panel):
    label = HOSTILE.replace(" ", "_")
    texts = [[HOSTILE, HOSTILE, HOSTILE], [HOSTILE]]
    gold = [[f"B-{label}", "O", "O"], [f"B-{label}"]]
    predicted = [["B-PER", "O", f"B-{label}"], ["O"]]
    write_report(store.create(TrainConfig(), "a"), texts, gold, predicted)
    result = panel.update("a", None)
    shown = named(panel, result)
    for html in (shown["report-scores"], shown["error-list"], shown["errors-position"]):
        assert "<img" not in html
        assert "${" not in html
        assert "{{" not in html
        assert "\"'" not in html
    assert "&lt;img src=x onerror" in shown["error-list"]


def test_each_cached_index_is_read_once_and_few_are_cached(panel, monkeypatch):
    read = []
    original = error_index.read_errors
    monkeypatch.setattr(
        error_index, "read_errors", lambda path: (read.append(path.parent.name), original(path))[1]
    )
    names = [f"r{number}" for number in range(error_index._MOST_CACHED + 1)]
    for name in names:
        finished(name, MIXED)
    for name in [*names, *names[1:], names[0]]:
        panel.update(name, None)
    assert read == [*names, names[0]]


def error(kind, gold, predicted):
    return {"kind": kind, "gold": gold, "predicted": predicted}


def test_an_error_with_two_types_is_found_under_both():
    row = {
        "split": "validation",
        "sentence": 0,
        "tokens": ["a"],
        "gold": [[0, 1, "LOC"]],
        "predicted": [[0, 1, "ORG"]],
        "errors": [error("wrong type", [0, 1, "LOC"], [0, 1, "ORG"])],
    }
    index = ErrorIndex([row])
    assert [index.count("wrong type", label) for label in (ALL, "LOC", "ORG", "PER")] == [
        1,
        1,
        1,
        0,
    ]
    assert index.sentences(ALL, "ORG") == [0]
    assert (index.kinds, index.types) == (["wrong type"], ["LOC", "ORG"])


def long_row(length, places):
    errors = [error("missed", [place, place + 1, "LOC"], None) for place in places]
    return {
        "split": "validation",
        "sentence": 0,
        "tokens": [f"w{number}" for number in range(length)],
        "gold": [item["gold"] for item in errors],
        "predicted": [],
        "errors": errors,
    }


def test_of_a_long_text_the_surroundings_of_errors_are_shown():
    html = error_list.error_list([long_row(10_000, [100, 110, 5000])], ALL, ALL, EntityColours())
    gold = re.findall(r'<p dir="auto">(.*?)</p>', html)[0]
    words = text_of(gold).replace("LOC · missed", "").split()
    assert (words[0], words[1], words[-2], words[-1]) == ("…", "w75", "w5025", "…")
    assert words.count("…") == 3
    assert "w135" in words
    assert "w136" not in words


def test_of_very_many_errors_the_first_are_described():
    html = error_list.error_list(
        [long_row(10_000, range(0, 10_000, 50))], ALL, ALL, EntityColours()
    )
    assert html.count("<b>missed</b>") == 8
    assert "192 more errors in this text" in html
    assert len(html) < 20_000


def test_an_endless_word_and_an_endless_entity_are_cut():
    row = long_row(2000, [0])
    row["tokens"][0] = "x" * 100_000
    row["predicted"] = [[0, 2000, "LOC"]]
    row["errors"] = [error("wrong boundary", [0, 1, "LOC"], [0, 2000, "LOC"])]
    html = error_list.error_list([row], ALL, ALL, EntityColours())
    assert "x" * 79 + "…" in html
    assert len(html) < 5000


@pytest.mark.parametrize("kind", ERROR_KINDS)
def test_each_kind_is_said_in_words(kind):
    gold = None if kind == "spurious" else [0, 1, "LOC"]
    predicted = None if kind == "missed" else [0, 1, "ORG" if "type" in kind else "LOC"]
    said = text_of(error_list.describe(error(kind, gold, predicted)))
    assert said == f"{kind} LOC" + (", read as ORG" if "type" in kind else "")


def group(support, found):
    return {"support": support, "found": found, "recall": found / support if support else 0.0}


def seen(same, other, unseen):
    return dict(
        zip(
            ("seen", "seen as another type", "unseen"),
            (group(*same), group(*other), group(*unseen)),
            strict=True,
        )
    )
