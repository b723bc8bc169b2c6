"""Annotation sets as data: to read, to train on, to export, to begin from."""

import json

import pytest

from ner_core.annotations import export, store
from ner_core.annotations.decisions import Decision
from ner_core.annotations.importing import decisions_from
from ner_core.data.corpus import gold_tags, load_as_it_is, load_data
from ner_core.data.sources import canonical_source, short_name
from ner_core.data.writers import write_corpus
from ner_core.errors import AnnotationError, DataError
from ner_core.tags import UNDECIDED, Span

TEXT = "Ann Kay lives in Oslo."
ANN, OSLO = (0, 7, "PER"), (17, 21, "LOC")


@pytest.fixture
def made():
    return store.create("Menu reviews", ["PER", "LOC"])


def rows_of(source):
    corpus = load_as_it_is(source)
    return {
        split: list(zip(rows["tokens"][:], gold_tags(rows[:], corpus.label_names), strict=True))
        for split, rows in corpus.dataset.items()
    }


def test_texts_become_sentences_of_words_with_tags(made):
    made.accept(TEXT, [ANN, OSLO])
    made.accept("text 1", [])  # every fifth text is held out, and this one is
    assert rows_of("annotations:menu-reviews") == {
        "train": [
            (
                ["Ann", "Kay", "lives", "in", "Oslo", "."],
                ["B-PER", "I-PER", "O", "O", "B-LOC", "O"],
            )
        ],
        "validation": [(["text", "1"], ["O", "O"])],
    }


def test_what_nobody_decided_on_is_not_outside(made):
    suggested = [(*ANN, 0.9), (8, 13, "ORG", 0.4)]
    made.accept(TEXT, [ANN], suggested, "m", complete=False)
    ((_, tags),) = rows_of("annotations:menu-reviews")["train"]
    assert tags == ["B-PER", "I-PER", "O", UNDECIDED, UNDECIDED, UNDECIDED]


def test_the_column_is_there_only_if_it_is_needed(made):
    made.accept(TEXT, [ANN])
    columns = load_as_it_is("annotations:menu-reviews").dataset["train"].column_names
    assert columns == ["tokens", "ner_tags"]
    made.accept("Paris", [], complete=False)
    columns = load_as_it_is("annotations:menu-reviews").dataset["train"].column_names
    assert columns == ["tokens", "ner_tags", "undecided"]


def test_paragraphs_are_sentences_as_a_model_sees_them(made):
    made.accept("Ann\n\nOslo | Rome", [(0, 3, "PER"), (12, 16, "LOC")], complete=False)
    (one, two, three) = rows_of("annotations:menu-reviews")["train"]
    assert (one, two, three) == (
        (["Ann"], ["B-PER"]),
        (["Oslo"], [UNDECIDED]),
        (["Rome"], ["B-LOC"]),
    )


def test_an_entity_over_two_paragraphs_is_two_and_that_is_said(made):
    made.accept("Ann\n\nKay", [(0, 8, "PER")])
    corpus = load_as_it_is("annotations:menu-reviews")
    assert [row["ner_tags"] for row in corpus.dataset["train"]] == [[1], [1]]
    (fault,) = corpus.faults["train"].first["odd"]
    assert (fault.line, fault.message) == (
        1,
        "an entity goes on after a blank line or a cell's border, so it is read as two. Mark each "
        "part.",
    )


def test_words_are_cut_where_an_entity_begins_inside_one(made):
    made.accept("Oslobased", [(0, 4, "LOC")])
    corpus = load_as_it_is("annotations:menu-reviews")
    assert corpus.dataset["train"]["tokens"][:] == [["Oslo", "based"]]
    assert corpus.faults["train"].counts["misaligned"] == 1


