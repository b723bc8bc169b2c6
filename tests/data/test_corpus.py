import gc
import json
from pathlib import Path

import pytest
from datasets import ClassLabel, Features, List, Value

from ner_core.data.corpus import load_as_it_is, load_data, load_for_evaluation
from ner_core.data.readers.sentence import ReadOptions
from ner_core.data.sources import canonical_source
from ner_core.errors import DataError
from tests.conftest import write_conll

ANN = [("Ann", "B-PER"), ("ran", "O")]
OSLO = [("in", "O"), ("New", "B-LOC"), ("York", "I-LOC")]


def many(count):
    return [[(f"Ann{number}", "B-PER"), ("ran", "O")] for number in range(count)]


def refusal(read, *args):
    with pytest.raises(DataError) as caught:
        read(*args)
    return str(caught.value)


def words(corpus, split):
    return corpus.dataset[split]["tokens"][:]


def tags(corpus, split):
    return [
        [corpus.label_names[number] for number in row] for row in corpus.dataset[split]["ner_tags"]
    ]


@pytest.fixture
def corpus_folder(tmp_path):
    """Return a function that makes a folder with a file for each split."""

    def make(**splits):
        path = tmp_path / "corpus"
        path.mkdir()
        for name, sentences in splits.items():
            write_conll(path / f"{name}.conll", sentences)
        return str(path)

    return make


@pytest.fixture
def single(tmp_path):
    """Return a function that makes a single file of raw text."""

    def make(raw):
        path = tmp_path / "my.conll"
        path.write_text(raw, encoding="utf-8", newline="")
        return str(path)

    return make


def test_every_source_has_one_shape(corpus_folder):
    corpus = load_data(corpus_folder(train=[ANN, OSLO], dev=[ANN], test=[OSLO]))
    labels = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    features = Features(
        {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=labels))}
    )
    assert list(corpus.dataset) == ["train", "validation", "test"]
    assert all(split.features == features for split in corpus.dataset.values())
    assert corpus.label_names == labels
    assert corpus.entity_types == ["LOC", "PER"]
    assert corpus.schemes == {"train": "IOB2", "validation": "IOB2", "test": "IOB2"}
    assert corpus.repaired == {"train": 0, "validation": 0, "test": 0}
    assert corpus.notes == ()
    assert words(corpus, "train") == [["Ann", "ran"], ["in", "New", "York"]]
    assert tags(corpus, "train") == [["B-PER", "O"], ["O", "B-LOC", "I-LOC"]]


def test_the_types_of_all_splits_are_labels_of_each(corpus_folder):
    corpus = load_data(corpus_folder(train=[ANN], dev=[[("x", "B-ZOO")]], test=[[("y", "B-ART")]]))
    assert corpus.entity_types == ["ART", "PER", "ZOO"]
    assert corpus.dataset["train"].features == corpus.dataset["test"].features


@pytest.mark.parametrize(
    ("raw", "scheme", "iob2"),
    [
        ("New I-LOC\nYork I-LOC\nAnn I-PER\n", "IO", "B-LOC I-LOC B-PER"),
        ("New LOC\nYork LOC\nx O\nAnn PER\n", "IO", "B-LOC I-LOC O B-PER"),
        ("New I-LOC\nOslo B-LOC\n", "IOB1", "B-LOC B-LOC"),
        ("New B-LOC\nYork I-LOC\n", "IOB2", "B-LOC I-LOC"),
        ("New B-LOC\nYork E-LOC\nAnn S-PER\n", "BIOES", "B-LOC I-LOC B-PER"),
        ("New B-LOC\nYork L-LOC\nAnn U-PER\n", "BILOU", "B-LOC I-LOC B-PER"),
        ("x O\n", "IOB2", "O"),
    ],
)
def test_every_scheme_becomes_iob2(single, raw, scheme, iob2):
    corpus = load_for_evaluation(single(raw), "test")
    assert corpus.schemes == {"test": scheme}
    assert corpus.repaired == {"test": 0}
    assert tags(corpus, "test") == [iob2.split()]


def test_each_file_may_have_a_scheme_of_its_own(corpus_folder):
    corpus = load_data(corpus_folder(train=[OSLO], dev=[[("Oslo", "S-LOC")]]))
    assert corpus.schemes == {"train": "IOB2", "validation": "BIOES"}
    assert tags(corpus, "validation") == [["B-LOC"]]


