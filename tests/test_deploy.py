"""This repository as a Space: which files belong to it, and what the Hub gets of them."""

import shutil
import subprocess

import pytest

from ner_core import PublishError, deploy
from tests.conftest import REPOSITORY
from tests.hub_client import SECRET
from tests.hub_server import Token

# huggingface_hub sends files by an argument that its transport has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")

BELONG = [
    ".ci/run",
    ".gitattributes",
    ".gitignore",
    "README.md",
    "app.py",
    "docs/a.png",
    "ner_core/starter/adapter_model.safetensors",
    "requirements.txt",
    "ui/theme.py",
]
DO_NOT = [
    ".env",
    ".venv/lib/site.py",
    "cache/estimates/lock",
    "exports/run.zip",
    "ner_core/__pycache__/a.pyc",
    "ner_core/.cache/token",
    "notes.txt",
    "runs/one/model/model.safetensors",
    "uploads/mine.txt",
]


@pytest.fixture
def folder(tmp_path):
    """Give a folder with what belongs to the repository, and with what does not."""
    folder = tmp_path / "clone"
    for path in [*BELONG, *DO_NOT]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode())
    for path in (".gitattributes", "README.md"):
        shutil.copy(REPOSITORY / path, folder)
    return folder


def git(folder, *arguments):
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_outside_of_git_the_files_are_found_by_their_places(folder):
    (folder / "ui" / "outside").symlink_to(folder / ".env")
    assert deploy.files_of(folder) == BELONG


def test_in_a_checkout_the_files_are_those_that_git_knows(folder):
    git(folder, "init")
    git(folder, "add", "app.py", "README.md", "notes.txt", "ui")
    (folder / "ui" / "theme.py").unlink()
    assert deploy.files_of(folder) == ["README.md", "app.py", "notes.txt"]


def test_a_folder_that_is_not_the_repository_is_a_sentence(tmp_path):
    with pytest.raises(PublishError) as refused:
        deploy.files_of(tmp_path)
    assert str(refused.value) == (
        f"Expected this repository with its README.md and app.py at {tmp_path}, found no such; "
        "run the command from a clone of it."
    )


def test_what_was_ours_is_removed_and_what_others_put_there_stays():
    there = ["README.md", "app.py", "ui/old.py", "tests/test_old.py", "data/theirs.csv", "mine.md"]
    assert deploy.to_remove(there, ["README.md", "app.py"]) == ["tests/test_old.py", "ui/old.py"]


def test_on_the_hub_every_binary_file_is_in_the_large_file_store(folder):
    text = deploy.attributes_for_hub((folder / ".gitattributes").read_text(encoding="utf-8"))
    (folder / ".gitattributes").write_text(text, encoding="utf-8")
    git(folder, "init")
    paths = ["docs/a.png", "ner_core/starter/adapter_model.safetensors", "a.parquet", "app.py"]
    done = subprocess.run(
        ["git", "check-attr", "filter", *paths],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split()[-1] for line in done.stdout.splitlines()] == [
        *("lfs", "lfs", "lfs"),
        "unspecified",
    ]


def test_the_binary_files_that_are_committed_are_all_known_as_such():
    binary = [
        path
        for path in deploy.files_of(REPOSITORY)
        if b"\0" in (REPOSITORY / path).read_bytes()[:8000]
    ]
    assert binary
    assert all(path.endswith(deploy._BINARY) for path in binary)


@pytest.mark.parametrize("name", ["space", "owner/space/more", "owner/", "../x", "owner/a b", ""])
def test_a_name_that_none_can_have_is_refused(name, refusal):
    assert refusal("deploy", name, "--dry-run") == (
        f"Expected the Space's name as OWNER/NAME, found {name!r}; use letters, digits, -, _ and "
        "dots."
    )


def test_a_dry_run_lists_the_files_and_asks_nobody(document, call):
    files = document("deploy", "owner/space", "--dry-run")["files"]
    assert {"app.py", "README.md", "requirements.txt", "ner_core/deploy.py"} <= set(files)
    code, out, _ = call("deploy", "owner/space", "--dry-run")
    assert (code, out.splitlines()) == (0, files)


def test_a_space_is_created_private_with_what_belongs_to_it(hub, document, call):
    done = document("deploy", "me/studio")
    space = hub.spaces["me/studio"]
    assert done == {
        "repo": "me/studio",
        "url": f"{hub.url}/spaces/me/studio",
        "created": True,
        "commit": space.commit("main"),
        "files": len(deploy.files_of(REPOSITORY)),
        "removed": [],
    }
    assert (space.private, space.sdk) == (True, "gradio")
    there = space.revisions["main"]
    assert sorted(there) == deploy.files_of(REPOSITORY)
    # All as they are here, the weights too; but for where the Hub keeps what.
    changed = [path for path in there if there[path] != (REPOSITORY / path).read_bytes()]
    assert changed == [".gitattributes"]
    assert b"-filter" not in there[".gitattributes"]
    weights = "ner_core/starter/adapter_model.safetensors"
    assert there[weights] in hub.stored.values()
    assert [commit[1] for commit in space.commits] == ["Deploy NER Studio"]
    # A second time nothing is sent.
    hub.requests.clear()
    assert document("deploy", "me/studio")["created"] is False
    assert len(space.commits) == 1
    assert "POST /api/repos/create" not in hub.requests


def test_an_update_changes_files_and_nothing_else(hub, folder, monkeypatch):
    deploy.deploy("me/studio", public=True, folder=folder)
    space = hub.spaces["me/studio"]
    assert not space.private
    space.revisions["main"]["theirs/data.csv"] = b"mine"
    (folder / "ui" / "theme.py").rename(folder / "ui" / "themes.py")
    (folder / "app.py").write_text("new", encoding="utf-8")
    hub.requests.clear()
    done = deploy.deploy("me/studio", folder=folder)
    assert done.removed == ("ui/theme.py",)
    there = space.revisions["main"]
    assert there["app.py"] == b"new"
    assert {"theirs/data.csv", "ui/themes.py"} <= set(there)
    assert "ui/theme.py" not in there
    assert space.commits[-1][2] == ["app.py", "ui/theme.py", "ui/themes.py"]
    assert not space.private
    never = ("create", "secrets", "variables", "hardware", "settings", "volumes")
    assert not [path for path in hub.requests if any(word in path for word in never)]


def test_each_refusal_of_the_hub_is_a_sentence(hub, folder, monkeypatch, refusal):
    hub.tokens[SECRET] = Token("me", role="read")
    assert refusal("deploy", "me/studio") == (
        f"Expected a token that may write to me/studio, found one without that right; make one of "
        f"the type write at {hub.url}/settings/tokens, or a fine-grained one with repo.write for "
        "me."
    )
    monkeypatch.delenv("HF_TOKEN")
    assert refusal("deploy", "me/studio") == (
        "Expected somebody who is signed in to the Hub, found no token; run hf auth login, or set "
        "HF_TOKEN."
    )
    assert hub.spaces == {}
