"""The threshold with the best F1."""

import pytest

from ner_core.evaluation.thresholds import best_threshold

GOLD = ["B-PER", "I-PER", "O", "B-LOC"]


def test_a_threshold_that_hides_what_is_wrong_is_found():
    found = ["B-PER", "I-PER", "B-ORG", "B-LOC"]
    # The person has the mean of its words: 0.75.
    assert best_threshold([GOLD], [found], [[0.9, 0.6, 0.62, 0.8]]) == {
        "best_f1": 0.65,
        "f1": 1.0,
        "f1_of_all": 0.8,
    }


def test_an_entity_with_exactly_this_score_stays():
    gold, found = [["B-PER", "O"]], [["B-PER", "B-LOC"]]
    assert best_threshold(gold, found, [[0.5, 0.49]])["best_f1"] == 0.5


def test_what_is_right_is_not_hidden():
    chosen = best_threshold([GOLD], [GOLD], [[0.1, 0.1, 0.9, 0.1]])
    assert chosen == {"best_f1": 0.0, "f1": 1.0, "f1_of_all": 1.0}


@pytest.mark.parametrize(("wrong", "best"), [(4, 0.55), (1, 0.0)])
def test_less_than_one_point_is_no_reason_to_hide_entities(wrong, best):
    # 100 right ones: with one wrong one the F1 is 0.995, with four it is 0.980.
    gold = [["B-PER"]] * 100 + [["O"]] * wrong
    found = [["B-PER"]] * (100 + wrong)
    scores = [[0.9]] * 100 + [[0.52]] * wrong
    chosen = best_threshold(gold, found, scores)
    assert chosen["best_f1"] == best
    assert chosen["f1_of_all"] == pytest.approx(200 / (200 + wrong))
    assert chosen["f1"] == (1.0 if best else chosen["f1_of_all"])


def test_without_entities_there_is_nothing_to_choose():
    nothing = {"best_f1": 0.0, "f1": 0.0, "f1_of_all": 0.0}
    assert best_threshold([], [], []) == nothing
    assert best_threshold([["O"]], [["O"]], [[0.4]]) == nothing
    assert best_threshold([["O"]], [["B-PER"]], [[0.4]]) == nothing
