import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.splits import SPLIT_NAMES, cut_validation, find_splits, split_of
from ner_core.errors import DataError

SYNONYMS = {
    "train": ["train", "training", "trn"],
    "validation": ["validation", "valid", "dev", "devel", "development", "val", "testa"],
    "test": ["test", "testb", "tst"],
}


@pytest.fixture
def folder(tmp_path):
    """Return a function that makes a folder of these empty files."""

    def make(*names):
        path = tmp_path / "corpus"
        path.mkdir()
        for name in names:
            (path / name).touch()
        return path

    return make


def refusal(folder):
    with pytest.raises(DataError) as caught:
        find_splits(folder)
    return str(caught.value)


def test_the_synonyms_are_these():
    assert {split: set(names) for split, names in SYNONYMS.items()} == SPLIT_NAMES


@pytest.mark.parametrize(
    ("split", "synonym"), [(split, name) for split, names in SYNONYMS.items() for name in names]
)
@pytest.mark.parametrize(
    "pattern", ["{}", "{}.conll", "wnut17_{}.txt", "eng.{}", "en-{}.iob2", "my corpus {}.txt"]
)
def test_every_synonym_names_its_split(split, synonym, pattern):
    assert split_of(pattern.format(synonym)) == split
    assert split_of(pattern.format(synonym.upper())) == split


@pytest.mark.parametrize(
    "name", ["wikigold.conll.txt", "trains.txt", "mytest.txt", "latest.txt", "", "train2.txt"]
)
def test_a_name_that_only_resembles_a_split_is_none(name):
    assert split_of(name) is None


def test_the_splits_of_a_folder_are_in_order(folder):
    path = folder("testb.txt", "eng.testa", "training.conll", "notes.txt")
    splits = find_splits(path)
    assert list(splits) == ["train", "validation", "test"]
    assert [file.name for file in splits.values()] == ["training.conll", "eng.testa", "testb.txt"]


@pytest.mark.parametrize(
    "stranger",
    [
        "README.md",
        "readme",
        "LICENSE",
        "LICENCE.txt",
        ".DS_Store",
        "train.py",
        "x.pdf",
        "train.zip",
    ],
)
def test_what_is_no_data_is_passed_over(folder, stranger):
    path = folder("train.conll", "dev.conll", stranger)
    (path / "test").mkdir()
    assert list(find_splits(path)) == ["train", "validation"]


def test_a_single_file_has_no_splits(folder):
    path = folder("wikigold.conll.txt", "README.md")
    assert find_splits(path) == {"all": path / "wikigold.conll.txt"}


def test_two_files_for_one_split_are_a_sentence(folder):
    assert refusal(folder("dev.conll", "train.conll", "valid.conll")) == (
        "There are two validation files in corpus: dev.conll and valid.conll. Remove one of "
        "them, or choose one file instead of the folder."
    )


def test_a_folder_without_names_of_splits_is_a_sentence(folder):
    assert refusal(folder(*(f"{letter}.txt" for letter in "gfedcba"))) == (
        "No file in corpus is named train, validation (or dev, valid, testa) or test. Rename "
        "its files (a.txt, b.txt, c.txt, d.txt, e.txt)."
    )


def test_an_empty_folder_is_a_sentence(folder):
    assert refusal(folder()) == "The folder corpus has no data files. Choose another one."


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    assert refusal(tmp_path / "no") == (
        f"Can't read the folder {tmp_path}/no: No such file or directory. Check its name and "
        "permissions."
    )


def test_a_single_file_keeps_the_split_that_its_name_speaks_of(tmp_path):
    (tmp_path / "test.conll").write_text("a O\n")
    assert find_splits(tmp_path) == {"test": tmp_path / "test.conll"}


SEEDS = st.integers(0, 2**32 - 1)
# The sizes of documents, as they follow each other.
SIZES = st.lists(st.integers(1, 60), min_size=2, max_size=60)


def cut_documents(documents, seed):
    """Return the cut of rows that all have different texts."""
    return cut_validation(documents, range(len(documents)), seed)


def rows_of(sizes):
    return [number for number, size in enumerate(sizes, start=1) for _ in range(size)]


@given(SIZES, SEEDS)
def test_every_row_is_on_one_side_and_in_order(sizes, seed):
    documents = rows_of(sizes)
    cut = cut_documents(documents, seed)
    assert sorted(cut.train + cut.validation) == list(range(len(documents)))
    assert cut.train == sorted(cut.train)
    assert cut.validation == sorted(cut.validation)
    assert cut.train
    assert cut.validation
    assert cut_documents(documents, seed) == cut


@given(SIZES.filter(lambda sizes: len(sizes) >= 10), SEEDS)
def test_no_document_is_on_both_sides(sizes, seed):
    documents = rows_of(sizes)
    cut = cut_documents(documents, seed)
    aside = {documents[row] for row in cut.validation}
    assert not aside & {documents[row] for row in cut.train}
    assert len(aside) == cut.documents
    # A tenth, or as near to it as whole documents come: another would be too much.
    wanted = max(1, round(len(documents) / 10))
    assert len(cut.validation) <= 1.5 * wanted
    if len(cut.validation) < wanted:
        left = [size for number, size in enumerate(sizes, start=1) if number not in aside]
        assert len(cut.validation) + min(left) > 1.5 * wanted


@given(st.integers(10, 200), st.integers(1, 9), SEEDS)
def test_documents_of_one_size_give_a_tenth(count, size, seed):
    cut = cut_documents(rows_of([size] * count), seed)
    assert len(cut.validation) == pytest.approx(count * size / 10, abs=size)


@given(st.integers(2, 500), st.integers(1, 9), SEEDS)
def test_of_few_documents_rows_are_chosen(count, documents, seed):
    cut = cut_documents([row % documents for row in range(count)], seed)
    assert cut.documents == 0
    assert len(cut.validation) == max(1, round(count / 10))


def test_a_document_may_come_again_later():
    cut = cut_documents(list(range(20)) * 5, 1)
    assert len(cut.validation) == 10
    assert len({row % 20 for row in cut.validation}) == cut.documents == 2


def test_other_seeds_choose_others():
    documents = rows_of([3] * 50)
    assert len({tuple(cut_documents(documents, seed).validation) for seed in range(10)}) > 5


@given(SIZES.filter(lambda sizes: len(sizes) >= 10), SEEDS)
def test_equal_texts_stay_on_one_side(sizes, seed):
    texts = rows_of(sizes)
    cut = cut_validation([0] * len(texts), texts, seed)
    assert not {texts[row] for row in cut.validation} & {texts[row] for row in cut.train}
    assert 0 < len(cut.validation) <= 1.5 * max(1, round(len(texts) / 10))
    assert cut.documents == 0


def test_of_few_texts_rows_are_chosen():
    cut = cut_validation([0] * 20, [1] * 20, 1)
    assert len(cut.validation) == 2
    assert len(cut.train) == 18


def test_different_texts_do_not_change_the_cut():
    rows = cut_documents([0] * 50, 1).validation
    assert rows == sorted(random.Random(1).sample(range(50), 5))


def test_documents_come_before_equal_texts():
    cut = cut_validation(rows_of([3] * 20), [1] * 60, 1)
    assert cut.documents == 2
