"""Deleted runs are kept for a while, and deleted for good by whoever comes first."""

import os
import threading

import pytest

from ner_core.config import TrainConfig
from ner_core.errors import RunError
from ner_core.runs import store, trash
from ner_core.system import locks

GONE = "This run can't be brought back any more: its files were deleted."


def make(run_id="a"):
    run = store.create(TrainConfig(), run_id)
    run.model_dir.mkdir()
    (run.model_dir / "model.safetensors").write_bytes(b"weights")
    return run


@pytest.fixture
def later(monkeypatch):
    """Let the time of all deleted runs be over."""
    return lambda: monkeypatch.setattr(trash, "KEPT_SECONDS", -1.0)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_deleted_run_is_no_run_and_comes_back_as_it_was():
    run = make()
    created = run.created_ns()
    trash.put_aside(run)
    assert store.list_runs() == []
    assert not store.exists("a")
    assert trash.restore(trash.find("a")) == run == store.get("a")
    assert (run.created_ns(), names_in(run.model_dir)) == (created, ["model.safetensors"])
    assert names_in(trash.trash_dir()) == []


def test_a_run_that_nobody_deleted_is_not_found(ner_home):
    for run_id in ("", "a", "..", "../a"):
        with pytest.raises(RunError) as caught:
            trash.find(run_id)
        assert str(caught.value) == GONE


def test_the_last_of_several_with_one_id_comes_back():
    for content in (b"1", b"2"):
        run = make()
        (run.model_dir / "config.json").write_bytes(content)
        trash.put_aside(run)
    trash.restore(trash.find("a"))
    assert (store.get("a").model_dir / "config.json").read_bytes() == b"2"
    with pytest.raises(RunError) as caught:
        trash.restore(trash.find("a"))
    assert str(caught.value) == (
        "This run can't be brought back: there is another one with the id a. Delete that one first."
    )


def test_a_run_at_work_is_not_put_aside():
    run = make()
    fd = locks.acquire(run.lock_path)
    with pytest.raises(RunError, match="Run a can't be deleted while it is"):
        trash.put_aside(run)
    os.close(fd)
    assert store.exists("a")


def test_only_what_is_old_is_swept(later):
    trash.put_aside(make("a"))
    trash.sweep()
    assert trash.find("a").id == "a"
    later()
    trash.put_aside(make("b"))
    assert names_in(trash.trash_dir()) == []


def test_the_next_deletion_sweeps(later, monkeypatch):
    trash.put_aside(make("a"))
    later()
    trash.sweep()
    monkeypatch.undo()
    with pytest.raises(RunError) as caught:
        trash.find("a")
    assert str(caught.value) == GONE


def test_what_a_killed_process_left_is_swept_and_nothing_else(ner_home):
    kept = make("kept")
    for folder in (store.runs_dir(), trash.trash_dir()):
        (folder / ".gone-12ab" / "model").mkdir(parents=True)
    (trash.trash_dir() / "notes.txt").write_text("somebody's")
    trash.sweep()
    assert names_in(store.runs_dir()) == [".trash", "kept"]
    assert names_in(trash.trash_dir()) == ["notes.txt"]
    assert store.list_runs() == [kept]


def test_a_sweep_where_nothing_was_ever_deleted(ner_home):
    trash.sweep()
    assert not trash.trash_dir().exists()


def test_of_many_who_sweep_and_restore_at_once_one_wins(later):
    """A run is brought back whole, or it is gone; nobody sees a part of it."""
    for number in range(20):
        trash.put_aside(make(f"r{number}"))
    deleted = [trash.find(f"r{number}") for number in range(20)]
    later()
    restored, refused = [], []

    def restore():
        for run in deleted:
            try:
                restored.append(trash.restore(run).id)
            except RunError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=act) for act in (trash.sweep, restore, trash.sweep)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(refused) <= {GONE}
    assert sorted(restored) == sorted(run.id for run in store.list_runs())
    assert all(names_in(run.model_dir) == ["model.safetensors"] for run in store.list_runs())
    assert names_in(trash.trash_dir()) == []
