"""Pushing when the Hub or the network fails: one sentence each, and nothing is changed."""

import pytest
from huggingface_hub import constants

from ner_core.errors import PublishError
from ner_core.hub import client
from ner_core.publishing.push import publish
from tests.support.hub_client import SECRET, contents, finished_run
from tests.support.hub_server import Repo

# huggingface_hub sends files by an argument that its transport has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")


PUSHED = {
    *{".gitattributes", "README.md", "config.json", "events.jsonl", "model.safetensors"},
    *{"report.json", "tokenizer.json", "tokenizer_config.json", "training_config.json"},
}


@pytest.fixture
def run(tiny_model):
    return finished_run(tiny_model)


def refusal(*args, **options):
    with pytest.raises(PublishError) as caught:
        publish(*args, **options)
    assert SECRET not in str(caught.value)
    return str(caught.value)


CONNECTION = (
    "Lost the connection each time while writing to me/ner. Try again: files already stored "
    "aren't sent again."
)


SILENT = (
    "127.0.0.1 did not answer within 2 seconds while writing to me/ner. Try again later: files "
    "already stored aren't sent again."
)


ERROR = (
    "The Hub failed with error 500 while writing to me/ner. Try again in a few minutes: files "
    "already stored aren't sent again."
)


OFTEN = "Too many requests to the Hub (429): can't write to me/ner now"


RIGHT = (
    "Your token can't write to me/ner. Make a write token at HUB/settings/tokens, or a "
    "fine-grained one with repo.write for me."
)


UNKNOWN = "The Hub doesn't accept your token (401): run hf auth login, or set HF_TOKEN."


TAKEN = "The name me/ner is taken. Choose another one."


GONE = "The Hub has no repository me/ner that you can see. Check its name."


CHANGED = "Someone else changed me/ner meanwhile. Try again."


REFUSED = (
    "The Hub refused the files for me/ner (402: Pay first). Correct that, or choose another "
    "repository."
)


WHOAMI, CREATE, COMMIT = "/api/whoami-v2", "/api/repos/create", "/api/models/me/ner/commit"


PREUPLOAD, BATCH, LARGE = "/api/models/me/ner/preupload", "/me/ner.git/info/lfs", "/large/"


CARD = "/api/validate-yaml"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "failure", "message"),
    [
        (WHOAMI, {"status": 401}, UNKNOWN),
        (CREATE, {"status": 401}, UNKNOWN),
        (CREATE, {"status": 403}, RIGHT),
        (PREUPLOAD, {"status": 403}, RIGHT),
        (LARGE, {"status": 403}, RIGHT),
        (COMMIT, {"status": 403}, RIGHT),
        (PREUPLOAD, {"status": 404, "headers": {"X-Error-Code": "RepoNotFound"}}, GONE),
        (CREATE, {"status": 409, "body": b'{"url": ""}'}, TAKEN),
        (COMMIT, {"status": 409}, CHANGED),
        (COMMIT, {"status": 412}, CHANGED),
        (CREATE, {"status": 402, "headers": {"X-Error-Message": "Pay first"}}, REFUSED),
        (
            WHOAMI,
            {"status": 429, "headers": {"Retry-After": "5"}},
            f"{OFTEN}. Try again in 5 seconds.",
        ),
        (
            LARGE,
            {"status": 429, "headers": {"Retry-After": "5"}},
            f"{OFTEN}. Try again in 5 seconds.",
        ),
        (
            PREUPLOAD,
            {"status": 429, "headers": {"RateLimit": '"api";r=0;t=290'}},
            f"{OFTEN}. Try again in 290 seconds.",
        ),
        (COMMIT, {"status": 429}, f"{OFTEN}. Try again in a few minutes."),
        (WHOAMI, {"status": 500}, ERROR),
        (CREATE, {"status": 500}, ERROR),
        (BATCH, {"status": 500}, ERROR),
        (COMMIT, {"status": 500}, ERROR),
        (WHOAMI, {"cut_after": 0}, CONNECTION),
        (LARGE, {"cut_after": 50_000, "method": "PUT"}, CONNECTION),
        (COMMIT, {"cut_after": 100}, CONNECTION),
        (WHOAMI, {"hang_seconds": 60}, SILENT),
        (CREATE, {"hang_seconds": 60}, SILENT),
        (LARGE, {"hang_seconds": 60}, SILENT),
        (COMMIT, {"hang_seconds": 60}, SILENT),
        (
            CARD,
            {"status": 200},
            "Can't write to me/ner (JSONDecodeError: Expecting value: line 1 column 1 (char 0)). "
            "Try again.",
        ),
    ],
)
def test_each_failure_is_one_sentence_and_changes_nothing(
    hub, run, monkeypatch, path, failure, message
):
    if "hang_seconds" in failure:  # all other calls have the time that they need
        monkeypatch.setattr(client, "ANSWER_SECONDS", 2)
        monkeypatch.setattr(client, "SILENT_SECONDS", 2)
    before = contents(run.path)
    hub.fail(path, **failure)
    assert refusal(run, "me/ner") == message.replace("HUB", hub.url)
    assert contents(run.path) == before
    hub.failures.clear()
    assert run.status() == "finished"
    # A second try, with all the time it needs, goes on where the first one was.
    monkeypatch.setattr(client, "SILENT_SECONDS", 60.0)
    monkeypatch.setattr(client, "ANSWER_SECONDS", 60.0)
    stored = {*hub.stored}
    hub.requests.clear()
    assert publish(run, "me/ner").changed
    sent = {request.split("/")[-1] for request in hub.requests if request.startswith("PUT")}
    assert not sent & stored


