import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

from ner_core.data.corpus import load_as_it_is
from ner_core.errors import DataError

ANN, OSLO = "Ann B-PER\nran O\n\n", "Oslo B-LOC\nslept O\n\n"


@pytest.fixture
def corpus(tmp_path):
    """Return a function that writes a folder and reads it: words of each split, and remarks."""

    def corpus(**files):
        for name, text in files.items():
            path = tmp_path / "c" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        found = load_as_it_is(str(tmp_path / "c"))
        words = {split: rows["tokens"][:] for split, rows in found.dataset.items()}
        said = [
            fault.message for log in found.faults.values() for fault in log.first.get("odd", [])
        ]
        return words, said

    return corpus


def test_parts_of_a_file_are_read_as_one(corpus):
    files = {"train-00000-of-00003.conll": ANN, "train-00001-of-00003.conll": OSLO}
    words, said = corpus(**files, **{"data_dict.md": ""})
    assert words == {"train": [["Ann", "ran"], ["Oslo", "slept"]]}
    assert said == ["1 of its parts are missing from the folder. Download them"]


def test_a_file_that_is_left_out_is_said(corpus):
    words, said = corpus(**{"en_train.txt": ANN, "eval.txt": OSLO, "tst.txt": OSLO})
    assert list(words) == ["train", "test"]
    assert said == [
        "some files in the folder were left out, because their names don't say which split they "
        "are: eval.txt. Rename or remove them"
    ]


@pytest.mark.parametrize("inside", ["", "data/"])
def test_folders_can_be_splits(corpus, inside):
    words, _ = corpus(**{f"{inside}train/a.conll": ANN, f"{inside}dev/b.conll": OSLO})
    assert words == {"train": [["Ann", "ran"]], "validation": [["Oslo", "slept"]]}


def test_several_files_in_the_folder_of_a_split_are_a_sentence(corpus):
    with pytest.raises(DataError, match=r"The folder train in c has several files: a\.txt, b\.txt"):
        corpus(**{"train/a.txt": ANN, "train/b.txt": OSLO})


BRAT = {
    "train/1.txt": "Ann ran.\r\nNew\nYork slept.\n",
    "train/1.ann": "T1\tPER 0 3\tAnn\nT2\tLOC 10 18\tNew York\n#1\tNotes T1\tx\nR1\tR Arg1:T1\n",
}


def test_brat_is_read_line_by_line(corpus, tmp_path):
    words, _ = corpus(**BRAT)
    assert words == {"train": [["Ann", "ran", "."], ["New", "York", "slept", "."]]}
    tags = load_as_it_is(str(tmp_path / "c")).dataset["train"]["ner_tags"][1]
    assert tags == [1, 2, 0, 0]


def test_annotation_of_brat_that_is_not_its_text_is_a_sentence(corpus):
    with pytest.raises(DataError, match=r"1\.txt: 'Ann' isn't at 1 to 4; the text there is 'nn '"):
        corpus(**{**BRAT, "train/1.ann": "T1\tPER 1 4\tAnn\n"})


def test_the_table_of_comprehend_marks_lines_of_texts(corpus):
    table = "File,Line,Begin Offset,End Offset,Type\na.txt,1,0,4,LOC\n"
    words, _ = corpus(**{"annotations.csv": table, "a.txt": "Ann ran\nOslo slept\n"})
    assert words == {"train": [["Ann", "ran"], ["Oslo", "slept"]]}
    with pytest.raises(DataError, match=r"c has no file '\.\./x\.txt'"):
        corpus(**{"annotations.csv": table.replace("a.txt", "../x.txt")})


def test_what_datasets_saved_is_read(tmp_path):
    names = ["O", "B-PER"]
    features = Features(
        {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=names))}
    )
    rows = Dataset.from_dict({"tokens": [["Ann", "ran"]] * 3, "ner_tags": [[1, 0]] * 3}, features)
    DatasetDict({"train": rows, "test": rows}).save_to_disk(
        tmp_path / "two", num_shards={"train": 2, "test": 1}
    )
    rows.save_to_disk(tmp_path / "one")
    two, one = load_as_it_is(str(tmp_path / "two")), load_as_it_is(str(tmp_path / "one"))
    assert two.dataset.num_rows == {"train": 3, "test": 3}
    assert one.dataset["train"][0] == {"tokens": ["Ann", "ran"], "ner_tags": [1, 0]}
    assert one.entity_types == ["PER"]


@pytest.mark.parametrize(
    "names",
    [
        ("TrainData.json", "TestData.json"),
        ("ner_train_v2.conll", "testset.csv"),
        ("trainset.txt", "test_2.txt"),
    ],
)
def test_splits_are_found_in_names_of_several_words(corpus, names):
    words, said = corpus(**dict.fromkeys(names, ANN))
    assert (list(words), said) == (["train", "test"], [])


def test_a_name_of_two_splits_names_none(corpus):
    words, said = corpus(**{"train.txt": ANN, "train_test.txt": OSLO})
    assert list(words) == ["train"]
    assert "train_test.txt" in said[0]


def test_a_folder_in_a_folder_is_the_data(corpus):
    words, _ = corpus(**{"a/b/train.txt": ANN, "a/b/dev.txt": OSLO})
    assert list(words) == ["train", "validation"]


def test_a_folder_of_a_format_that_is_not_read_is_named(corpus):
    with pytest.raises(DataError, match=r"r1\.con has i2b2 annotations without their text"):
        corpus(**{"r1.con": 'c="Ann" 1:0 1:0||t="per"', "r1.txt": "Ann ran."})
