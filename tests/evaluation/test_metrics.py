import socket
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from ner_core.evaluation.evaluate_metric import StrictEntityMetric
from ner_core.evaluation.metrics import Counts, entity_scores, span_scores

TAGS = st.sampled_from(["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
PAIRS = st.lists(st.lists(st.tuples(TAGS, TAGS), max_size=8), min_size=1, max_size=5).map(
    lambda rows: (
        [[gold for gold, _ in row] for row in rows],
        [[found for _, found in row] for row in rows],
    )
)


def headline(scores):
    return tuple(round(scores[key], 4) for key in ("precision", "recall", "f1", "f1_lenient"))


@pytest.mark.parametrize(
    ("gold", "found", "scores"),
    [
        ("B-PER I-PER O", "B-PER I-PER O", (1, 1, 1, 1)),
        ("B-PER I-PER O", "B-PER O O", (0, 0, 0, 0)),
        ("B-PER I-PER O", "B-LOC I-LOC O", (0, 0, 0, 0)),
        ("B-PER I-PER O", "O O O", (0, 0, 0, 0)),
        ("O O O", "B-PER O O", (0, 0, 0, 0)),
        ("O O O", "O O O", (0, 0, 0, 0)),
        ("B-PER I-PER O", "I-PER I-PER O", (0, 0, 0, 1)),
        ("B-PER O B-LOC", "B-PER O I-LOC", (1, 0.5, 0.6667, 1)),
        ("B-PER O B-LOC", "B-PER B-LOC B-LOC", (0.6667, 1, 0.8, 0.8)),
        ("B-PER B-PER", "B-PER I-PER", (0, 0, 0, 0)),
        ("B-PER I-LOC", "B-PER O", (1, 1, 1, 0.6667)),
    ],
)
def test_scores_worked_out_by_hand(gold, found, scores):
    assert headline(entity_scores([gold.split()], [found.split()])) == scores


def test_every_key_of_a_case_worked_out_by_hand():
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-LOC"]]
    found = [["B-PER", "I-PER", "O", "O"], ["B-ORG", "B-LOC"]]
    assert entity_scores(gold, found) == {
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(2 / 3),
        "f1_lenient": pytest.approx(2 / 3),
        "accuracy": pytest.approx(4 / 6),
        "support": 3,
        "sentences": 2,
        "per_type": {
            "LOC": {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "support": 2},
            "ORG": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0},
            "PER": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1},
        },
    }


@pytest.mark.parametrize("rows", [[[]], [[], []], [["O"]]])
def test_nothing_to_score_is_zero(rows):
    assert entity_scores(rows, rows) == {
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "f1_lenient": 0.0,
        "accuracy": 1.0 if any(rows) else 0.0,
        "support": 0,
        "sentences": len(rows),
        "per_type": {},
    }


def test_an_empty_sentence_does_not_disturb_the_others():
    with_empty = entity_scores([[], ["B-PER"]], [[], ["B-PER"]])
    assert {**with_empty, "sentences": 1} == entity_scores([["B-PER"]], [["B-PER"]])


@pytest.mark.parametrize(
    ("gold", "found"),
    [
        ([["O"]], []),
        ([], [["O"]]),
        ([["O", "O"]], [["O"]]),
        ([["O"], ["O", "O"]], [["O", "O"], ["O"]]),
    ],
)
def test_different_lengths_are_a_value_error(gold, found):
    with pytest.raises(ValueError, match=r"^references and predictions have different lengths$"):
        entity_scores(gold, found)


def test_types_with_dashes_stay_whole():
    tags = [["B-creative-work", "I-creative-work", "B-R&D"]]
    assert set(entity_scores(tags, tags)["per_type"]) == {"creative-work", "R&D"}


