"""What commands write to stderr when the Hub fails: their sentences, nothing of its client."""

import os
import subprocess
import sys

import pytest
from huggingface_hub import constants

from tests.support.hub_client import SECRET, finished_run
from tests.support.hub_server import Repo
from tests.support.places import REPOSITORY
from tests.support.processes import Command

pytestmark = pytest.mark.slow

WARNED = {"X-HF-Warning": "topic; Something is odd", "Retry-After": "0"}
READ_ERROR = (
    "error: The Hub answered with error 503 when asked for the model me/ner. Try again in a few "
    "minutes, or choose minilm, starter or a folder.\n"
)


@pytest.fixture
def run_command(hub, tmp_path):
    """Return a function that runs a command as a process: its exit code and all of stderr."""
    environment = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_TOKEN": SECRET}
    environment |= {"HF_HUB_DISABLE_XET": "1", "SSL_CERT_DIR": str(REPOSITORY / "tests")}

    def run_it(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "ner_core", *arguments],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    return run_it


@pytest.fixture
def run_forked_command(hub, tmp_path):
    """Return a function that does the same in a process that has loaded torch already."""

    def run_it(*arguments):
        turned = ("ENDPOINT", "HUGGINGFACE_CO_URL_TEMPLATE", "HF_HUB_OFFLINE", "HF_HUB_CACHE")
        values = {name: getattr(constants, name) for name in turned}
        errors = tmp_path / "stderr"
        environment = {"HF_TOKEN": SECRET, "NER_HOME": str(tmp_path)}
        code = Command(arguments, errors, environment, values).wait(60)
        return code, errors.read_text(encoding="utf-8")

    return run_it


def test_a_push_that_fails_is_told_by_its_phases_and_one_sentence(hub, run_command, tiny_model):
    finished_run(tiny_model)
    hub.fail("/large/", status=429, headers=WARNED, times=1)
    hub.fail("/api/models/me/ner/commit", status=403, headers=WARNED)
    code, err = run_command("publish", "done", "--repo", "me/ner")
    assert (code, err.replace("0.1 MB", "SIZE")) == (
        2,
        "asking the Hub …\nsending the files (SIZE) …\nwriting the commit …\nerror: Your token "
        f"can't write to me/ner. Make a write token at {hub.url}/settings/tokens, or a "
        "fine-grained one with repo.write for me.\n",
    )


def test_a_deployment_that_fails_is_one_sentence(hub, run_command):
    hub.fail("/api/spaces/me/studio/commit", status=409, headers=WARNED)
    hub.fail("/large/", status=429, headers=WARNED, times=1)
    sentence = "error: Someone else changed me/studio meanwhile. Try again.\n"
    assert run_command("deploy", "me/studio") == (2, sentence)


@pytest.mark.parametrize("path", ["/api/models/me/ner", "/me/ner/resolve", "/large/"])
def test_a_model_that_cannot_be_read_is_one_sentence(
    hub, run_command, run_forked_command, tiny_model, path
):
    files = {each.name: each.read_bytes() for each in tiny_model.iterdir()}
    hub.models["me/ner"] = Repo({"main": files})
    hub.fail(path, status=503, headers=WARNED)
    predict = ("predict", "--model", "me/ner", "Ann lives in Oslo.")
    if path == "/large/":  # the client tries that five times with growing waits
        hub.fail(path, status=403, headers=WARNED)
        code, err = run_command(*predict)
        assert err.startswith("error: You can't read the model me/ner with this log-in (403): ")
        assert err.count("\n") == 1
    else:
        code, err = run_forked_command(*predict)
        assert err == READ_ERROR
    assert code == 2


def test_a_dataset_that_cannot_be_read_is_one_sentence(hub, run_command):
    hub.datasets["me/data"] = Repo({"main": {"train.jsonl": b"{}"}})
    hub.fail("/api/datasets/me/data", status=503, headers=WARNED)
    assert run_command("check", "me/data") == (
        2,
        "error: The Hub answered with error 503 when asked for the dataset me/data. Try again in a "
        "few minutes, or choose a file or a folder.\n",
    )
