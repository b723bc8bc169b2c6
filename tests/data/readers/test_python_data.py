import pytest

from ner_core.data.readers.formats import format_of
from ner_core.data.readers.python_data import looks_like_python_data, read_python_data
from ner_core.data.readers.sentence import ReadOptions
from ner_core.errors import DataError
from tests.support.records import pairs

ANN = '("Ann left", {"entities": [(0, 3, "PER")]})'


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "train.py"
        path.write_text(text)
        assert format_of(path).name == "Python"
        return pairs(read_python_data(path, ReadOptions()))

    return read


@pytest.mark.parametrize(
    "text",
    [
        f"TRAIN_DATA = [{ANN}]\n",
        f'"""Data."""\nimport spacy\n\nDATA: list = [\n    {ANN},  # one\n]\nspacy.run()\n',
        f"A = [\n{ANN}\n]\nn = 3\nB = open('x')\n",
    ],
)
def test_a_list_with_a_name_is_read(read, text):
    assert read(text) == ["Ann B-PER | left O"]


def test_of_several_lists_the_longest_is_read(read):
    assert read(f"TEST = [{ANN}]\nTRAIN = [{ANN}, {ANN}]\n") == [
        "the longest list, TRAIN, was read, and TEST ignored",
        "Ann B-PER | left O",
        "Ann B-PER | left O",
    ]


def test_nothing_is_run(read, tmp_path):
    read(f"DATA = [{ANN}]\nopen({str(tmp_path / 'ran')!r}, 'w')\n")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('DATA = [("Ann", names())]\n', "it has no list of texts with spans"),
        ('DATA = [("Ann", {)]\n', "it isn't valid"),
        ('DATA = [("Ann", ' + "(" * 10_000 + "\n", "it isn't valid"),
        ('DATA = [("Ann", ' + "-" * 100_000 + "1)]\n", "this looks like Python"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path, text, reason):
    path = tmp_path / "train.py"
    path.write_text(text)
    assert looks_like_python_data(text.encode())
    with pytest.raises(DataError) as caught:
        list(read_python_data(path, ReadOptions()))
    assert reason in str(caught.value)
    assert "to a JSON file (json.dump)." in str(caught.value)
