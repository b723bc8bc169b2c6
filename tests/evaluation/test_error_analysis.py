import json
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ner_core.evaluation.error_analysis import (
    MISSED,
    RARE_BELOW,
    SPURIOUS,
    TrainFacts,
    analyse,
    errors_of,
    match,
    strict_entities,
)
from ner_core.evaluation.metrics import entity_scores
from ner_core.runs.error_log import ERROR_KINDS, read_errors, write_errors
from ner_core.tags import Span, encode

NO_TRAIN = TrainFacts.of([], [])
TAGS = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-creative-work"])
WORDS = st.sampled_from(["Ann", "ann", "Oslo", "\ud800", "<b>", "\u2028"])
SENTENCE = st.lists(st.tuples(WORDS, TAGS, TAGS), max_size=9)
CORPUS = st.lists(SENTENCE, max_size=6).map(
    lambda rows: tuple([[row[side] for row in sentence] for sentence in rows] for side in range(3))
)


def spans(length=8):
    """Return a strategy of sorted, disjoint spans of one sentence."""
    tags = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), max_size=length)
    return tags.map(strict_entities)


def words_of(tags):
    return [[f"w{number}" for number in range(len(row))] for row in tags]


def analysed(gold, predicted, **more):
    gold, predicted = [row.split() for row in gold], [row.split() for row in predicted]
    return analyse(words_of(gold), gold, predicted, **{"train": NO_TRAIN, **more})


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("O O", []),
        ("B-PER I-PER O", [(0, 2, "PER")]),
        ("I-PER I-PER", []),
        ("B-PER I-LOC I-PER", [(0, 1, "PER")]),
        ("B-PER B-PER I-PER", [(0, 1, "PER"), (1, 3, "PER")]),
        ("O I-LOC B-LOC I-PER", [(2, 3, "LOC")]),
        ("B-creative-work I-creative-work", [(0, 2, "creative-work")]),
    ],
)
def test_an_entity_starts_with_b(tags, expected):
    assert strict_entities(tags.split()) == expected


@pytest.mark.parametrize(
    ("gold", "predicted", "kinds"),
    [
        ("B-A I-A O", "B-A I-A O", ["correct"]),
        ("B-A I-A O", "O O O", ["missed"]),
        ("O O O", "B-A I-A O", ["spurious"]),
        ("O O O", "I-A I-A O", []),
        ("B-A I-A O", "B-B I-B O", ["wrong type"]),
        ("B-A I-A O", "B-A O O", ["wrong boundary"]),
        ("B-A I-A O", "B-B O O", ["wrong boundary and type"]),
        ("B-A I-A O", "B-A B-A O", ["wrong boundary", "spurious"]),
        ("B-A B-A O", "B-A I-A O", ["wrong boundary", "missed"]),
        ("B-A O B-A", "O B-A O", ["missed", "spurious", "missed"]),
        # The same type is worth more than more words shared.
        ("B-A I-A I-A", "B-B I-B B-A", ["spurious", "wrong boundary"]),
        # The larger share is worth more than being first.
        ("B-A I-A I-A", "B-A B-A I-A", ["spurious", "wrong boundary"]),
        # What is exact is never given away to a neighbour.
        ("B-A I-A B-A", "B-A B-B B-A", ["wrong boundary", "spurious", "correct"]),
    ],
)
def test_pairs_worked_out_by_hand(gold, predicted, kinds):
    pairs = match(strict_entities(gold.split()), strict_entities(predicted.split()))
    assert sorted(pair.kind for pair in pairs) == sorted(kinds)


def test_pairs_come_in_the_order_of_the_text():
    gold = [Span(0, 1, "A"), Span(4, 6, "A")]
    predicted = [Span(2, 3, "B"), Span(4, 5, "A")]
    assert [tuple(pair) for pair in match(gold, predicted)] == [
        ("missed", gold[0], None),
        ("spurious", None, predicted[0]),
        ("wrong boundary", gold[1], predicted[1]),
    ]


@given(spans(), spans())
def test_each_entity_is_in_exactly_one_pair(gold, predicted):
    pairs = match(gold, predicted)
    assert sorted(pair.gold for pair in pairs if pair.gold) == gold
    assert sorted(pair.predicted for pair in pairs if pair.predicted) == predicted
    exact = {span for span in gold if span in predicted}
    assert {pair.gold for pair in pairs if pair.kind == "correct"} == exact


@given(spans(), spans())
def test_what_was_missed_shares_no_word_with_what_is_spurious(gold, predicted):
    pairs = match(gold, predicted)
    missed = {n for pair in pairs if not pair.predicted for n in range(*pair.gold[:2])}
    spurious = {n for pair in pairs if not pair.gold for n in range(*pair.predicted[:2])}
    assert not missed & spurious


@pytest.mark.slow
@given(spans(), spans())
def test_the_two_sides_swapped_swap_missed_and_spurious(gold, predicted):
    swap = {"missed": "spurious", "spurious": "missed"}
    there = {(swap.get(kind, kind), other, mine) for kind, mine, other in match(gold, predicted)}
    assert there == set(match(predicted, gold))


