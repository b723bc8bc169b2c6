import doctest
from importlib import import_module

import pytest

MODULES = [
    "ner_core.tags",
    "ner_core.align",
    "ner_core.metrics",
    "ner_core.words",
    "ner_core.runs",
    "ner_core.config",
    "ner_core.evaluate_metric",
    "ner_core.cli_command",
    "ner_core.cost",
    "ner_core.cli_predict",
    "ner_core.entity_colours",
    "ner_core.error_analysis",
    "ner_core.epochs",
    "ner_core.estimate",
    "ner_core.run_log",
    "ner_core.counting",
    "ner_core.data.hub_id",
    "ner_core.data.json_lines",
    "ner_core.data.label_studio",
    "ner_core.data.sentence",
    "ner_core.data.spans",
    "ner_core.data.splits",
    "ner_core.data.text",
    "ui.api",
    "ui.publish_view",
    "ui.run_panel",
    "ui.theme",
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name):
    results = doctest.testmod(import_module(name))
    assert results.attempted > 0
    assert results.failed == 0