@pytest.mark.slow
@settings(max_examples=150)
@given(PAIRS)
def test_scores_agree_with_seqeval_in_its_strict_mode(pair):
    gold, found = pair
    scores = entity_scores(gold, found)
    if not scores["per_type"]:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = classification_report(
            gold, found, mode="strict", scheme=IOB2, output_dict=True, zero_division=0
        )
    names = {"precision": "precision", "recall": "recall", "f1": "f1-score", "support": "support"}
    micro = report["micro avg"]
    for ours, theirs in names.items():
        assert scores[ours] == pytest.approx(micro[theirs])
        for label, row in scores["per_type"].items():
            assert row[ours] == pytest.approx(report[label][theirs])
    assert set(report) - set(scores["per_type"]) == {"micro avg", "macro avg", "weighted avg"}


@given(PAIRS)
def test_gold_against_itself_is_perfect_or_nothing(pair):
    gold, _ = pair
    scores = entity_scores(gold, gold)
    assert scores["f1"] == (1.0 if scores["support"] else 0.0)


@pytest.mark.parametrize(
    ("counts", "scores"),
    [
        (Counts(), (0.0, 0.0, 0.0)),
        (Counts(1, 1, 1), (1.0, 1.0, 1.0)),
        (Counts(1, 2, 4), (0.5, 0.25, 1 / 3)),
        (Counts(0, 0, 3), (0.0, 0.0, 0.0)),
        (Counts(0, 3, 0), (0.0, 0.0, 0.0)),
    ],
)
def test_counts_become_scores(counts, scores):
    assert tuple(counts.scores().values()) == pytest.approx(scores)


def test_counts_add():
    assert Counts(1, 2, 3).plus(Counts(10, 20, 30)) == Counts(11, 22, 33)


def test_spans_are_scored_exactly_in_span_and_type():
    gold = [[(0, 3, "PER"), (5, 9, "LOC")], [(0, 4, "LOC")], []]
    found = [[(0, 3, "PER"), (5, 8, "LOC")], [(0, 4, "PER")], [(1, 2, "ORG")]]
    assert span_scores(gold, found) == {
        "precision": 0.25,
        "recall": pytest.approx(1 / 3),
        "f1": pytest.approx(2 / 7),
        "support": 3,
        "per_type": {
            "LOC": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 2},
            "ORG": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0},
            "PER": {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "support": 1},
        },
    }


def test_a_span_counts_once_however_often_it_is_given():
    assert span_scores([[(0, 1, "A")]], [[(0, 1, "A"), (0, 1, "A")]])["f1"] == 1.0


def test_no_spans_score_zero():
    nothing = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0, "per_type": {}}
    assert span_scores([], []) == nothing
    assert span_scores([[]], [[]]) == nothing


def test_spans_of_different_numbers_of_texts_are_a_value_error():
    with pytest.raises(ValueError, match="zip"):
        span_scores([[]], [])


def test_these_tests_cannot_reach_the_network():
    with socket.socket() as outside, pytest.raises(AssertionError) as caught:
        outside.connect(("192.0.2.1", 443))
    assert str(caught.value) == "a test connects to ('192.0.2.1', 443)"


@settings(max_examples=20)
@given(PAIRS.filter(lambda pair: any(pair[0])))
def test_the_metric_object_gives_the_entity_scores(pair):
    gold, found = pair
    computed = StrictEntityMetric().compute(references=gold, predictions=found)
    assert computed == entity_scores(gold, found)


def test_the_metric_object_takes_batches():
    metric = StrictEntityMetric()
    metric.add_batch(references=[["B-PER"], ["O"]], predictions=[["B-PER"], ["O"]])
    metric.add(reference=["B-LOC"], prediction=["O"])
    assert metric.compute() == entity_scores(
        [["B-PER"], ["O"], ["B-LOC"]], [["B-PER"], ["O"], ["O"]]
    )


def test_no_sentences_score_zero():
    scores = entity_scores([], [])
    assert (scores["f1"], scores["support"], scores["sentences"]) == (0.0, 0, 0)
