"""Words that nobody decided on: left out of scores and of the loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core import tags
from ner_core.evaluation.scoring import leave_out_undecided, score_tags
from ner_core.models.windows import IGNORED, Window, label_ids, label_window
from ner_core.tags import UNDECIDED


@pytest.mark.parametrize(
    ("gold", "predicted", "kept"),
    [
        ("O ? O", "B-PER I-PER O", "O O O"),  # it touches the undecided word
        ("O ? O", "B-PER B-PER B-LOC", "B-PER O B-LOC"),
        ("B-PER ? ?", "B-PER O B-LOC", "B-PER O O"),
        ("B-PER O", "B-PER I-PER", "B-PER I-PER"),
    ],
)
def test_what_touches_an_undecided_word_is_neither_right_nor_wrong(gold, predicted, kept):
    known, found = leave_out_undecided([gold.split()], [predicted.split()])
    assert found == [kept.split()]
    assert known == [["O" if tag == UNDECIDED else tag for tag in gold.split()]]


def test_a_rejected_suggestion_counts_and_an_undecided_one_does_not():
    gold = [["B-PER", "O", UNDECIDED]]
    found = [["B-PER", "B-LOC", "B-LOC"]]
    scores = score_tags(*leave_out_undecided(gold, found))
    assert (scores["precision"], scores["recall"], scores["support"]) == (0.5, 1.0, 1)


def test_the_loss_ignores_undecided_words():
    window = Window(0, [1, 7, 8, 9, 2], [None, 0, 0, 1, None], [False, True, False, True, False])
    ids = {"O": 0, "B-PER": 1, "I-PER": 2}
    for mode in ("first", "all", "copy"):
        labels = label_ids(label_window(window, [UNDECIDED, "B-PER"], mode), ids)
        assert labels == [IGNORED, IGNORED, IGNORED, 1, IGNORED]


names = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC"])
pairs = st.lists(st.tuples(names, names, st.booleans()), min_size=1, max_size=12)


@given(pairs)
def test_scores_do_not_depend_on_what_was_found_in_undecided_words(words):
    predicted = [name for name, _, _ in words]
    other = [second if undecided else first for first, second, undecided in words]
    gold = [UNDECIDED if undecided else "O" for _, _, undecided in words]
    known, found = leave_out_undecided([gold], [predicted])
    spans = tags.decode(predicted)
    touching = [
        span
        for span in spans
        if any(gold[number] == UNDECIDED for number in range(span.start, span.end))
    ]
    assert len(tags.decode(found[0])) == len(spans) - len(touching)
    assert known == [["O"] * len(words)]
    if all(undecided for _, _, undecided in words):
        assert leave_out_undecided([gold], [other]) == (known, found)
