"""The models that the Highlight tab offers, and which of them are in memory."""

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, overload

import ner_core
from ner_core.hub.repository_ids import has_hub_prefix, without_hub_prefix
from ner_core.runs import store
from ner_studio.base import rights
from ner_studio.state.batching import Batches
from ner_studio.state.snapshots import MOST_CHOICES, SHARED, label_of

STARTER = "starter"
MODELS_HERE = ("minilm", STARTER)
"""The models that come with the project: the Hub is not asked for them."""
MOST_LABELS = 1000
LONGEST_LABEL = 200
WARM_UP_AFTER = 8.0
"""Seconds from the start to the loading of torch: the page is opened in these, and torch's import
would hold everything else up."""

_STARTER_LABEL = "starter (PER, ORG, LOC, MISC)"
importing = threading.Lock()
"""Held while transformers is imported, and while data are read: datasets looks into transformers as
soon as it is there, and fails where it is there by half."""

_imported = threading.Event()
_starter_was_loaded = threading.Event()
_offered: dict[str, str] = {}
_batches = Batches()
# More at once would only take turns on the cores, and each would take longer.
_computing = threading.BoundedSemaphore(os.cpu_count() or 1)

_Key = tuple[str, tuple[str, ...], int, str]


def model_choices() -> list[tuple[str, str]]:
    """List the models for a dropdown, as they are shown and by name: the starter, then the runs."""
    kept = [run for run in SHARED.current().runs if run.model_dir.is_dir()][:MOST_CHOICES]
    labelled = [
        (SHARED.find(run.id).draw("label", label_of), run.id)
        for run in kept
        if run.id not in _offered and named(run.id) == run.id
    ]
    offered = [(name, name) for name in _offered]
    starter = [] if STARTER in _offered else [(_STARTER_LABEL, STARTER)]
    return [*offered, *starter, *labelled]


def named(model: str) -> str:
    """Name a model so that it is no run but one of the visitor who asks.

    That is for the functions below, which ask nobody: they load in the background, too.
    """
    return model if model in _offered else rights.model_name(model)


def offer(location: str) -> str:
    """Offer one more model, of which this machine's owner gave the place; gives its name.

    Only in this way does a page load a model from a folder.
    """
    name, folder = location, Path(location).expanduser()
    if folder.is_dir():
        folder = folder.resolve()
        # That is what a run calls the folder of its model.
        name = folder.parent.name if folder.name == "model" else folder.name
        if name in {STARTER, "minilm"} or store.exists(name):
            name = f"{name} (folder)"
    _offered[name] = location
    return name


def first_answer(model: str, text: str) -> "tuple[list[str], list[ner_core.Entity]] | None":
    """Give the types and entities of the starter while torch is not loaded yet.

    None if that is not needed any more, for another model, and for a paragraph that is too long.
    """
    if model != STARTER or _starter_was_loaded.is_set():
        return None
    first = _first_answer()
    entities = first.predict(text)
    return None if entities is None else (first.entity_types, entities)


def find_entities(
    model: str, text: str, label_names: Sequence[str] = ()
) -> "tuple[list[str], list[ner_core.Entity]]":
    """Give the types that a model can name, and the entities of a text.

    Raises a NerError if there is no such model.
    """
    predictor = load_predictor(model, label_names)
    return predictor.entity_types, _batches.predict(predictor, text)


def predict_all(
    model: str,
    texts: Sequence[str],
    threshold: float,
    labels: Sequence[str] | None,
    label_names: Sequence[str] = (),
) -> "list[list[ner_core.Entity]]":
    """Give the entities of several texts; see ``Predictor.predict_all``."""
    predictor = load_predictor(model, label_names)
    with _computing:
        return predictor.predict_all(texts, threshold, labels)


def sub_tokens(model: str, text: str, label_names: Sequence[str] = ()) -> "list[ner_core.SubToken]":
    """Give what a model says of each sub-token of a text. Raises as ``find_entities`` does."""
    predictor = load_predictor(model, label_names)
    with _computing:
        return predictor.sub_tokens(text)


def check_name(model: str, label_names: Sequence[str] = ()) -> None:
    """Raise ModelError for a name that no model has, and for label names that none can have.

    Nothing is loaded for that, and the Hub is not asked.
    """
    if len(label_names) > MOST_LABELS or any(len(name) > LONGEST_LABEL for name in label_names):
        raise ner_core.ModelError(
            f"Expected at most {MOST_LABELS:,} names of labels with at most {LONGEST_LABEL} "
            f"characters each, found {len(label_names):,} with up to "
            f"{max(map(len, label_names)):,}; give one name a label."
        )
    if model not in _offered:
        ner_core.find_model(model, folders=False)


