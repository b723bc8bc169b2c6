"""95 % intervals of scores: known answers, how often they hold the truth, and their cost."""

import random

import numpy as np
import pytest

from ner_core.evaluation.intervals import intervals, resampled, sentence_counts, tag_counts


def plainly(counts, samples, seed):
    """Compute the scores of each resampling one by one, as a textbook does."""
    draws, rows = np.random.default_rng(seed), []
    for _ in range(samples):
        drawn = draws.integers(0, len(counts), size=len(counts))
        correct, predicted, gold = (
            sum(int(counts[i][column]) for i in drawn) for column in range(3)
        )
        rows.append(
            (
                correct / predicted if predicted else 0.0,
                correct / gold if gold else 0.0,
                2 * correct / (predicted + gold) if predicted + gold else 0.0,
            )
        )
    return rows


def test_resampling_is_that_of_a_textbook():
    counts = sentence_counts([{1, 2}, {3}, set(), {4, 5, 6}], [{1}, {3, 7}, {8}, {4, 5}])
    assert counts.tolist() == [[1, 1, 2], [1, 2, 1], [0, 1, 0], [2, 2, 3]]
    assert np.allclose(resampled(counts, 100, seed=3), plainly(counts, 100, seed=3))


def test_what_never_varies_has_no_width():
    perfect = sentence_counts([{1}, {2, 3}], [{1}, {2, 3}])
    assert intervals(perfect) == {name: [1.0, 1.0] for name in ("precision", "recall", "f1")}
    nothing = sentence_counts([{1}, {2}], [set(), set()])
    assert intervals(nothing) == {name: [0.0, 0.0] for name in ("precision", "recall", "f1")}
    assert intervals(sentence_counts([], []))["f1"] == [0.0, 0.0]


def test_the_same_counts_have_the_same_interval():
    counts = sentence_counts([{1}, {2}, {3}], [{1}, set(), {3}])
    assert intervals(counts) == intervals(counts)
    assert intervals(counts)["recall"][0] < 2 / 3 < intervals(counts)["recall"][1]


def test_tags_are_read_as_by_the_strict_score():
    gold = [["B-PER", "I-PER", "O"], ["B-LOC"]]
    predicted = [["B-PER", "I-PER", "I-LOC"], ["I-LOC"]]  # an I- alone is no entity
    assert tag_counts(gold, predicted).tolist() == [[1, 1, 1], [0, 0, 1]]


@pytest.mark.slow
def test_the_interval_holds_the_truth_in_95_of_100_samples():
    # Sentences of 0 to 4 entities, each found with a chance that differs from sentence to sentence.
    draw, hits, rounds = random.Random(7), 0, 600
    chances = (0.5, 0.7, 0.95)
    recall = sum(chances) / len(chances)  # each chance is as frequent, whatever the sentence's size
    for round_number in range(rounds):
        rows = []
        for _ in range(250):
            chance, gold = draw.choice(chances), draw.randrange(5)
            correct = sum(draw.random() < chance for _ in range(gold))
            rows.append((correct, correct, gold))
        low, high = intervals(np.array(rows), samples=400, seed=round_number)["recall"]
        hits += low <= recall <= high
    assert 0.93 <= hits / rounds <= 0.97


def test_drawing_takes_work_in_proportion_to_the_sentences():
    # 3,500 sentences, 1,000 times: 3.5 million rows are drawn, in parts that fit into memory.
    counts = np.ones((3500, 3), dtype=np.int64)
    assert resampled(counts).shape == (1000, 3)