def test_invalid_tags_are_repaired_and_counted_by_split(corpus_folder):
    broken = [("x", "O"), ("Ann", "I-PER")]
    source = corpus_folder(train=[ANN, OSLO, broken], dev=[ANN])
    corpus = load_data(source)
    assert corpus.repaired == {"train": 1, "validation": 0}
    assert tags(corpus, "train")[2] == ["O", "B-PER"]


def test_inline_files_may_stand_beside_columns(corpus_folder, tmp_path):
    source = corpus_folder(train=[ANN])
    (tmp_path / "corpus" / "dev.txt").write_text("[Bob](PER) sat in [Oslo](LOC).\n")
    corpus = load_data(source)
    assert words(corpus, "validation") == [["Bob", "sat", "in", "Oslo", "."]]
    assert corpus.entity_types == ["LOC", "PER"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            "Ann B_PER\nran O\n",
            "my.conll, line 1: 'B_PER' is not a tag such as O, B-PER or I-PER. Write it as B-PER.",
        ),
        (
            "Ann NNP\nran VBD\n",
            "my.conll, line 1: 'NNP' is not a tag such as O, B-PER or I-PER. Is the tag in the "
            "last column of the line?",
        ),
        (
            "ran O\nAnn PER\nOslo B-LOC\n",
            "my.conll, line 2: 'PER' is not a tag such as O, B-PER or I-PER. Is the tag in the "
            "last column of the line?",
        ),
        (
            "Ann B-PER\n\n\nran 7\n",
            "my.conll, line 4: '7' is not a tag such as O, B-PER or I-PER. Is the tag in the last "
            "column of the line?",
        ),
        (
            "Ann S-PER\nOslo U-LOC\n",
            "my.conll: the tags mix two schemes, S- (BIOES) and U- (BILOU). Write all files in "
            "the same scheme.",
        ),
        *(
            (
                empty,
                "my.conll has no annotated sentences. Write a word and its tag on each line, and "
                "a blank line between sentences.",
            )
            for empty in ("", "\n\n", "-DOCSTART- O\n", "# only a comment\n")
        ),
        (
            "Ann\nran\n",
            "my.conll, line 1: there is only a word here ('Ann'), without a tag. Write a tag "
            "after it, separated by a blank or a tab.",
        ),
    ],
)
@pytest.mark.parametrize("read", [load_data, lambda path: load_for_evaluation(path, "test")])
def test_what_has_nothing_to_learn_from_is_a_sentence(single, read, raw, message):
    assert refusal(read, single(raw)) == message


@pytest.mark.parametrize("source", ["no-such-file", "a\0b", "x" * 5000, "a/b/c"])
@pytest.mark.parametrize("read", [load_data, canonical_source])
def test_a_source_that_is_not_there_is_a_sentence(read, source):
    assert refusal(read, source) == (
        f"Found no data at {source[:200]!r}. Choose sample, a file, a folder or a Hub dataset "
        "(owner/name)."
    )


