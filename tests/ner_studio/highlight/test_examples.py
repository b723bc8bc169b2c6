"""The texts of the Highlight tab, and what the page says before a model has read one."""

import pytest

from ner_core.inference.numpy_bert import NumpyBert
from ner_core.render.type_names import meaning
from ner_studio.highlight.examples import OPENING, OPENING_ENTITIES, OPENING_TYPES


def test_the_page_opens_with_what_the_starter_finds():
    starter = NumpyBert()
    found = starter.predict(OPENING)
    assert [entity[:3] for entity in found] == [entity[:3] for entity in OPENING_ENTITIES]
    assert [entity.text for entity in found] == [entity.text for entity in OPENING_ENTITIES]
    scores = [entity.score for entity in OPENING_ENTITIES]
    assert [entity.score for entity in found] == pytest.approx(scores, abs=0.005)
    assert list(OPENING_TYPES) == starter.entity_types
    assert {entity.label for entity in OPENING_ENTITIES} == set(OPENING_TYPES)


def test_all_types_of_the_starter_are_explained():
    assert [meaning(label) for label in OPENING_TYPES] == [
        *("place", "other name", "organisation", "person")
    ]
