"""This repository as a Space: which files belong to it, and what the Hub gets of them."""

import shutil
import subprocess

import pytest
from huggingface_hub import HfApi, constants
from huggingface_hub.utils import httpx

from ner_core.errors import PublishError
from ner_core.hub import client
from ner_core.publishing import space as deploy
from tests.support.hub_client import SECRET
from tests.support.hub_server import Repo, Token
from tests.support.places import REPOSITORY

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
    "ner_studio/base/theme.py",
    "requirements.txt",
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
    """Return a folder with what belongs to the repository, and with what does not."""
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
    (folder / "ner_studio" / "outside").symlink_to(folder / ".env")
    assert deploy.files_of(folder) == BELONG


def test_in_a_checkout_the_files_are_those_that_git_knows(folder):
    git(folder, "init")
    git(folder, "add", "app.py", "README.md", "notes.txt", "ner_studio")
    (folder / "ner_studio" / "base" / "theme.py").unlink()
    assert deploy.files_of(folder) == ["README.md", "app.py", "notes.txt"]


def refused(folder):
    with pytest.raises(PublishError) as caught:
        deploy.files_of(folder)
    return str(caught.value)


def test_a_checkout_of_which_git_says_nothing_is_not_sent(folder, monkeypatch):
    """What lies in it untracked may be anything."""
    git(folder, "init")
    git(folder, "add", ".")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", "")
        assert refused(folder) == (
            f"Can't list the files of the checkout in {folder} without git. Install git."
        )
    (folder / ".git" / "index").write_bytes(b"no index")
    said = refused(folder)
    assert said.startswith(f"git can't list what belongs to the checkout in {folder} (fatal: ")
    assert "index" in said
    assert said.endswith("). Correct that, and try again.")
    assert "\n" not in said


