"""What the Hub reads of this repository: its front matter, attributes and requirements."""

import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

from ner_core.runs import store
from tests.support.places import REPOSITORY

README = REPOSITORY / "README.md"
# https://huggingface.co/docs/hub/spaces-config-reference
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
LFS, PLAIN = "lfs", "unset"


@pytest.fixture(scope="module")
def front():
    from huggingface_hub import RepoCard

    card = RepoCard.load(README, ignore_metadata_errors=False)
    return card.data.to_dict()


def requirements(python=None):
    """Return the requirements that hold for a version of Python, by name."""
    lines = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    where = {**default_environment(), **({"python_version": python} if python else {})}
    chosen = [one for one in found if one.marker is None or one.marker.evaluate(where)]
    names = [one.name for one in chosen]
    assert len(set(names)) == len(names), f"two requirements for one package on Python {python}"
    return {one.name: one for one in chosen}


def test_the_space_runs_the_app_with_the_gradio_that_is_required(front):
    (pin,) = requirements()["gradio"].specifier
    assert front["sdk"] == "gradio"
    assert front["app_file"] == "app.py"
    assert (pin.operator, pin.version) == ("==", front["sdk_version"])
    assert version("gradio") == front["sdk_version"]
    assert {"oauth", "mcp"} <= requirements()["gradio"].extras


def test_the_space_runs_a_python_that_zero_gpu_has(front):
    assert front["python_version"] == "3.12.12"
    torch = requirements("3.12")["torch"].specifier
    assert torch.contains("2.8.0")
    assert torch.contains("2.11.0")
    assert not torch.contains("2.12.0")


def test_signing_in_asks_for_no_more_than_the_page_does(front):
    assert front["hf_oauth"] is True
    assert front["hf_oauth_expiration_minutes"] == 480
    # To create repositories and write to those; pull requests; to read what is the visitor's own.
    assert front["hf_oauth_scopes"] == ["contribute-repos", "write-discussions", "read-repos"]


def test_what_people_see_of_the_space(front):
    assert front["title"] == "NER Studio"
    assert len(front["short_description"]) <= 60
    assert {front["colorFrom"], front["colorTo"]} <= COLOURS
    assert front["license"] == "apache-2.0"
    assert "Apache License" in (REPOSITORY / "LICENSE").read_text(encoding="utf-8")
    assert front["suggested_hardware"] == "cpu-basic"
    assert "named-entity-recognition" in front["tags"]
    assert all(re.fullmatch(r"[a-z0-9-]+", tag) for tag in front["tags"])


def test_the_models_of_the_space_are_those_that_it_comes_with(front):
    from ner_core.models.sources import MINILM_ID

    assert front["models"] == [MINILM_ID]


def test_the_datasets_of_the_space_are_those_that_it_has_a_name_for(front):
    from ner_core.hub.repository_ids import ALIASES

    assert front["datasets"] == [dataset.repo for dataset in ALIASES.values()]


def test_the_front_matter_has_no_key_that_nobody_looked_at(front):
    assert set(front) == {
        *("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version"),
        *("app_file", "pinned", "license", "suggested_hardware", "short_description", "tags"),
        *("hf_oauth", "hf_oauth_expiration_minutes", "hf_oauth_scopes", "models", "datasets"),
    }


def filters(*paths):
    """Ask git which filter each path has."""
    done = subprocess.run(
        ["git", "check-attr", "-z", "filter", "--", *paths],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    fields = done.stdout.split("\0")
    return dict(zip(fields[0::3], fields[2::3], strict=False))


@pytest.fixture
def _checkout():
    if not (REPOSITORY / ".git").exists():
        pytest.skip("no checkout of git")


@pytest.mark.usefixtures("_checkout")
def test_weights_that_users_add_go_to_lfs_and_those_that_come_along_do_not():
    expected = {
        "ner_core/starter/adapter_model.safetensors": PLAIN,
        "model.safetensors": LFS,
        "models/mine/model.safetensors": LFS,
        "data/train.parquet": LFS,
        "model.onnx": LFS,
        "pytorch_model.bin": LFS,
        "docs/highlight.png": "unspecified",
        "ner_core/data/sample/train.txt": "unspecified",
    }
    assert filters(*expected) == expected


@pytest.mark.usefixtures("_checkout")
def test_what_is_committed_is_small_enough_for_everybody_who_clones():
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    sizes = {
        path: (REPOSITORY / path).stat().st_size
        for path in done.stdout.split("\0")
        if path and (REPOSITORY / path).is_file()
    }
    # The Hub takes files from 10 MiB on through LFS only.
    assert max(sizes.values()) < 10 * 2**20
    weights = [path for path in sizes if path.endswith(".safetensors")]
    assert weights == ["ner_core/starter/adapter_model.safetensors"]
    assert (REPOSITORY / weights[0]).read_bytes()[:7] != b"version", "a pointer, not the weights"


@pytest.mark.usefixtures("_checkout")
def test_pictures_and_text_are_told_apart():
    done = subprocess.run(
        ["git", "check-attr", "text", "eol", "--", "docs/highlight.png", "app.py"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "docs/highlight.png: text: unset",
        "docs/highlight.png: eol: lf",
        "app.py: text: auto",
        "app.py: eol: lf",
    ]


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12"])
def test_each_python_gets_one_version_of_everything(python):
    found = requirements(python)
    assert {"torch", "transformers", "gradio", "huggingface_hub"} <= set(found)
    assert all(one.specifier for one in found.values())
    assert "spaces" not in found  # a Space brings the one that fits its servers


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("NER_HOME")
    monkeypatch.delenv("SPACE_ID", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(store, "_SPACE_VOLUME", tmp_path / "data")
    return tmp_path


def notices(tab):
    return [
        block.value
        for block in tab.blocks.values()
        if getattr(block, "elem_id", None) == "ephemeral"
    ]


def train_tab():
    """Return a page that holds the tab."""
    from ner_studio.train.tab import TrainTab
    from tests.support.panels import build

    return build(TrainTab)[0]


LOST = (
    "This Space has no storage volume, so a restart deletes all runs and annotations. Download "
    "or publish what you want to keep."
)


@pytest.mark.slow
def test_runs_of_a_space_without_a_volume_are_lost_and_the_page_says_so(in_folder, monkeypatch):
    assert not store.is_ephemeral()
    assert notices(train_tab()) == []
    monkeypatch.setenv("SPACE_ID", "owner/space")
    assert store.is_ephemeral()
    assert store.home() == Path.cwd()
    assert notices(train_tab()) == [LOST]


def test_runs_on_a_volume_are_kept(in_folder, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "owner/space")
    (in_folder / "data").mkdir()
    assert store.home() == in_folder / "data"
    assert not store.is_ephemeral()
    assert notices(train_tab()) == []
    (in_folder / "data").rmdir()
    assert store.is_ephemeral()
    monkeypatch.setenv("NER_HOME", str(in_folder / "mine"))
    assert not store.is_ephemeral()
