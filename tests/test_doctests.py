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
    "ner_core.data.splits",
    "ner_core.evaluate_metric",
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name):
    results = doctest.testmod(import_module(name))
    assert results.attempted > 0
    assert results.failed == 0
