"""The command that publishes, and that the token is nowhere afterwards."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import huggingface_hub
import pytest

from ner_core.annotations import store as annotations
from tests.support.hub_client import SECRET, contents, finished_run, turn_to
from tests.support.hub_server import Repo
from tests.support.places import REPOSITORY

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")


@pytest.fixture
def hub(server, monkeypatch, tmp_path):
    """Return the Hub; what its client keeps is in the home, where the token is looked for."""
    turn_to(server, monkeypatch, tmp_path / "hf")
    yield server
    huggingface_hub.close_session()


@pytest.fixture
def run(tiny_model):
    return finished_run(tiny_model)


def test_the_command_publishes_and_tells_where(hub, run, call, document):
    told = document("publish", "done", "--repo", "me/ner", "--message", "The first")
    commit = hub.models["me/ner"].commit("main")
    assert told == {
        "run": "done",
        "repo": "me/ner",
        "url": f"{hub.url}/me/ner",
        "commit": commit,
        "pull_request": None,
        "changed": True,
        "card_replaced": False,
        "card_kept": [],
        "private": True,
    }
    assert hub.models["me/ner"].private
    assert hub.models["me/ner"].commits[0][1] == "The first"
    code, out, _ = call("publish", "done", "--repo", "me/ner")
    assert (code, out) == (
        0,
        f"{hub.url}/me/ner already has all of it (private, commit {commit[:8]})\n",
    )


def test_the_command_says_that_a_card_was_replaced(hub, run, call):
    hub.models["me/ner"] = Repo({"main": {"README.md": b"mine"}})
    _, out, _ = call("publish", "done", "--repo", "me/ner")
    commit = hub.models["me/ner"].commit("main")
    assert out == (
        f"published: {hub.url}/me/ner (public, commit {commit[:8]})\nits README.md is new; the "
        "old one is in the repository's history\n"
    )


def test_public_and_pull_requests(hub, run, call):
    code, out, _ = call("publish", "done", "--repo", "me/open", "--public")
    commit = hub.models["me/open"].commit("main")
    assert (code, out) == (0, f"published: {hub.url}/me/open (public, commit {commit[:8]})\n")
    assert not hub.models["me/open"].private
    hub.models["other/ner"] = Repo()
    code, out, _ = call("publish", "done", "--repo", "other/ner", "--pr")
    assert (code, out) == (0, f"proposed: {hub.url}/other/ner/discussions/1 (public)\n")


def test_what_was_taken_over_is_said(hub, run, call):
    hub.models["me/ner"] = Repo({"main": {"README.md": b"---\nlicense: mit\n---\nmine"}})
    _, out, _ = call("publish", "done", "--repo", "me/ner")
    assert out.splitlines()[1:] == [
        "its README.md is new; the old one is in the repository's history",
        "kept from the old README.md: license",
    ]


def test_a_wish_that_is_not_met_is_refused(hub, run, call):
    hub.models |= {"me/ner": Repo(), "me/hidden": Repo(private=True)}
    for repo, now, wish in (("ner", "public", "private"), ("hidden", "private", "public")):
        code, out, err = call("publish", "done", "--repo", f"me/{repo}", f"--{wish}")
        assert (code, out) == (2, "")
        assert err == (
            f"asking the Hub …\nerror: Nothing sent: me/{repo} is already {now}, but you asked "
            f"for {wish}. Make it {wish} at {hub.url}/me/{repo}/settings first, or don't ask for "
            f"{wish}.\n"
        )
        assert hub.models[f"me/{repo}"].commits == []


def test_what_is_refused_is_one_sentence(hub, run, call):
    hub.fail("/api/repos/create", status=403)
    code, out, err = call("publish", "done", "--repo", "me/ner")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == (
        "error: Your token can't write to me/ner. Make a write token at "
        f"{hub.url}/settings/tokens, or a fine-grained one with repo.write for me."
    )
    assert "Traceback" not in err


def test_private_and_public_exclude_each_other(call):
    code, _, err = call("publish", "done", "--repo", "me/ner", "--private", "--public")
    assert code == 2
    assert "not allowed with argument --private" in err


def test_adapter_reaches_the_refusal(hub, run, refusal):
    assert refusal("publish", "done", "--repo", "me/ner", "--adapter") == (
        "Run done has no LoRA adapter, since it trained all weights. Publish the model, or train "
        "with the recipe adapter."
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "kind", "name"),
    [
        (["publish", "done"], "models", "ner"),
        (["annotations", "publish", "menus"], "datasets", "menus"),
    ],
)
def test_the_token_is_in_no_file_no_output_and_no_list_of_processes(
    hub, run, tmp_path, what, kind, name
):
    """Commands as processes of their own: one that is refused at the end, one that succeeds."""
    annotations.create("Menus").accept("Ann lives in Oslo.", [(0, 3, "PER")])
    record = contents(tmp_path)
    environment = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_TOKEN": SECRET}
    environment |= {"HF_HUB_DISABLE_XET": "1", "HF_DEBUG": "1", "NER_DEBUG": "1"}
    hub.fail(f"/api/{kind}/me/{name}/commit", status=403)
    for expected in (2, 0):
        command = [
            sys.executable,
            "-m",
            "ner_core",
            *what,
            "--repo",
            f"me/{name}",
            "--json",
        ]
        with subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            seen, over = set(), threading.Event()
            watcher = threading.Thread(target=_watch, args=(process.pid, seen, over))
            watcher.start()
            out, err = process.communicate(timeout=120)
            over.set()
            watcher.join()
        assert process.returncode == expected, err
        assert any(b"publish" in words for words in seen)
        for text in (out, err, *seen):
            assert SECRET.encode() not in text
        hub.failures.clear()
    pushed = hub.repos(kind)[f"me/{name}"]
    assert json.loads(out)["commit"] == pushed.commit("main")
    assert f"Bearer {SECRET}" in hub.authorizations
    assert contents(tmp_path).items() >= record.items()
    for path, content in contents(tmp_path).items():
        assert SECRET.encode() not in content, path
        assert SECRET not in str(path)
    for content in pushed.revisions["main"].values():
        assert SECRET.encode() not in content


def _watch(pid, seen, over):
    """Note the arguments of a process and of its children until it is over."""
    while not over.wait(0.05):
        for process in (str(pid), *_children(pid)):
            try:
                seen.add(Path("/proc", process, "cmdline").read_bytes())
            except OSError:
                continue


def _children(pid):
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