def test_a_folder_that_is_not_the_repository_is_a_sentence(tmp_path):
    assert refused(tmp_path) == (
        f"{tmp_path} isn't this repository: it has no README.md or app.py. Run the command from a "
        "clone."
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


@pytest.mark.parametrize("name", ["space", "owner/", "../x", "owner/a b", "me/ner--x", "me/n.git"])
def test_a_name_that_none_can_have_is_refused(name, refusal):
    assert refusal("deploy", name, "--dry-run") == (
        f"{name!r} can't be the name of a Space. Write OWNER/NAME, each of letters, digits and _, "
        "inside also - and . (no -- or .., and no .git at its end), at most 96 characters long."
    )


def test_a_dry_run_lists_the_files_and_asks_nobody(document, call):
    files = document("deploy", "owner/space", "--dry-run")["files"]
    assert {"app.py", "README.md", "requirements.txt", "ner_core/publishing/space.py"} <= set(files)
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
        "private": True,
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
    theme = folder / "ner_studio" / "base" / "theme.py"
    theme.rename(theme.with_name("themes.py"))
    (folder / "app.py").write_text("new", encoding="utf-8")
    hub.requests.clear()
    done = deploy.deploy("me/studio", folder=folder)
    assert done.removed == ("ner_studio/base/theme.py",)
    there = space.revisions["main"]
    assert there["app.py"] == b"new"
    assert {"theirs/data.csv", "ner_studio/base/themes.py"} <= set(there)
    assert "ner_studio/base/theme.py" not in there
    assert space.commits[-1][2] == [
        "app.py",
        "ner_studio/base/theme.py",
        "ner_studio/base/themes.py",
    ]
    assert not space.private
    never = ("create", "secrets", "variables", "hardware", "settings", "volumes")
    assert not [path for path in hub.requests if any(word in path for word in never)]


def test_each_refusal_of_the_hub_is_a_sentence(hub, folder, monkeypatch, refusal):
    hub.tokens[SECRET] = Token("me", role="read")
    assert refusal("deploy", "me/studio") == (
        f"Your token can't write to me/studio. Make a write token at {hub.url}/settings/tokens, "
        "or a fine-grained one with repo.write for me."
    )
    monkeypatch.delenv("HF_TOKEN")
    assert refusal("deploy", "me/studio") == ("Not signed in. Run `hf auth login` or set HF_TOKEN.")
    assert hub.spaces == {}


def test_a_space_of_somebody_else_is_refused_before_anything_is_sent(hub, refusal):
    hub.spaces["other/studio"] = Repo(sdk="gradio")
    for name in ("studio", "new"):
        assert refusal("deploy", f"other/{name}") == (
            f"other/{name} belongs to other. Signed in as me, you can write to repositories of me "
            f"or acme only: choose me/{name}."
        )
    assert not [request for request in hub.requests if not request.startswith("GET")]


def test_a_private_space_that_is_to_be_public_is_refused(hub, refusal, call):
    hub.spaces["me/studio"] = Repo(sdk="gradio", private=True)
    assert refusal("deploy", "me/studio", "--public") == (
        "Nothing sent: me/studio is already private, but you asked for public. Make it public at "
        f"{hub.url}/spaces/me/studio/settings first, or don't ask for public."
    )
    assert hub.spaces["me/studio"].commits == []
    code, out, _ = call("deploy", "me/studio")
    assert (code, out) == (0, f"{hub.url}/spaces/me/studio (private)\n")


def test_a_server_without_xet_is_named_with_the_way_on(hub, folder, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    said = {"X-Error-Message": "Not part of this server"}
    hub.fail("/api/spaces/me/studio/xet-write-token", status=404, headers=said)
    with pytest.raises(PublishError) as caught:
        deploy.deploy("me/studio", folder=folder)
    assert str(caught.value) == (
        f"Xet storage can't be used at {hub.url} (404: Not part of this server). Set "
        "HF_HUB_DISABLE_XET=1 to send the files without it, and try again."
    )


CONNECTION = (
    "Lost the connection each time while writing to me/studio. Try again: files already stored "
    "aren't sent again."
)
SILENT = (
    "127.0.0.1 did not answer within 2 seconds while writing to me/studio. Try again later: "
    "files already stored aren't sent again."
)
ERROR = (
    "The Hub failed with error 500 while writing to me/studio. Try again in a few minutes: files "
    "already stored aren't sent again."
)
OFTEN = "Too many requests to the Hub (429): can't write to me/studio now. Try again in"
RIGHT = (
    "Your token can't write to me/studio. Make a write token at HUB/settings/tokens, or a "
    "fine-grained one with repo.write for me."
)
UNKNOWN = "The Hub doesn't accept your token (401): run hf auth login, or set HF_TOKEN."
GONE = "The Hub has no repository me/studio that you can see. Check its name."
TAKEN = "The name me/studio is taken. Choose another one."
CHANGED = "Someone else changed me/studio meanwhile. Try again."
LIST, CREATE = "/api/spaces/me/studio", "/api/repos/create"
PREUPLOAD, COMMIT = "/api/spaces/me/studio/preupload", "/api/spaces/me/studio/commit"
BATCH, LARGE = "/spaces/me/studio.git/info/lfs", "/large/"
WAIT, MISSING = {"Retry-After": "5"}, {"X-Error-Code": "RepoNotFound"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "failure", "message"),
    [
        (LIST, {"status": 401}, UNKNOWN),
        (CREATE, {"status": 401}, UNKNOWN),
        (COMMIT, {"status": 401}, UNKNOWN),
        (CREATE, {"status": 403}, RIGHT),
        (PREUPLOAD, {"status": 403}, RIGHT),
        (LARGE, {"status": 403}, RIGHT),
        (COMMIT, {"status": 403}, RIGHT),
        (PREUPLOAD, {"status": 404, "headers": MISSING}, GONE),
        (COMMIT, {"status": 404, "headers": MISSING}, GONE),
        (CREATE, {"status": 409, "body": b'{"url": ""}'}, TAKEN),
        (COMMIT, {"status": 409}, CHANGED),
        (COMMIT, {"status": 412}, CHANGED),
        (LIST, {"status": 429, "headers": WAIT}, f"{OFTEN} 5 seconds."),
        (LARGE, {"status": 429, "headers": WAIT}, f"{OFTEN} 5 seconds."),
        (COMMIT, {"status": 429, "headers": WAIT}, f"{OFTEN} 5 seconds."),
        (COMMIT, {"status": 429}, f"{OFTEN} a few minutes."),
        (LIST, {"status": 500}, ERROR),
        (CREATE, {"status": 500}, ERROR),
        (BATCH, {"status": 500}, ERROR),
        (COMMIT, {"status": 500}, ERROR),
        (LIST, {"cut_after": 0}, CONNECTION),
        (LARGE, {"cut_after": 5, "method": "PUT"}, CONNECTION),
        (COMMIT, {"cut_after": 100}, CONNECTION),
        (CREATE, {"hang_seconds": 60}, SILENT),
        (LARGE, {"hang_seconds": 60}, SILENT),
        (COMMIT, {"hang_seconds": 60}, SILENT),
    ],
)
def test_each_failure_is_one_sentence_and_the_next_call_does_it(
    hub, folder, monkeypatch, path, failure, message
):
    if "hang_seconds" in failure:  # all other calls have the time that they need
        monkeypatch.setattr(client, "SILENT_SECONDS", 2)
    hub.fail(path, **failure)
    with pytest.raises(PublishError) as caught:
        deploy.deploy("me/studio", folder=folder)
    assert str(caught.value) == message.replace("HUB", hub.url)
    hub.failures.clear()
    monkeypatch.setattr(client, "SILENT_SECONDS", 60.0)
    deploy.deploy("me/studio", folder=folder)
    assert sorted(hub.spaces["me/studio"].revisions["main"]) == BELONG


@pytest.mark.parametrize("path", [LIST, CREATE, PREUPLOAD, BATCH, LARGE, COMMIT])
@pytest.mark.parametrize("failure", [{"status": 500}, {"status": 503}, {"cut_after": 10}])
def test_a_single_failure_passes(hub, folder, path, failure):
    hub.fail(path, times=1, **failure)
    assert deploy.deploy("me/studio", folder=folder).created
    assert sorted(hub.spaces["me/studio"].revisions["main"]) == BELONG


def test_a_commit_whose_answer_was_lost_is_not_made_twice(hub, folder, monkeypatch):
    deploy.deploy("me/studio", folder=folder)
    theme = folder / "ner_studio" / "base" / "theme.py"
    theme.rename(theme.with_name("themes.py"))
    create_commit, lost = HfApi.create_commit, []

    def lose_the_first(self, *args, **options):
        done = create_commit(self, *args, **options)
        if not lost:
            lost.append(done)
            raise httpx.ReadError("lost")
        return done

    monkeypatch.setattr(HfApi, "create_commit", lose_the_first)
    done = deploy.deploy("me/studio", folder=folder)
    assert (done.commit, done.removed) == (lost[0].oid, ("ner_studio/base/theme.py",))
    assert len(hub.spaces["me/studio"].commits) == 2


def test_a_file_that_goes_meanwhile_is_a_sentence(hub, folder, monkeypatch):
    def lose(*_args, **_options):
        (folder / "app.py").unlink()
        return (folder / "app.py").open()

    monkeypatch.setattr(HfApi, "create_commit", lose)
    with pytest.raises(PublishError) as caught:
        deploy.deploy("me/studio", folder=folder)
    assert str(caught.value) == (
        "A file went missing while writing to me/studio (No such file or directory). If you "
        f"renamed or deleted the files in {folder}, put them back and try again."
    )