@given(CORPUS)
@example(([], [], []))
@example(([[]], [[]], [[]]))
def test_counts_give_the_strict_scores(corpus):
    texts, gold, predicted = corpus
    scores = entity_scores(gold, predicted)
    result = analyse(texts, gold, predicted, train=TrainFacts.of(texts, gold))
    counts = result["counts"]
    assert list(counts) == ["correct", *ERROR_KINDS]
    support = sum(counts.values()) - counts["spurious"]
    found = sum(counts.values()) - counts["missed"]
    assert support == scores["support"]
    assert scores["recall"] == pytest.approx(counts["correct"] / support if support else 0)
    assert scores["precision"] == pytest.approx(counts["correct"] / found if found else 0)


@pytest.mark.slow
@given(CORPUS)
def test_rows_and_columns_of_the_confusion_add_up(corpus):
    texts, gold, predicted = corpus
    confusion = analyse(texts, gold, predicted, train=NO_TRAIN)["confusion"]
    wanted = Counter(span.label for tags in gold for span in strict_entities(tags))
    named = Counter(span.label for tags in predicted for span in strict_entities(tags))
    rows = {label: sum(row.values()) for label, row in confusion.items() if label != SPURIOUS}
    columns = Counter()
    for row in confusion.values():
        columns.update(row)
    del columns[MISSED]
    assert (rows, columns) == (wanted, named)


@given(CORPUS, st.data())
def test_groups_add_up_to_the_whole(corpus, data):
    texts, gold, predicted = corpus
    sizes = st.lists(st.integers(1, 3), min_size=len(texts), max_size=len(texts))
    windows = data.draw(sizes)
    half = len(texts) // 2
    train = TrainFacts.of(texts[:half], gold[:half])
    result = analyse(texts, gold, predicted, train=train, windows=windows)
    scores = entity_scores(gold, predicted)
    groups = result["seen"].values()
    assert sum(group["support"] for group in groups) == scores["support"]
    assert sum(group["found"] for group in groups) == result["counts"]["correct"]
    parts = result["windows"].values()
    assert sum(part["support"] for part in parts) == scores["support"]
    assert sum(part["sentences"] for part in parts) == len(texts)
    for label, row in result["rare_types"].items():
        assert row["f1"] == pytest.approx(scores["per_type"][label]["f1"])
        assert row["support"] == scores["per_type"][label]["support"]
    assert json.loads(json.dumps(result)) == result


@given(CORPUS)
def test_rows_of_errors_tell_what_the_counts_tell(corpus):
    texts, gold, predicted = corpus
    counts = analyse(texts, gold, predicted, train=NO_TRAIN)["counts"]
    rows = list(errors_of("validation", texts, gold, predicted))
    found = Counter(error["kind"] for row in rows for error in row["errors"])
    assert {kind: found[kind] for kind in ERROR_KINDS} == {
        kind: counts[kind] for kind in ERROR_KINDS
    }
    assert [row["sentence"] for row in rows] == sorted({row["sentence"] for row in rows})
    assert all(row["errors"] and row["tokens"] == texts[row["sentence"]] for row in rows)


@given(CORPUS)
def test_gold_against_itself_has_no_error(corpus):
    texts, gold, _ = corpus
    assert list(errors_of("test", texts, gold, gold)) == []
    counts = analyse(texts, gold, gold, train=NO_TRAIN)["counts"]
    assert sum(counts.values()) == counts["correct"]


@pytest.mark.slow
@given(CORPUS)
def test_errors_are_read_as_they_were_written(tmp_path_factory, corpus):
    path = tmp_path_factory.mktemp("errors") / "errors.jsonl"
    rows = list(errors_of("validation", *corpus))
    assert write_errors(path, rows) == len(rows)
    assert read_errors(path) == rows
    assert [file.name for file in path.parent.iterdir()] == ["errors.jsonl"]


def test_every_part_of_a_case_worked_out_by_hand():
    texts = [["Ann", "Lee", "saw", "Oslo"], ["Rome", "and", "ann", "lee"]]
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "O", "B-PER", "I-PER"]]
    predicted = [["B-PER", "O", "B-LOC", "B-ORG"], ["O", "I-PER", "B-PER", "I-PER"]]
    train = TrainFacts.of([["ANN", "Lee"], ["Oslo"]], [["B-PER", "I-PER"], ["B-PER"]])
    assert analyse(texts, gold, predicted, train=train, windows=[1, 2]) == {
        "counts": {
            "correct": 1,
            "missed": 1,
            "spurious": 1,
            "wrong type": 1,
            "wrong boundary": 1,
            "wrong boundary and type": 0,
        },
        "confusion": {
            SPURIOUS: {"LOC": 1},
            "LOC": {MISSED: 1, "ORG": 1},
            "PER": {"PER": 2},
        },
        "seen": {
            "seen": {"support": 2, "found": 1, "recall": 0.5},
            "seen as another type": {"support": 1, "found": 0, "recall": 0.0},
            "unseen": {"support": 1, "found": 0, "recall": 0.0},
        },
        "rare_below": RARE_BELOW,
        "rare_types": {
            "LOC": {"train_support": 0, "support": 2, "f1": 0.0},
            "ORG": {"train_support": 0, "support": 0, "f1": 0.0},
            "PER": {"train_support": 2, "support": 2, "f1": 0.5},
        },
        "windows": {
            "one": {"sentences": 1, "support": 2, "precision": 0.0, "recall": 0.0, "f1": 0.0},
            "several": {
                "sentences": 1,
                "support": 2,
                "precision": 1.0,
                "recall": 0.5,
                "f1": pytest.approx(2 / 3),
            },
        },
    }
    assert list(errors_of("test", texts[1:], gold[1:], predicted[1:])) == [
        {
            "split": "test",
            "sentence": 0,
            "tokens": texts[1],
            "gold": [[0, 1, "LOC"], [2, 4, "PER"]],
            "predicted": [[2, 4, "PER"]],
            "errors": [{"kind": "missed", "gold": [0, 1, "LOC"], "predicted": None}],
        }
    ]