def test_a_run_learns_from_the_set_as_it_was_when_it_was_started(made):
    made.accept(TEXT, [ANN])
    pinned = canonical_source("annotations:menu-reviews")
    assert pinned == f"annotations:menu-reviews@{made.decisions_path.stat().st_size}"
    before = rows_of(pinned)
    made.accept("Rome", [(0, 4, "LOC")])
    made.rename_type("PER", "WHO")
    assert rows_of(pinned) == before
    assert canonical_source(pinned) == pinned
    assert short_name(pinned) == "menu-reviews"


def test_if_all_texts_are_held_out_they_are_learned_from(made):
    made.accept("text 1", [(0, 4, "X")])
    assert list(rows_of("annotations:menu-reviews")) == ["train"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "annotations:other",
            "There is no annotation set 'other'. List yours with `python -m ner_core annotations "
            "list`.",
        ),
        (
            "annotations:menu-reviews",
            "The set Menu reviews has no texts yet. Annotate some first.",
        ),
    ],
)
def test_a_set_that_cannot_be_learned_from_is_said(made, source, message):
    with pytest.raises(AnnotationError) as error:
        load_data(source)
    assert str(error.value) == message


def test_what_is_exported_is_read_back_the_same(made, tmp_path):
    made.accept(TEXT, [ANN, OSLO], [(*ANN, 0.5)], "starter")
    made.accept("Näh: 🎉 Ann", [(7, 10, "PER")])
    made.accept("Oslo", [], complete=False)
    assert export.write(made.read(), tmp_path / "set.jsonl") == 2
    read = rows_of(str(tmp_path / "set.jsonl"))["train"]
    assert read == [
        (["Ann", "Kay", "lives", "in", "Oslo", "."], ["B-PER", "I-PER", "O", "O", "B-LOC", "O"]),
        (["Näh", ":", "🎉", "Ann"], ["O", "O", "O", "B-PER"]),
    ]
    first = json.loads((tmp_path / "set.jsonl").read_text().splitlines()[0])
    assert first == {
        "text": TEXT,
        "spans": [
            {"start": 0, "end": 7, "label": "PER"},
            {"start": 17, "end": 21, "label": "LOC"},
        ],
        "label": [[0, 7, "PER"], [17, 21, "LOC"]],
        "meta": {"split": "train", "model": "starter", "suggested": [[0, 7, "PER", 0.5]]},
    }


def test_export_writes_over_nothing(made, tmp_path):
    (tmp_path / "set.jsonl").write_text("mine")
    with pytest.raises(AnnotationError) as error:
        export.write(made.read(), tmp_path / "set.jsonl")
    assert str(error.value) == (
        f"There is already something at {tmp_path}/set.jsonl. Choose another file."
    )
    assert (tmp_path / "set.jsonl").read_text() == "mine"


def test_a_set_begins_from_other_data_and_keeps_their_parts(tmp_path):
    for part, word in (("train", "Oslo"), ("test", "Rome")):
        (tmp_path / f"{part}.conll").write_text(f"In O\n{word} B-LOC\n, O\n")
    made = store.create("Mine", decisions=decisions_from(str(tmp_path)), source=str(tmp_path))
    assert list(made.read().decisions.values()) == [
        Decision("In Oslo,", (Span(3, 7, "LOC"),), split="train"),
        Decision("In Rome,", (Span(3, 7, "LOC"),), split="test"),
    ]
    assert rows_of("annotations:mine")["test"] == [(["In", "Rome", ","], ["O", "B-LOC", "O"])]
    copy = store.create("Copy", decisions=decisions_from("annotations:mine"))
    assert copy.read().decisions == made.read().decisions


def test_what_was_annotated_in_part_is_not_converted(made, tmp_path):
    made.accept("Oslo", [(0, 4, "LOC")], complete=False)
    made.accept("Ann and Bob", [(0, 3, "PER")], complete=False)
    with pytest.raises(DataError) as error:
        write_corpus(load_as_it_is("annotations:menu-reviews").dataset, "conll", tmp_path / "out")
    assert str(error.value) == (
        "1 sentence is annotated only in part, which conll can't say. Finish it first."
    )
