import pytest

from ner_core import DataError
from ner_core.data.splits import SPLIT_NAMES, find_splits, split_of

SYNONYMS = {
    "train": ["train", "training"],
    "validation": ["validation", "valid", "dev", "devel", "development", "val", "testa"],
    "test": ["test", "testb"],
}


@pytest.fixture
def folder(tmp_path):
    """Give a function that makes a folder of these empty files."""

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
        "Expected one validation file in corpus, found dev.conll and valid.conll; "
        "take one of them away."
    )


def test_a_folder_without_names_of_splits_is_a_sentence(folder):
    assert refusal(folder(*(f"{letter}.txt" for letter in "gfedcba"))) == (
        "Expected files named train, validation (or dev, valid, testa) and test in corpus, found "
        "a.txt, b.txt, c.txt, d.txt, e.txt; rename them."
    )


def test_an_empty_folder_is_a_sentence(folder):
    assert refusal(folder()) == (
        "Expected files named train, validation (or dev, valid, testa) and test in corpus, found "
        "no files; rename them."
    )


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    assert refusal(tmp_path / "no") == (
        f"Expected a folder that can be read at {tmp_path}/no, found: No such file or directory."
    )


def test_a_single_file_keeps_the_split_that_its_name_speaks_of(tmp_path):
    (tmp_path / "test.conll").write_text("a O\n")
    assert find_splits(tmp_path) == {"test": tmp_path / "test.conll"}
