"""95 % intervals of scores: known answers, how often they hold the truth, and their cost."""

import random

import numpy as np
import pytest

from ner_core.evaluation.intervals import intervals, resampled, sentence_counts, tag_counts


def plainly(counts, samples, seed):
    """Draw the sentences of each resampling one by one, as a textbook does."""
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


def test_counts_are_those_of_each_sentence():
    counts = sentence_counts([{1, 2}, {3}, set(), {4, 5, 6}], [{1}, {3, 7}, {8}, {4, 5}])
    assert counts.tolist() == [[1, 1, 2], [1, 2, 1], [0, 1, 0], [2, 2, 3]]


def test_resampling_is_that_of_a_textbook():
    # Three kinds of sentences, of different frequency; by chance alone quantiles differ by a point.
    counts = np.array([[1, 1, 2]] * 60 + [[0, 1, 1]] * 25 + [[2, 2, 2]] * 15)
    quantiles = [2.5, 25, 50, 75, 97.5]
    drawn = np.percentile(resampled(counts, 4000, seed=3), quantiles, axis=0)
    expected = np.percentile(plainly(counts, 4000, seed=4), quantiles, axis=0)
    assert np.abs(drawn - expected).max() < 0.01


def test_a_million_sentences_are_drawn_by_their_kinds(monkeypatch):
    kinds = np.array([[0, 0, 0], [1, 1, 1], [1, 2, 3]])
    asked = []
    real = np.random.default_rng

    class Counting:
        def __init__(self, seed):
            self.random = real(seed)

        def multinomial(self, number, shares, size):
            asked.append((number, len(shares), size))
            return self.random.multinomial(number, shares, size=size)

    monkeypatch.setattr(np.random, "default_rng", Counting)
    low, high = intervals(np.tile(kinds, (333_334, 1)))["recall"]
    assert asked == [(1_000_002, 3, 1000)]
    assert low < 0.5 < high
    assert high - low < 0.01


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
