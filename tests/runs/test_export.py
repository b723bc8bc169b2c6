import os
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from ner_core.config import TrainConfig
from ner_core.errors import RunError
from ner_core.runs import export, store
from ner_core.runs.run import Run

DISK = namedtuple("DISK", "total used free")


@pytest.fixture
def run():
    return store.create(TrainConfig(), "a-run")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "exports"


def trained(run, model=None):
    """Return a run what a finished one has: a model, a report and events."""
    if model:
        shutil.copytree(model, run.model_dir)
    else:
        (run.model_dir / "more").mkdir(parents=True)
        (run.model_dir / "model.safetensors").write_bytes(b"\0" * 1000)
        (run.model_dir / "more" / "x.json").write_text("{}")
    run.report_path.write_text('{"run": "a-run"}')
    run.events_path.write_text("{}\n")
    return run


def names(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_an_archive_holds_the_model_and_what_belongs_to_it(run, folder):
    path = export.archive_model(trained(run), folder)
    assert path == folder / "a-run.zip"
    assert names(path) == [
        "a-run/model/model.safetensors",
        "a-run/model/more/x.json",
        "a-run/report.json",
        "a-run/config.json",
    ]
    with zipfile.ZipFile(path) as archive:
        assert archive.read("a-run/report.json") == run.report_path.read_bytes()
    assert [entry.name for entry in folder.iterdir()] == ["a-run.zip"]


def test_an_extracted_model_loads_with_transformers(run, folder, tiny_model, tmp_path):
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    path = export.archive_model(trained(run, tiny_model), folder)
    shutil.unpack_archive(path, tmp_path / "out")
    model = tmp_path / "out" / "a-run" / "model"
    loaded = AutoModelForTokenClassification.from_pretrained(model)
    assert loaded.config.id2label[1] == "B-LOC"
    assert AutoTokenizer.from_pretrained(model)("Ann").input_ids


def test_an_archive_of_the_same_files_is_used_again(run, folder):
    first = export.archive_model(trained(run), folder)
    os.utime(first, ns=(1, 1))
    inode = first.stat().st_ino
    assert export.archive_model(run, folder).stat().st_ino == inode
    assert first.stat().st_mtime_ns > 1  # it counts as asked for now


@pytest.mark.parametrize("change", ["weights", "report", "damage"])
def test_an_archive_of_other_files_is_made_anew(run, folder, change):
    first = export.archive_model(trained(run), folder)
    inode = first.stat().st_ino
    if change == "weights":
        (run.model_dir / "model.safetensors").write_bytes(b"\1" * 1000)
    elif change == "report":
        run.report_path.unlink()
    else:
        first.write_bytes(first.read_bytes()[:-30])
    again = export.archive_model(run, folder)
    assert again.stat().st_ino != inode
    assert ("a-run/report.json" in names(again)) == (change != "report")


def test_an_archive_of_an_earlier_run_of_the_same_id_is_not_used(run, folder):
    path = export.archive_model(trained(run), folder)
    other = store.create(TrainConfig(seed=7), "other")
    (other.model_dir).mkdir()
    (other.model_dir / "model.safetensors").write_bytes(b"\2" * 1000)
    store.delete(run)
    os.utime(other.model_dir / "model.safetensors", ns=(1, 1))  # older than the archive
    other.path.rename(run.path)
    assert export.archive_model(run, folder) == path
    with zipfile.ZipFile(path) as archive:
        assert archive.read("a-run/model/model.safetensors") == b"\2" * 1000


def test_links_in_a_model_folder_are_not_followed(run, folder, tmp_path):
    (tmp_path / "secret").write_text("secret")
    trained(run)
    (run.model_dir / "link").symlink_to(tmp_path / "secret")
    assert "a-run/model/link" not in names(export.archive_model(run, folder))


def test_a_run_without_a_model(run, folder):
    with pytest.raises(RunError) as caught:
        export.archive_model(run, folder)
    assert str(caught.value) == (
        "Run a-run has no model. A run has one once it finishes, or is stopped after its first "
        "evaluation."
    )


@pytest.mark.parametrize("name", ["../a-run", "/etc", "a/../a-run", "", ".", "a-run\n"])
def test_a_name_that_is_no_run_id_makes_no_file(run, folder, name):
    with pytest.raises(RunError) as caught:
        export.archive_model(Run(name, trained(run).path), folder)
    assert str(caught.value) == (
        f"{name!r} can't be a run's id, which has only letters, digits, - and _. List your runs "
        "with `python -m ner_core runs`."
    )
    assert not folder.exists()


def test_the_folder_of_a_run_is_found_by_its_id_only(run, folder, tmp_path):
    trained(run)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "model").mkdir()
    (tmp_path / "etc" / "model" / "secret").write_text("secret")
    path = export.archive_model(Run("a-run", tmp_path / "etc"), folder)
    assert "a-run/model/secret" not in names(path)


def test_no_room(run, folder, monkeypatch):
    trained(run)
    monkeypatch.setattr(export.shutil, "disk_usage", lambda _: DISK(2**30, 2**30, 3 * 2**20))
    with pytest.raises(RunError) as caught:
        export.archive_model(run, folder)
    assert str(caught.value) == (
        f"The files of run a-run need 16 MB at {folder}, but only 3 MB are free. Delete a run, or "
        "set NER_HOME to another folder."
    )


def test_a_disk_that_fills_up_leaves_nothing_behind(run, folder, monkeypatch):
    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    trained(run)
    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    with pytest.raises(RunError) as caught:
        export.archive_model(run, folder)
    assert str(caught.value) == (
        f"Can't write the files of run a-run to {folder}: No space left on device. Make room, or "
        "set NER_HOME to another folder."
    )
    assert list(folder.iterdir()) == []


def test_what_is_exported_of_a_finished_run(run):
    exported = export.export_run(trained(run))
    assert exported == [
        store.home() / "exports" / name
        for name in ("a-run.zip", "report-a-run.json", "events-a-run.jsonl")
    ]
    assert exported[1].read_bytes() == run.report_path.read_bytes()
    export.drop_exports("a-run")
    assert list(export.exports_dir().iterdir()) == []


def test_what_is_exported_of_a_run_without_a_model(run):
    with pytest.raises(RunError) as caught:
        export.export_run(run)
    assert str(caught.value) == (
        "Run a-run has nothing to download yet, no events and no model. Wait until it starts."
    )
    run.events_path.write_text("{}\n")
    assert [path.name for path in export.export_run(run)] == ["events-a-run.jsonl"]


def test_only_what_was_exported_last_is_kept():
    for number in range(7):
        exported = export.export_run(trained(store.create(TrainConfig(), f"r-{number}")))
        for path in exported:
            os.utime(path, (number, number))
    folder = export.exports_dir()
    (folder / ".ner-writing-crashed").mkdir()
    os.utime(folder / ".ner-writing-crashed", (1, 1))
    (folder / ".ner-writing-of-now").mkdir()
    (folder / "a friend's.txt").touch()
    export.export_run(store.get("r-4"))
    assert {path.name for path in folder.iterdir()} == {
        *(f"r-{number}.zip" for number in (3, 4, 5, 6)),
        *(f"report-r-{number}.json" for number in (3, 4, 5, 6)),
        *(f"events-r-{number}.jsonl" for number in (3, 4, 5, 6)),
        ".ner-writing-of-now",
        "a friend's.txt",
    }


def test_exports_lie_in_the_home_that_is_set(monkeypatch, tmp_path):
    monkeypatch.setenv("NER_HOME", str(tmp_path / "elsewhere"))
    assert export.exports_dir() == Path(tmp_path / "elsewhere" / "exports")
