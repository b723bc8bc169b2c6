"""The Hub's client in this process turned to a Hub on loopback, and runs to publish there."""

import shutil
import time

from huggingface_hub import constants

from ner_core.hub import client, reachability
from ner_core.publishing import permissions
from ner_core.training.saving import write_json
from tests.support.fake_runs import FakeRun
from tests.support.hub_state import Token

SECRET = "hf_aSecretOfMine0123456789"
ACCOUNT = Token("me", orgs={"acme": "write", "readers": "read"})


def turn_to(server, monkeypatch, home):
    """Empty the Hub, give it one account, and let the client talk to it with that one's token."""
    server.clear()
    server.tokens[SECRET] = ACCOUNT
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HOME", str(home))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(permissions, "_known", {})
    monkeypatch.setattr(reachability, "_state", None)
    # The client of huggingface_hub waits seconds before it tries again.
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.01)))
    monkeypatch.delenv("SPACE_ID", raising=False)
    monkeypatch.setenv("HF_TOKEN", SECRET)


def finished_run(model, run_id="done", message=None, owner=None):
    """Make a run that has finished with a copy of this model, or failed with this message."""
    at_work = FakeRun(run_id, owner=owner).start().evaluated(50).progress(100)
    ended = {"message": message} if message else {"f1": 0.5, "train_seconds": 1.0}
    run = at_work.end("failed" if message else "finished", **ended)
    shutil.copytree(model, run.model_dir)
    scores = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "f1_lenient": 0.5, "accuracy": 0.5}
    scores |= {"sentences": 10, "support": 20, "per_type": {}}
    write_json(run.report_path, {"run": run.id, "data": "sample", "validation": scores})
    return run


def contents(folder):
    """Return all files below a folder with their bytes."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
