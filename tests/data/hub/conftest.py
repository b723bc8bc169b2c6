"""Fixtures of the tests in this folder."""

import huggingface_hub
import pytest
from huggingface_hub import constants

from ner_core.hub import client


@pytest.fixture
def hub(server, monkeypatch, tmp_path):
    """Return a Hub without repositories, which the client in this process talks to."""
    server.datasets.clear()
    server.failures.clear()
    server.requests.clear()
    server.authorizations.clear()
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(client, "ANSWER_SECONDS", 5.0)
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.01)
    yield server
    huggingface_hub.close_session()
