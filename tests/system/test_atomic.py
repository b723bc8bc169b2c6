import os
import time

import pytest

from ner_core.system import atomic


def write(path, text):
    """Write a file, or with several texts a folder of files."""
    with atomic.staged(path) as staging:
        if isinstance(text, str):
            staging.write_text(text)
        else:
            staging.mkdir()
            for name, part in text.items():
                (staging / name).write_text(part)


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / "a.json"
    for text in ("one", "two"):
        write(path, text)
        assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_written_and_replaced(tmp_path):
    path = tmp_path / "model"
    write(path, {"a": "one", "b": "two"})
    write(path, {"a": "three"})
    assert [(file.name, file.read_text()) for file in path.iterdir()] == [("a", "three")]
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_there_until_the_end(tmp_path):
    path = tmp_path / "a"
    with atomic.staged(path) as staging:
        staging.write_text("one")
        assert not path.exists()
    assert path.read_text() == "one"


@pytest.mark.parametrize("text", ["one", {"a": "one"}])
def test_a_write_that_fails_changes_nothing(tmp_path, text):
    path = tmp_path / "a"
    write(path, text)
    with pytest.raises(OSError, match="full"), atomic.staged(path) as staging:  # noqa: PT012
        staging.write_text("half")
        raise OSError("full")
    assert list(tmp_path.iterdir()) == [path]
    assert (path if isinstance(text, str) else path / "a").read_text() == "one"


def test_a_folder_with_files_is_kept_where_it_is_not_to_be_replaced(tmp_path):
    path = tmp_path / "a"
    write(path, {"a": "one"})
    with pytest.raises(OSError), atomic.staged(path, replace=False) as staging:  # noqa: PT011
        staging.mkdir()
    assert (path / "a").read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_the_longest_name_can_be_written(tmp_path):
    path = tmp_path / ("a" * 255)
    write(path, "one")
    assert path.read_text() == "one"


def test_files_get_the_usual_rights(tmp_path):
    usual = tmp_path / "usual"
    usual.touch()
    atomic.write_text(tmp_path / "a", "ä")
    assert (tmp_path / "a").read_bytes() == "ä".encode()
    assert (tmp_path / "a").stat().st_mode == usual.stat().st_mode


def test_what_a_killed_write_left_is_deleted(tmp_path):
    (tmp_path / "mine").touch()
    left = atomic.staged(tmp_path / "model")
    left.__enter__().write_text("half")
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    atomic.delete_leftovers(tmp_path, older_than=60)
    assert folder.is_dir()
    hour_ago = time.time() - 3600
    os.utime(folder, (hour_ago, hour_ago))
    atomic.delete_leftovers(tmp_path, older_than=60)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
