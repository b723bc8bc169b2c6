"""Where the runs are kept: the home, on a machine and on a Space."""

import os
from pathlib import Path

import pytest

from ner_core.config import TrainConfig
from ner_core.runs import store

CONFIG = TrainConfig()


def test_the_home_is_read_when_it_is_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("NER_HOME", str(tmp_path / "one"))
    first = store.create(CONFIG, "a")
    monkeypatch.setenv("NER_HOME", str(tmp_path / "two"))
    second = store.create(CONFIG, "a")
    assert first.path == tmp_path / "one" / "runs" / "a"
    assert second.path == tmp_path / "two" / "runs" / "a"
    assert store.home() == tmp_path / "two"
    assert store.runs_dir() == tmp_path / "two" / "runs"


def test_the_home_may_be_relative_or_start_at_the_user(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NER_HOME", "here")
    assert store.home() == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NER_HOME", "~/there")
    assert store.home() == tmp_path / "there"


@pytest.mark.parametrize("given", [None, ""])
def test_without_a_choice_the_home_is_the_working_directory(tmp_path, monkeypatch, given):
    monkeypatch.delenv("NER_HOME")
    monkeypatch.delenv("SPACE_ID", raising=False)
    if given is not None:
        monkeypatch.setenv("NER_HOME", given)
    monkeypatch.chdir(tmp_path)
    assert store.home() == tmp_path


@pytest.mark.parametrize(
    ("space", "volume_is_there", "chosen", "home"),
    [
        (True, True, False, "volume"),
        (True, False, False, "work"),
        (False, True, False, "work"),
        (True, True, True, "chosen"),
    ],
)
def test_on_a_space_the_home_is_its_volume(
    tmp_path, monkeypatch, space, volume_is_there, chosen, home
):
    (tmp_path / "work").mkdir()
    if volume_is_there:
        (tmp_path / "volume").mkdir()
    monkeypatch.setattr(store, "_SPACE_VOLUME", tmp_path / "volume")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("NER_HOME")
    monkeypatch.delenv("SPACE_ID", raising=False)
    if space:
        monkeypatch.setenv("SPACE_ID", "owner/space")
    if chosen:
        monkeypatch.setenv("NER_HOME", str(tmp_path / "chosen"))
    assert store.home() == tmp_path / home


def test_the_volume_of_a_space_is_slash_data():
    assert Path("/data") == store._SPACE_VOLUME


def test_a_volume_that_cannot_be_written_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr(store, "_SPACE_VOLUME", tmp_path)
    monkeypatch.delenv("NER_HOME")
    monkeypatch.setenv("SPACE_ID", "owner/space")
    assert store.home() == Path.cwd()