def test_a_source_does_not_depend_on_the_working_directory(single, tmp_path, monkeypatch):
    path = single("Ann B-PER\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert canonical_source("my.conll") == path
    assert canonical_source("~/my.conll") == path
    assert canonical_source(path) == path
    (tmp_path / "sample").mkdir()
    assert canonical_source("sample") == "sample"


def test_a_folder_without_a_training_part_is_a_sentence(corpus_folder):
    assert refusal(load_data, corpus_folder(dev=[ANN], test=[ANN])) == (
        "corpus has no training part, only validation, test. Add a file named train."
    )


@pytest.mark.parametrize(("count", "kept"), [(2, 1), (14, 1), (16, 2), (40, 4)])
def test_a_tenth_is_put_aside_for_validation(tmp_path, count, kept):
    path = write_conll(tmp_path / "my.conll", many(count))
    corpus = load_data(str(path), seed=7)
    assert list(corpus.dataset) == ["train", "validation"]
    assert len(words(corpus, "validation")) == kept
    both = words(corpus, "train") + words(corpus, "validation")
    assert sorted(both) == sorted([f"Ann{number}", "ran"] for number in range(count))
    assert corpus.notes == (
        f"The data have no validation part, so {kept} of {count} training sentences were set "
        "aside for it, chosen by seed 7.",
    )


def test_large_numbers_in_a_note_have_separators(tmp_path):
    corpus = load_data(str(write_conll(tmp_path / "my.conll", many(12_000))))
    assert corpus.notes == (
        "The data have no validation part, so 1,200 of 12,000 training sentences were set aside "
        "for it, chosen by seed 42.",
    )


def test_the_same_seed_puts_the_same_sentences_aside(tmp_path):
    path = str(write_conll(tmp_path / "my.conll", many(50)))
    first, again, other = (words(load_data(path, seed=s), "validation") for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_test_part_stays_when_validation_is_cut_from_train(corpus_folder):
    corpus = load_data(corpus_folder(train=many(20), test=[OSLO]))
    assert list(corpus.dataset) == ["train", "validation", "test"]
    assert [split.num_rows for split in corpus.dataset.values()] == [18, 2, 1]
    assert words(corpus, "test") == [["in", "New", "York"]]


def test_one_training_sentence_cannot_be_parted(single):
    assert refusal(load_data, single("Ann B-PER\n")) == (
        "my.conll has only 1 training sentence. Add at least one more, so that one can be "
        "kept for validation."
    )


@pytest.mark.parametrize("name", ["my.conll", "corpus/only.conll"])
def test_a_source_of_one_file_is_the_test_as_a_whole(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    write_conll(path, many(3))
    source = path if path.parent == tmp_path else path.parent
    corpus = load_for_evaluation(str(source), "test")
    assert list(corpus.dataset) == ["test"]
    assert len(words(corpus, "test")) == 3
    assert corpus.notes == ("The data have no splits, so all 3 sentences are used as test.",)


def test_of_a_source_of_one_file_the_parts_of_training_can_be_evaluated(tmp_path):
    path = str(write_conll(tmp_path / "my.conll", many(20)))
    for split in ("train", "validation"):
        corpus = load_for_evaluation(path, split, seed=3)
        assert words(corpus, split) == words(load_data(path, seed=3), split)
        assert len(corpus.notes) == 1


def test_only_the_wanted_split_has_to_be_there(corpus_folder):
    source = corpus_folder(test=[ANN], dev=[OSLO])
    corpus = load_for_evaluation(source, "test")
    assert words(corpus, "test") == [["Ann", "ran"]]
    assert corpus.notes == ()


def test_a_split_that_is_not_there_is_a_sentence(corpus_folder):
    source = corpus_folder(train=many(20), dev=[OSLO])
    for split in ("test", "nonsense"):
        assert refusal(load_for_evaluation, source, split) == (
            f"corpus has no {split} part, only train, validation. Choose one of these with --split."
        )


@pytest.mark.slow
def test_the_sample_has_a_name():
    corpus = load_data("sample")
    assert corpus.source == "sample"
    assert corpus.notes == ()


@pytest.mark.slow
@pytest.mark.parametrize("has_validation", [True, False])
def test_splits_stay_readable_when_nothing_else_is_kept(corpus_folder, has_validation):
    splits = {"train": many(30), "test": [OSLO]} | ({"dev": many(3)} if has_validation else {})
    corpus = load_data(corpus_folder(**splits))
    before = {name: words(corpus, name) for name in corpus.dataset}
    alone = [(name, split) for name, split in corpus.dataset.items()]
    del corpus
    gc.collect()
    load_data("sample")
    assert {name: split["tokens"][:] for name, split in alone} == before
    chosen = alone[0][1].shuffle(seed=1, keep_in_memory=True).select(range(5))
    del alone
    gc.collect()
    assert len({row["tokens"][0] for row in chosen}) == 5


def test_a_dataset_lies_on_the_disk_and_is_cleaned_up_with_its_corpus(corpus_folder):
    corpus = load_data(corpus_folder(train=[ANN], dev=[ANN]))
    files = [Path(file["filename"]) for file in corpus.dataset["train"].cache_files]
    assert files
    assert all(file.is_file() for file in files)
    del corpus
    gc.collect()
    assert not any(file.exists() for file in files)


@pytest.mark.slow
def test_the_arrow_files_live_as_long_as_the_corpus_and_no_longer(tmp_path):
    path = write_conll(tmp_path / "x.conll", [[("Ann", "B-PER"), ("ran", "O")]] * 30)
    corpus = load_data(str(path))
    folder = corpus.storage.path
    gc.collect()
    mapped = corpus.dataset["train"].map(lambda row: {"size": len(row["tokens"])})
    assert mapped["size"][:] == [2] * 27
    assert list(folder.rglob("*.arrow"))
    del corpus, mapped
    gc.collect()
    assert not folder.exists()


@pytest.mark.parametrize("source", ["", "~nobody-has-this-name/x"])
def test_a_source_that_leads_nowhere_is_a_sentence(source):
    with pytest.raises(DataError, match="Found no data at"):
        load_data(source)


BROKEN = "Ann B-PER\n\nOslo\n\nran O\nCy B_PER\n\nBob B-PER\n"
FIRST = (
    "my.conll, line 3: there is only a word here ('Oslo'), without a tag. Write a tag after it, "
    "separated by a blank or a tab."
)


@pytest.mark.parametrize(
    "read",
    [load_data, lambda path: load_for_evaluation(path, "test"), load_as_it_is],
    ids=["load", "load_for_evaluation", "load_as_it_is"],
)
def test_the_first_row_that_cannot_be_read_is_a_sentence(single, read):
    assert refusal(read, single(BROKEN)) == FIRST


def test_rows_that_cannot_be_read_may_be_left_out_and_are_listed(single):
    corpus = load_data(single(BROKEN), strict=False)
    assert sorted(words(corpus, "train") + words(corpus, "validation")) == [["Ann"], ["Bob"]]
    log = corpus.faults["train"]
    assert log.counts == {"unreadable": 2}
    assert [fault.line for fault in log.first["unreadable"]] == [3, 6]


def test_places_are_lines_of_the_source(single):
    corpus = load_as_it_is(single("\n-DOCSTART- O\n\nAnn B-PER\n\n\n-DOCSTART- O\n\nBob O\n"))
    assert corpus.places["train"][:] == {"line": [4, 9], "document": [1, 2]}


def test_places_follow_their_sentences_into_the_validation_part(tmp_path):
    path = write_conll(tmp_path / "my.conll", many(30))
    corpus = load_data(str(path))
    lines = path.read_text().split("\n")
    for split in ("train", "validation"):
        assert corpus.places[split].num_rows == corpus.dataset[split].num_rows
        for row, place in zip(words(corpus, split), corpus.places[split], strict=True):
            assert lines[place["line"] - 1].split()[0] == row[0]
    assert corpus.sources["validation"] == corpus.sources["train"]


def documents(count, sentences=3):
    return "".join(
        "-DOCSTART- O\n\n" + "".join(f"D{d}S{s} B-PER\n\n" for s in range(sentences))
        for d in range(count)
    )


def test_whole_documents_are_put_aside(single):
    corpus = load_data(single(documents(20)), seed=3)
    sides = [{row[0].split("S")[0] for row in words(corpus, s)} for s in ("train", "validation")]
    assert (len(sides[0]), len(sides[1])) == (18, 2)
    assert not sides[0] & sides[1]
    assert corpus.notes == (
        "The data have no validation part, so 6 of 60 training sentences were set aside for it, "
        "whole documents (2), chosen by seed 3.",
    )
    again = load_data(corpus.source, seed=3)
    assert words(again, "validation") == words(corpus, "validation")


def test_each_split_may_have_a_format_of_its_own(tmp_path):
    from datasets import Dataset

    write_conll(tmp_path / "train.conll", [ANN, OSLO])
    rows = {"text": "Bob sat", "spans": [{"start": 0, "end": 3, "label": "PER"}]}
    (tmp_path / "dev.jsonl").write_text(json.dumps(rows) + "\n")
    held = {"tokens": [["Cy", "ran"]], "ner_tags": [["S-ORG", "O"]]}
    Dataset.from_dict(held).to_parquet(tmp_path / "test.parquet")
    corpus = load_data(str(tmp_path))
    assert {name: source.format for name, source in corpus.sources.items()} == {
        "train": "CoNLL columns",
        "validation": "JSON",
        "test": "Parquet",
    }
    assert corpus.entity_types == ["LOC", "ORG", "PER"]
    assert tags(corpus, "validation") == [["B-PER", "O"]]
    assert tags(corpus, "test") == [["B-ORG", "O"]]
    assert corpus.schemes["test"] == "BIOES"


def test_load_as_it_is_cuts_nothing_off(single, corpus_folder):
    corpus = load_as_it_is(single("Ann B-PER\n"))
    assert list(corpus.dataset) == ["train"]
    assert corpus.notes == ()
    assert list(load_as_it_is(corpus_folder(test=[ANN], dev=[OSLO])).dataset) == [
        "validation",
        "test",
    ]


NUMBERED = "Ann 1\nLee 2\nran 0\n"


def test_numbers_become_tags_by_their_names(single):
    options = ReadOptions(label_names=("O", "B-PER", "I-PER"))
    corpus = load_as_it_is(single(NUMBERED), options)
    assert tags(corpus, "train") == [["B-PER", "I-PER", "O"]]


def test_columns_are_chosen_by_number(single):
    path = single("1 Ann B-PER NNP\n2 ran O VBD\n")
    corpus = load_as_it_is(path, ReadOptions("2", "3"))
    assert words(corpus, "train") == [["Ann", "ran"]]
    assert tags(corpus, "train") == [["B-PER", "O"]]
