"""The models that the Highlight tab offers, and which of them are in memory."""

import threading
from functools import cache, lru_cache

import ner_core
from ner_core import runs
from ui.snapshots import MOST_CHOICES, SHARED, label_of

STARTER = "starter"
WARM_UP_AFTER = 8.0
"""Seconds from the start to the loading of torch: the page is opened in these, and torch's import
would hold everything else up."""

_STARTER_LABEL = "starter (PER, ORG, LOC, MISC)"
importing = threading.Lock()
"""Held while transformers is imported, and while data are read: datasets looks into transformers as
soon as it is there, and fails where it is there by half."""

_loading = threading.Lock()
_imported = threading.Event()
_starter_is_there = threading.Event()


def model_choices() -> list[tuple[str, str]]:
    """List the models for a dropdown, as they are shown and by name: the starter, then the runs."""
    kept = [run for run in SHARED.current().runs if run.model_dir.is_dir()][:MOST_CHOICES]
    labelled = [(SHARED.find(run.id).draw("label", label_of), run.id) for run in kept]
    return [(_STARTER_LABEL, STARTER), *labelled]


def find_entities(model: str, text: str) -> "tuple[list[str], list[ner_core.Entity]]":
    """Give the types that a model can name, and the entities of a text.

    Raises a NerError if there is no such model.
    """
    if model == STARTER and not _starter_is_there.is_set():
        first = _first_answer()
        entities = first.predict(text)
        if entities is not None:
            return first.entity_types, entities
    predictor = load_predictor(model)
    return predictor.entity_types, predictor.predict(text)


def load_predictor(model: str) -> "ner_core.Predictor":
    """Give the Predictor of the starter or a run; the starter and the last two runs are kept.

    Raises a NerError if there is none.
    """
    with _loading:
        if model == STARTER:
            return _starter()
        run = runs.get(model)  # a page may name these only, no path and no other model
        return _predictor(model, run.created_ns())


def warm_up() -> None:
    """Have the first answer ready at once, and the starter itself a little later."""
    _first_answer()
    later = threading.Timer(WARM_UP_AFTER, load_predictor, [STARTER])
    later.daemon = True
    later.start()


@cache
def _first_answer() -> "ner_core.FirstAnswer":
    return ner_core.FirstAnswer()


@cache
def _starter() -> "ner_core.Predictor":
    predictor = _predictor_class().load(STARTER)
    predictor.predict("Ann lives in Oslo.")
    _starter_is_there.set()
    return predictor


@lru_cache(maxsize=2)
def _predictor(model: str, _created_ns: int) -> "ner_core.Predictor":
    return _predictor_class().load(model)


def _predictor_class() -> "type[ner_core.Predictor]":
    """Give the class; the first time it brings torch and transformers."""
    if _imported.is_set():
        return ner_core.Predictor
    with importing:
        found = ner_core.Predictor
        _imported.set()
        return found