def test_without_windows_nothing_is_said_of_them():
    assert analysed(["B-A"], ["B-A"])["windows"] is None


def test_a_type_with_many_training_entities_is_not_rare():
    many = TrainFacts.of([["x"]] * RARE_BELOW, [["B-A"]] * RARE_BELOW)
    assert list(analysed(["B-A B-B"], ["B-A B-B"], train=many)["rare_types"]) == ["B"]


def test_a_text_of_training_may_have_several_types():
    train = TrainFacts.of([["May"], ["may"], ["x"]], [["B-PER"], ["B-DATE"], ["O"]])
    assert train.types == {"may": frozenset({"PER", "DATE"})}
    assert train.counts == {"PER": 1, "DATE": 1}


def test_sets_of_types_are_shared_between_texts():
    texts = [[f"name{number}"] for number in range(50)]
    train = TrainFacts.of(texts, [["B-PER"]] * 50)
    assert len({id(types) for types in train.types.values()}) == 1


@pytest.mark.parametrize(
    "rows",
    [
        ([["a"]], [["O"]], []),
        ([["a"]], [["O"]], [["O", "O"]]),
        ([["a", "b"]], [["O"]], [["O"]]),
    ],
)
def test_different_lengths_are_a_value_error(rows):
    with pytest.raises(ValueError, match=r"^texts, gold and predicted have different lengths$"):
        analyse(*rows, train=NO_TRAIN)


@pytest.mark.slow
def test_a_long_text_is_not_compared_each_with_each():
    count = 20_000
    tags = [encode([Span(2 * n, 2 * n + 1, "A") for n in range(count)], 2 * count)]
    result = analyse(words_of(tags), tags, [["O", *tags[0][:-1]]], train=NO_TRAIN)
    assert (result["counts"]["missed"], result["counts"]["spurious"]) == (count, count)


ROW = {
    "split": "validation",
    "sentence": 3,
    "tokens": ["Ann", "x"],
    "gold": [[0, 1, "PER"]],
    "predicted": [],
    "errors": [{"kind": "missed", "gold": [0, 1, "PER"], "predicted": None}],
}


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "[" * 100_000,
        '{"split": "vali',
        "[]",
        "{}",
        json.dumps({**ROW, "tokens": "Ann"}),
        json.dumps({**ROW, "tokens": ["Ann", 1]}),
        json.dumps({**ROW, "split": None}),
        json.dumps({**ROW, "sentence": "3"}),
        json.dumps({**ROW, "gold": None}),
        json.dumps({**ROW, "gold": [[0, 3, "PER"]]}),
        json.dumps({**ROW, "gold": [[1, 1, "PER"]]}),
        json.dumps({**ROW, "predicted": [[-1, 1, "PER"]]}),
        json.dumps({**ROW, "predicted": [[0, 1]]}),
        json.dumps({**ROW, "errors": []}),
        json.dumps({**ROW, "errors": [{"kind": "<b>", "gold": [0, 1, "PER"], "predicted": None}]}),
        json.dumps({**ROW, "errors": [{"kind": "missed", "gold": None, "predicted": None}]}),
        json.dumps({**ROW, "errors": ["missed"]}),
    ],
    ids=range(18),
)
def test_a_damaged_line_is_passed_over(tmp_path, damaged):
    path = tmp_path / "errors.jsonl"
    path.write_text(f"{json.dumps(ROW)}\n{damaged}\n{json.dumps(ROW)}\n{json.dumps(ROW)[:40]}")
    assert read_errors(path) == [ROW, ROW]


def test_lines_that_are_no_text_are_passed_over(tmp_path):
    path = tmp_path / "errors.jsonl"
    path.write_bytes(b"\xff\xfe\n" + json.dumps(ROW).encode() + b"\n")
    assert read_errors(path) == [ROW]


def test_a_file_that_is_not_there_has_no_errors(tmp_path):
    assert read_errors(tmp_path / "errors.jsonl") == []


def test_rows_that_cannot_be_written_leave_the_old_file(tmp_path):
    path = tmp_path / "errors.jsonl"
    write_errors(path, [ROW])
    with pytest.raises(TypeError):
        write_errors(path, [ROW, {"split": object()}])
    assert read_errors(path) == [ROW]