@pytest.mark.parametrize("path", [WHOAMI, CREATE, PREUPLOAD, BATCH, LARGE, COMMIT])
@pytest.mark.parametrize("failure", [{"status": 500}, {"status": 503}, {"cut_after": 10}])
def test_a_single_failure_passes(hub, run, path, failure):
    hub.fail(path, times=1, **failure)
    assert publish(run, "me/ner").changed
    assert set(hub.models["me/ner"].revisions["main"]) == PUSHED


def test_a_connection_that_drops_as_often_as_the_client_tries_gets_one_more_round(hub, run):
    hub.fail(LARGE, cut_after=50_000, method="PUT", times=6)
    assert publish(run, "me/ner").changed


def test_a_long_pause_is_said_at_once(hub, run):
    hub.fail(LARGE, status=429, headers={"Retry-After": "90"})
    assert refusal(run, "me/ner") == f"{OFTEN}. Try again in 90 seconds."
    assert sum(request.startswith("PUT") for request in hub.requests) == 1


def test_a_pull_request_whose_answer_was_lost_is_not_opened_twice(hub, run):
    hub.models["other/ner"] = Repo({"main": {}})
    hub.fail("/api/models/other/ner/commit", cut_after=100)
    assert refusal(run, "other/ner", pull_request=True) == CONNECTION.replace("me/ner", "other/ner")
    assert sum("/commit/" in request for request in hub.requests) == 1


def test_pull_requests_that_are_turned_off(hub, run):
    hub.models["other/ner"] = Repo({"main": {}}, discussions=False)
    assert refusal(run, "other/ner", pull_request=True) == (
        "other/ner doesn't take pull requests. Publish without one, or ask its owner to turn them "
        "on."
    )


NOT_HERE = {"status": 501, "headers": {"X-Error-Message": "Not part of this server"}}


@pytest.mark.parametrize("path", ["preupload", "commit"])
def test_a_server_without_pull_requests_is_named_and_asked_once(hub, run, path):
    hub.models["other/ner"] = Repo({"main": {}})
    hub.fail(f"/api/models/other/ner/{path}", **NOT_HERE)
    assert refusal(run, "other/ner", pull_request=True) == (
        f"{hub.url} can't open pull requests (501: Not part of this server). Publish without one."
    )
    assert sum(f"/{path}/" in request for request in hub.requests) == 1


def test_what_a_server_has_not_built_is_quoted(hub, run):
    hub.fail(CREATE, **NOT_HERE)
    assert refusal(run, "me/ner") == (
        f"{hub.url} can't take files for me/ner (501: Not part of this server). Ask whoever runs "
        "it."
    )


@pytest.mark.parametrize("status", [404, 501])
def test_a_server_without_xet_is_named_with_the_way_on(hub, run, monkeypatch, status):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    hub.fail("/api/models/me/ner/xet-write-token", **{**NOT_HERE, "status": status})
    assert refusal(run, "me/ner") == (
        f"Xet storage can't be used at {hub.url} ({status}: Not part of this server). Set "
        "HF_HUB_DISABLE_XET=1 to send the files without it, and try again."
    )
    assert hub.models["me/ner"].commits == []


def test_no_network_and_offline(hub, run, monkeypatch, unused_port):
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{unused_port}")
    assert refusal(run, "me/ner") == (
        f"Can't connect to {constants.ENDPOINT}, where me/ner is. Check your network and try again."
    )
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert refusal(run, "me/ner") == (
        "Offline: can't reach me/ner on the Hub. Unset HF_HUB_OFFLINE."
    )


@pytest.fixture
def unused_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()[1]
