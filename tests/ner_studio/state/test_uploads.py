"""Uploaded files are kept whole, once, under the names that people gave them."""

import threading
from pathlib import Path

import pytest

from ner_core.config import TrainConfig
from ner_core.data.splits import find_splits
from ner_core.errors import DataError
from ner_core.runs import store
from ner_studio.state import uploads


def write(folder, **contents):
    paths = []
    for name, content in contents.items():
        path = folder / f"{name}.conll"
        path.write_bytes(content)
        paths.append(str(path))
    return paths


def test_one_file_is_kept_as_a_file_and_several_as_a_folder(tmp_path):
    paths = write(tmp_path, train=b"a O\n", dev=b"b O\n")
    one = Path(uploads.keep(paths[:1]))
    assert one.read_bytes() == b"a O\n"
    several = Path(uploads.keep(paths))
    assert sorted(file.name for file in several.iterdir()) == ["dev.conll", "train.conll"]
    assert Path(uploads.keep(paths)) == several


def test_names_that_become_one_are_all_kept(tmp_path):
    paths = []
    for number, name in enumerate(("a b", "a  b", "a\u200b b")):
        paths += write(tmp_path, **{name: str(number).encode()})
    kept = Path(uploads.keep(paths))
    assert sorted(file.read_text() for file in kept.iterdir()) == ["0", "1", "2"]


def test_the_same_upload_at_the_same_time_is_kept_whole(tmp_path):
    contents = {name: name.encode() * 500_000 for name in ("train", "dev", "test")}
    paths = write(tmp_path, **contents)
    kept, threads = [], []
    for _ in range(6):
        threads.append(threading.Thread(target=lambda: kept.append(uploads.keep(paths))))
        threads[-1].start()
    for thread in threads:
        thread.join(60)
    assert len(kept) == 6
    assert len(set(kept)) == 1
    files = {file.name: file.stat().st_size for file in Path(kept[0]).iterdir()}
    assert files == {f"{name}.conll": len(content) for name, content in contents.items()}
    folder = Path(kept[0]).parent
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_names_stay_and_what_is_unsafe_in_them_does_not(tmp_path):
    names = ["Menü reviews (1).jsonl", ".hidden", "\u202etxt.exe", "ü" * 120 + ".json"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    kept = [Path(uploads.keep([str(tmp_path / name)])) for name in names]
    assert [file.name for file in kept[:3]] == [names[0], "hidden", "txt.exe"]
    assert kept[3].suffix == ".json"
    assert len(kept[3].name.encode()) <= 150
    assert [file.read_text() for file in kept] == names
    assert {file.parent.parent for file in kept} == {store.home() / "uploads"}


def test_programs_among_others_are_data_too(tmp_path):
    paths = [tmp_path / "train.py", tmp_path / "dev.py"]
    for path in paths:
        path.write_text(f"# {path.name}")
    kept = Path(uploads.keep(list(map(str, paths))))
    assert sorted(find_splits(kept)) == ["train", "validation"]


def test_a_run_of_several_files_has_the_name_that_they_share(tmp_path):
    paths = write(tmp_path, menu_reviews_train=b"a O\n", menu_reviews_dev=b"b O\n")
    kept = uploads.keep(paths)
    assert store.create(TrainConfig(data=kept)).title == "Menu reviews · balanced"


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (0, "There is no file with annotated sentences yet. Choose one."),
        (
            4,
            "4 files were chosen, and at most 3 can be used (train, validation, test). Remove some "
            "of them.",
        ),
    ],
)
def test_too_few_and_too_many_files_are_a_sentence(tmp_path, count, sentence):
    paths = write(tmp_path, **{f"f{number}": b"" for number in range(count)})
    with pytest.raises(DataError) as caught:
        uploads.keep(paths)
    assert str(caught.value) == sentence


def test_an_upload_that_is_too_large_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 2**20)
    with pytest.raises(DataError) as caught:
        uploads.keep(write(tmp_path, big=b"x" * (2**20 + 1)))
    assert str(caught.value) == (
        "The files have 1.0 MB, and the page reads at most 1 MB. Train on them from the command "
        "line."
    )
