"""The models that the page offers, and which of them each visitor may use."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ner_core.errors import ModelError, NerError
from ner_core.hub.repository_ids import has_hub_prefix, without_hub_prefix
from ner_core.hub.token import using_token
from ner_core.inference.numpy_bert import NumpyBert
from ner_core.models.hub import find_on_hub, known_model
from ner_core.models.sources import find_model
from ner_core.runs import store
from ner_core.system.space import on_space
from ner_studio.base import rights
from ner_studio.state.cached_runs import choices_of
from ner_studio.state.loaded_models import LoadedModels
from ner_studio.state.snapshots import MAX_CHOICES, SHARED

if TYPE_CHECKING:
    from ner_core.entities import Entity
    from ner_core.inference.predictor import Predictor

STARTER = "starter"
MODELS_HERE = ("minilm", STARTER)
"""The models that come with the project, for which the Hub is not asked."""
MAX_LABELS = 1000
MAX_LABEL_LENGTH = 200
WARM_UP_SECONDS = 8.0
"""From the start of the server to the import of torch, so that it does not slow down a page that is
opened meanwhile."""

_STARTER_LABEL = "starter (PER, ORG, LOC, MISC)"
importing = threading.Lock()
"""Held while transformers is imported, and while data are read: datasets uses transformers if it is
in ``sys.modules``, and fails if it is only half imported."""

_imported = threading.Event()
_starter_was_loaded = threading.Event()
_offered: dict[str, str] = {}


class ModelKey(NamedTuple):
    """What identifies a model in memory; ``visitor`` is "" if all visitors may use it.

    The time at which a run was created tells it from a later run with the same id.
    """

    model: str
    label_names: tuple[str, ...]
    created_ns: int
    visitor: str | None


def model_choices() -> list[tuple[str, str]]:
    """Return the models for a dropdown, as (label, name): those offered, the starter, the runs."""
    kept = [run for run in SHARED.current().runs if run.model_dir.is_dir()][:MAX_CHOICES]
    labelled = choices_of(
        SHARED.find(run.id)
        for run in kept
        if run.id not in _offered and name_for_visitor(run.id) == run.id
    )
    offered = [(name, name) for name in _offered]
    starter = [] if STARTER in _offered else [(_STARTER_LABEL, STARTER)]
    return [*offered, *starter, *labelled]


def name_for_visitor(model: str) -> str:
    """Return the name of a model, changed so that it can't name a run of somebody else.

    The functions below need such names: they also run in the background, where nobody asks.
    """
    return model if model in _offered else rights.model_name(model)


def offer(location: str) -> str:
    """Offer one more model, whose location was given by the owner of this machine; return its name.

    This is the only way in which the page loads a model from a folder.
    """
    name, folder = location, Path(location).expanduser()
    if folder.is_dir():
        folder = folder.resolve()
        # The model of a run is in a folder of this name.
        name = folder.parent.name if folder.name == "model" else folder.name
        if name in {STARTER, "minilm"} or store.exists(name):
            name = f"{name} (folder)"
    _offered[name] = location
    return name


def predict_with_numpy(model: str, text: str) -> "tuple[list[str], list[Entity]] | None":
    """Return the types and entities of the starter as long as torch is not loaded.

    None for other models, when torch is loaded, and for a text with a paragraph that is too long.
    """
    if model != STARTER or _starter_was_loaded.is_set():
        return None
    numpy_bert = _numpy_bert()
    entities = numpy_bert.predict(text)
    return None if entities is None else (numpy_bert.entity_types, entities)


def check_name(model: str, label_names: Sequence[str] = ()) -> None:
    """Raise ModelError for a name that no model has, and for label names that can't be right.

    Nothing is loaded, and the Hub is not asked.
    """
    longest = max(map(len, label_names), default=0)
    if len(label_names) > MAX_LABELS or longest > MAX_LABEL_LENGTH:
        raise ModelError(
            f"A model has at most {MAX_LABELS:,} labels, with names of at most {MAX_LABEL_LENGTH} "
            f"characters, but {len(label_names):,} names of up to {longest:,} characters were "
            "given. Enter one name for each label."
        )
    if model not in _offered:
        find_model(model, folders=False)


def start_loading(model: str, label_names: Sequence[str] = ()) -> "Future[None]":
    """Return a future of loading a model in the background for the visitor who asks.

    Raises ModelError without a thread if no model has such a name.
    """
    check_name(model, label_names)
    visitor = None if on_hub(model) is None else rights.visitor_key()
    return MODELS.start_loading(model, label_names, visitor)


def is_loaded(model: str, label_names: Sequence[str] = ()) -> bool:
    """Return whether a model can answer the visitor who asks at once, without asking the Hub."""
    try:
        return MODELS.holds(_key(model, label_names, loaded_for(model, ask=False)))
    except NerError:
        return False


def on_hub(model: str) -> str | None:
    """Return the Hub id of a model that is loaded from the Hub, None for any other model."""
    if model in _offered:
        return None
    try:
        source = find_model(model, folders=False)
    except NerError:
        return None
    return source.location if source.kind == "hub" else None


def loaded_for(model: str, ask: bool = True) -> str | None:
    """Return whom a model is loaded for: the visitor who asks, or "" if all visitors may use it.

    On a Space, a model that is private or gated on the Hub is loaded for the visitor who asks only.
    If the Hub has to be asked who may use it, and ``ask`` is False, return None. Raises ModelError
    if the visitor may not use the model.
    """
    repo = on_hub(model) if on_space() else None
    if repo is None:
        return ""
    visitor = rights.current_visitor()
    with using_token(visitor.token):
        found = find_on_hub(repo) if ask else known_model(repo)
    if found is None:
        return None
    return f"for {visitor.name}" if found.restricted else ""


def warm_up() -> None:
    """Load the starter into NumPy at once, and into torch ``WARM_UP_SECONDS`` later."""
    _numpy_bert()
    later = threading.Timer(WARM_UP_SECONDS, MODELS.get, [STARTER])
    later.daemon = True
    later.start()


def asks_hub(data: str, model: str) -> bool:
    """Return whether the Hub may have to be asked for data or a model of these names."""
    return has_hub_prefix(data) or model not in {"", *MODELS_HERE}


@contextlib.contextmanager
def reading_data(on_the_hub: bool) -> Iterator[None]:
    """Hold ``importing`` while data are read, with the token of the visitor who asks.

    Data from the Hub may take long, so transformers is imported before, and the lock is not held.
    """
    if on_the_hub:
        _import_predictor()
    held = contextlib.nullcontext() if on_the_hub else importing
    with held, using_token(rights.current_visitor().token):
        yield


def _import_predictor() -> "type[Predictor]":
    """Import the Predictor; hold ``importing`` the first time, when it imports transformers."""
    with contextlib.nullcontext() if _imported.is_set() else importing:
        from ner_core.inference.predictor import Predictor  # imports torch, after the page is up
    _imported.set()
    return Predictor


@cache
def _numpy_bert() -> NumpyBert:
    return NumpyBert()


def _key(model: str, label_names: Sequence[str], visitor: str | None) -> ModelKey:
    created = 0 if model in _offered or not store.exists(model) else store.get(model).created_ns()
    return ModelKey(model, tuple(label_names), created, visitor)


def _load(key: ModelKey) -> "Predictor":
    check_name(key.model, key.label_names)
    load = _import_predictor().load
    from ner_core.inference.threads import use_one_thread_per_call  # imports torch

    use_one_thread_per_call()
    location = _offered.get(key.model, key.model)
    # An offered model is for all visitors, so it is not opened with the token of one of them.
    token = None if key.model in _offered else rights.current_visitor().token
    name = without_hub_prefix(key.model)
    try:
        with using_token(token):
            predictor = load(location, key.label_names or None)
    except NerError as error:
        # Visitors are not shown where on this machine a folder is.
        folder = str(Path(location).expanduser().absolute())
        error.args = (str(error).replace(folder, name).replace(location, name),)
        raise
    if loaded_for(key.model) != key.visitor:
        raise ModelError(
            f"The owner of the model {name} changed who may use it while it was being loaded. Try "
            "again."
        )
    if key.model == STARTER:
        predictor.predict("Ann lives in Oslo.")
        _starter_was_loaded.set()
        _numpy_bert.cache_clear()
    return predictor


def _key_for_visitor(model: str, label_names: Sequence[str]) -> ModelKey:
    return _key(model, label_names, loaded_for(model))


MODELS = LoadedModels(_key_for_visitor, _load)
"""The models in memory. Pages can name the starter, runs, Hub ids and offered models."""
