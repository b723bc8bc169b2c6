"""Models read from a Hub on loopback: at which commit, and what happens when it fails."""

import json
from pathlib import Path

import pytest
from huggingface_hub import constants

from ner_core.errors import ModelError
from ner_core.hub import client
from ner_core.models import hub as hub_models
from ner_core.models.hub import located
from ner_core.models.loading import load_trained
from ner_core.models.sources import find_model
from tests.support.hub_server import Repo

OTHER_LABELS = ["O", "B-DISH", "I-DISH", "B-WINE", "I-WINE"]
READ = ("config.json", "tokenizer.json", "model.safetensors")


@pytest.fixture
def hub(hub, monkeypatch, tiny_model):
    """Return a Hub with a model of two revisions, all of whose files differ."""
    main = {path.name: path.read_bytes() for path in tiny_model.iterdir()}
    config = json.loads(main["config.json"]) | {"id2label": dict(enumerate(OTHER_LABELS))}
    config["label2id"] = {label: number for number, label in enumerate(OTHER_LABELS)}
    version = {**main, "config.json": json.dumps(config).encode()}
    version["tokenizer.json"] = main["tokenizer.json"] + b"\n"
    # The same weights under another header.
    version["model.safetensors"] = main["model.safetensors"].replace(b'"pt"', b'"np"', 1)
    hub.models["me/ner"] = Repo({"main": main, "v1": version, "refs/pr/1": version | {"a": b""}})
    monkeypatch.setattr(hub_models, "_public", {})
    monkeypatch.setattr(hub_models, "_restricted", {})
    return hub


def refusal(name):
    with pytest.raises(ModelError) as caught:
        located(find_model(name))
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "revision"),
    [
        ("me/ner", "main"),
        ("me/ner@v1", "v1"),
        (" https://huggingface.co/me/ner/tree/v1 ", "v1"),
        ("me/ner@refs/pr/1", "refs/pr/1"),
        ("COMMIT", "v1"),
    ],
)
def test_all_files_are_those_of_the_revision(hub, name, revision):
    repo = hub.models["me/ner"]
    commit = repo.commit(revision)
    name = f"me/ner@{commit}" if name == "COMMIT" else name
    folder = Path(located(find_model(name)).location)
    assert folder.name == commit
    for file in READ:
        assert (folder / file).read_bytes() == repo.revisions[revision][file]
    asked = "" if name == "me/ner" else f"/revision/{find_model(name).at}"
    assert hub.requests[0] == f"GET /api/models/me/ner{asked}"
    resolved = [request.split("/resolve/")[1] for request in hub.requests if "resolve" in request]
    assert {path.rpartition("/")[0] for path in resolved} == {commit}
    assert {path.rpartition("/")[2] for path in resolved} >= set(READ)


def test_a_model_is_loaded_at_its_revision_beside_the_newest(hub):
    labels = {name: load_trained(name)[0].config.id2label[1] for name in ("me/ner", "me/ner@v1")}
    assert labels == {"me/ner": "B-LOC", "me/ner@v1": "B-DISH"}


def test_an_encoder_of_an_adapter_is_read_at_its_revision(hub, tmp_path):
    described = {"base_model_name_or_path": "me/ner", "revision": "v1", "peft_type": "LORA"}
    files = {"adapter_config.json": json.dumps(described).encode(), "config.json": b"{}"}
    hub.models["me/adapter"] = Repo({"main": {**files, "adapter_model.safetensors": b""}})
    found = located(find_model("me/adapter"))
    assert Path(found.weights).name == hub.models["me/ner"].commit("v1")


def test_a_revision_that_is_not_there_is_a_sentence(hub):
    assert refusal("me/ner@v2") == (
        "me/ner has no revision 'v2'. Leave it out, or choose a branch, a tag or a commit."
    )


def test_without_the_hub_the_revision_of_before_is_used(hub, monkeypatch, tmp_path):
    folder = located(find_model("me/ner@v1")).location
    located(find_model("me/ner"))
    monkeypatch.setattr(hub_models, "_public", {})
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert located(find_model("me/ner@v1")).location == folder
    assert located(find_model("me/ner")).location != folder
    assert refusal("me/ner@v2").startswith("Offline: can't get the model me/ner from the Hub")


ANSWER, FILES, LARGE = "/api/models/me/ner", "/me/ner/resolve", "/large/"


@pytest.mark.parametrize("path", [ANSWER, FILES, LARGE])
@pytest.mark.parametrize(
    "failure",
    [
        {"status": 500},
        {"status": 503},
        {"status": 429},
        {"status": 429, "headers": {"Retry-After": "9"}},
        {"hang_seconds": 60},
        {"cut_after": 0},
    ],
)
def test_a_failure_that_passes_is_not_seen(hub, monkeypatch, capfd, path, failure):
    if "hang_seconds" in failure:  # all other calls have the time that they need
        monkeypatch.setattr(client, "ANSWER_SECONDS", 2)
        monkeypatch.setattr(client, "SILENT_SECONDS", 2)
        monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 2)
    hub.fail(path, times=1, **failure)
    assert Path(located(find_model("me/ner")).location, "model.safetensors").is_file()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (
            {"status": 503},
            "The Hub answered with error 503 when asked for the model me/ner. Try again in a few "
            "minutes, or choose minilm, starter or a folder.",
        ),
        (
            {"status": 429, "headers": {"Retry-After": "50"}},
            "Too many requests to the Hub (429): can't read the model me/ner now. Try again in 50 "
            "seconds, or choose minilm, starter or a folder.",
        ),
    ],
)
def test_a_failure_that_stays_is_one_sentence(hub, failure, said):
    hub.fail(ANSWER, **failure)
    assert refusal("me/ner") == said
    assert len(hub.requests) == (1 if failure["status"] == 429 else 2)
