"""Fixtures of the tests in this folder."""

import gradio as gr
import pytest

from ner_studio.publish import destination
from ner_studio.publish.panel import PublishPanel
from tests.support.panels import build


@pytest.fixture(scope="module")
def panel():
    """Build the panel, which keeps nothing."""

    def parts():
        panel = PublishPanel()
        panel.wire(gr.Dropdown([]))
        return panel

    return build(parts)[1]


@pytest.fixture
def hub(hub, monkeypatch):
    monkeypatch.setattr(destination, "PAUSE", 0.0)
    return hub