def load_predictor(model: str, label_names: Sequence[str] = ()) -> "ner_core.Predictor":
    """Give the Predictor of a model that a page may name, loaded once for all.

    That is the starter, a run, a Hub id, or what was offered; no other folder. On a Space a model
    on the Hub that not everybody may see is loaded for the visitor who asks alone. Raises a
    NerError if there is none, or it is not for them.
    """
    return _models.get(_key(model, label_names, reader_of(model)))


def is_loaded(model: str, label_names: Sequence[str] = ()) -> bool:
    """Tell whether a model answers the visitor who asks at once: the Hub is not asked for it."""
    try:
        reader = reader_of(model, ask=False)
        return reader is not None and _models.holds(_key(model, label_names, reader))
    except ner_core.NerError:
        return False


def on_hub(model: str) -> str | None:
    """Give the Hub id of a model that is loaded from there; None for what is here, or offered."""
    if model in _offered:
        return None
    try:
        source = ner_core.find_model(model, folders=False)
    except ner_core.NerError:
        return None
    return source.location if source.kind == "hub" else None


@overload
def reader_of(model: str, ask: Literal[True] = True) -> str: ...
@overload
def reader_of(model: str, ask: bool) -> str | None: ...
def reader_of(model: str, ask: bool = True) -> str | None:
    """Name whom a model is loaded for: the visitor who asks, or nobody ("") if all may see it.

    Without ``ask`` it is None where the Hub would have to be asked first. Raises ModelError if the
    visitor may not see it.
    """
    repo = on_hub(model) if ner_core.on_space() else None
    if repo is None:
        return ""
    visitor = rights.current_visitor()
    with ner_core.using_token(visitor.token):
        found = ner_core.find_on_hub(repo) if ask else ner_core.known_model(repo)
    if found is None:
        return None
    return f"for {visitor.name}" if found.restricted else ""


def warm_up() -> None:
    """Have the first answer ready at once, and the starter itself a little later."""
    _first_answer()
    later = threading.Timer(WARM_UP_AFTER, load_predictor, [STARTER])
    later.daemon = True
    later.start()


def _key(model: str, label_names: Sequence[str], reader: str) -> _Key:
    """Tell apart what is loaded: a run that took another's id is another model."""
    made = 0 if model in _offered or not store.exists(model) else store.get(model).created_ns()
    return model, tuple(label_names), made, reader


@cache
def _first_answer() -> "ner_core.NumpyBert":
    return ner_core.NumpyBert()


def _load(key: _Key) -> "ner_core.Predictor":
    model, label_names, _, reader = key
    check_name(model, label_names)
    with _importing_once():
        load = ner_core.Predictor.load
        ner_core.use_one_thread_per_call()
    location = _offered.get(model, model)
    # What is offered is for all, so no visitor's token may open it.
    token = None if model in _offered else rights.current_visitor().token
    try:
        with ner_core.using_token(token):
            predictor = load(location, label_names or None)
    except ner_core.NerError as error:
        # Where a folder is, is nobody's business but the owner's.
        place, shown = str(Path(location).expanduser().absolute()), without_hub_prefix(model)
        error.args = (str(error).replace(place, shown).replace(location, shown),)
        raise
    if reader_of(model) != reader:  # it was made private, or public, while it was loaded
        raise ner_core.ModelError(
            f"Expected the model {without_hub_prefix(model)} to be for the same people all the "
            "time, found that its owner has changed that just now; try again."
        )
    if model == STARTER:
        predictor.predict("Ann lives in Oslo.")
        _starter_was_loaded.set()
        _first_answer.cache_clear()
    return predictor


_models = ner_core.ModelCache(_load)


def asks_hub(data: str, model: str) -> bool:
    """Tell whether the Hub may have to be asked for data or a model of these names."""
    return has_hub_prefix(data) or model not in {"", *MODELS_HERE}


@contextlib.contextmanager
def reading_data(on_the_hub: bool) -> Iterator[None]:
    """Hold ``importing`` while data are read; not while the Hub is asked for them, which may take.

    Then transformers is imported before. The Hub is asked with the token of the visitor who asks.
    """
    if on_the_hub:
        with _importing_once():
            _ = ner_core.Predictor
    held = contextlib.nullcontext() if on_the_hub else importing
    with held, ner_core.using_token(rights.current_visitor().token):
        yield


@contextlib.contextmanager
def _importing_once() -> Iterator[None]:
    """Hold ``importing`` the first time, when the class brings torch and transformers."""
    with contextlib.nullcontext() if _imported.is_set() else importing:
        yield
        _imported.set()
