"""Fixtures of the tests in this folder."""

import pytest

from ner_studio.runs.rows import RunRows
from tests.support.runs_panel import build


@pytest.fixture
def panel(monkeypatch):
    panel = build()[1][0]
    monkeypatch.setattr(panel, "_rows", RunRows())
    return panel
