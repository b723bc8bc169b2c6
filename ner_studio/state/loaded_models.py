"""The models in memory, shared by all visitors: loaded in the background, kept, and computed with.

A model from the Hub takes long to load, so it is loaded in a thread of its own, while all other
requests go on. The models that were used last stay in memory; a model that is replaced is freed
when the last request for it has ended.

One gate limits how many computations run at a time (``_Gate``). Short texts that wait for it are
read together: a model reads eight short texts in little more time than two one by one, and while
many visitors type, several texts wait at any moment. Two batches at a time would be smaller, and
need more of the processor.
"""

import gc
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from ner_core.errors import ModelError, NerError

if TYPE_CHECKING:  # imports torch
    from ner_core.entities import Entity
    from ner_core.inference.predictor import Predictor
    from ner_core.inference.token_view import SubToken

MAX_MODELS = 2
MAX_LOADING = 8
"""Models being loaded at a time: so many from the Hub, and so many others."""
MAX_LOADING_PER_VISITOR = 3
"""From the Hub, so that one visitor's slow downloads do not take the places of all others."""
RETRY_SECONDS = 20.0
"""A model that could not be loaded is not tried again with each key press, but after this time."""
MAX_FAILURES = 200
"""Failures that are remembered for ``RETRY_SECONDS``; if there are more, the oldest are dropped."""
MAX_BATCH = 32
MAX_SHORT_TEXT = 1000
"""Characters. Longer texts are not put into batches: the short ones would wait for them."""

_LONG_TEXT_BATCH = 4  # windows at a time, so that short texts get their turn in between

_log = logging.getLogger(__name__)
_Attempt = tuple[str, tuple[str, ...], str | None]
K = TypeVar("K", bound=Hashable)


class LoadedModels(Generic[K]):
    """Load models by name, keep the ``max_models`` used last, and find entities with them.

    ``key_of`` returns the key of a model, by its name and the names of its labels, for the visitor
    who asks, or raises NerError if they may not use it. It is called for each request, so visitors
    get only what they may use now. They share a model if its key is the same for them.
    """

    def __init__(
        self,
        key_of: Callable[[str, Sequence[str]], K],
        load: Callable[[K], "Predictor"],
        max_models: int = MAX_MODELS,
        max_long: int | None = None,
    ) -> None:
        self._key_of = key_of
        self._load = load
        self._max_models = max_models
        self._gate = _Gate(max_long or max(2, os.cpu_count() or 1))
        self._models: OrderedDict[K, Future[Predictor]] = OrderedDict()
        self._attempts: dict[_Attempt, Future[None]] = {}
        self._failures: dict[_Attempt, float] = {}  # the time of each, the oldest first
        self._lock = threading.Lock()

    def get(self, model: str, label_names: Sequence[str] = ()) -> "Predictor":
        """Return the Predictor of a model, loaded now if it is not in memory.

        Requests for a model that is being loaded wait for it and share its error, if there is one.
        Raises NerError if the model can't be loaded, or the visitor who asks may not use it.
        """
        key = self._key_of(model, label_names)
        with self._lock:
            loading = self._models.get(key)
            new = loading is None
            if loading is None:
                loading = self._models[key] = Future()
            self._models.move_to_end(key)
        if new:
            self._load_into(loading, key)
        return loading.result()

    def holds(self, key: K) -> bool:
        """Return whether the model of a key is in memory."""
        with self._lock:
            loading = self._models.get(key)
            return loading is not None and _is_loaded(loading)

    def start_loading(
        self, model: str, label_names: Sequence[str] = (), visitor: str | None = None
    ) -> "Future[None]":
        """Return a future of loading a model in the background, started now or a moment ago.

        ``visitor`` is given for a model from the Hub ("" if all visitors are one): visitors do not
        share loading and failures there. Raises ModelError if too many models are being loaded.
        """
        attempt = (model, tuple(label_names), visitor)
        with self._lock:
            self._drop_failures()
            if loading := self._attempts.get(attempt):
                return loading
            self._check_room(visitor)
            loading = self._attempts[attempt] = Future()
            loading.set_running_or_notify_cancel()  # so that no visitor can cancel it for others
        # A daemon thread, so that a long download does not hold up the end of the server.
        threading.Thread(
            target=copy_context().run,  # the context has the rights of the visitor
            args=(self._run_attempt, attempt, loading),
            name=f"load {model}",
            daemon=True,
        ).start()
        return loading

    def find_entities(
        self, model: str, text: str, label_names: Sequence[str] = ()
    ) -> "tuple[list[str], list[Entity]]":
        """Return the entity types of a model and the entities of a text, loading it if needed."""
        predictor = self.get(model, label_names)
        if len(text) <= MAX_SHORT_TEXT:
            return predictor.entity_types, self._gate.read_short(predictor, text)
        with self._gate.long():
            found = predictor.predict_all([text], batch_size=_LONG_TEXT_BATCH)
        return predictor.entity_types, found[0]

    def predict_all(
        self,
        model: str,
        texts: Sequence[str],
        threshold: float,
        labels: Sequence[str] | None,
        label_names: Sequence[str] = (),
    ) -> "list[list[Entity]]":
        """Return the entities of several texts; see ``Predictor.predict_all``."""
        predictor = self.get(model, label_names)
        with self._gate.long():
            return predictor.predict_all(texts, threshold, labels)

    def threshold(self, model: str, label_names: Sequence[str] = ()) -> float:
        """Return the threshold that a model comes with; see ``Predictor.threshold``."""
        return self.get(model, label_names).threshold

    def sub_tokens(
        self, model: str, text: str, label_names: Sequence[str] = ()
    ) -> "list[SubToken]":
        """Return the tag of each sub-token of a text; see ``Predictor.sub_tokens``."""
        predictor = self.get(model, label_names)
        with self._gate.long():
            return predictor.sub_tokens(text)

    def _load_into(self, loading: "Future[Predictor]", key: K) -> None:
        """Load a model and free the models that were not used for longest."""
        try:
            predictor = self._load(key)
        except BaseException as error:  # for all who wait for it
            with self._lock:
                del self._models[key]
            loading.set_exception(error)
            return
        loading.set_result(predictor)
        with self._lock:
            others = [
                other for other, kept in self._models.items() if other != key and _is_loaded(kept)
            ]
            replaced = others[: max(0, len(others) + 1 - self._max_models)]
            for other in replaced:
                del self._models[other]
        if replaced:
            gc.collect()  # the modules of a model refer to each other

    def _check_room(self, visitor: str | None) -> None:
        """Raise ModelError if too many models are being loaded."""
        visitors = [other for (*_, other), loading in self._attempts.items() if not loading.done()]
        if visitor and visitors.count(visitor) >= MAX_LOADING_PER_VISITOR:
            raise ModelError(
                f"{MAX_LOADING_PER_VISITOR} models from the Hub are already being loaded for you. "
                "Try again in a minute."
            )
        if sum((other is None) == (visitor is None) for other in visitors) >= MAX_LOADING:
            raise ModelError(
                f"{MAX_LOADING} models are already being loaded. Try again in a minute."
            )

    def _run_attempt(self, attempt: _Attempt, loading: "Future[None]") -> None:
        try:
            self.get(*attempt[:2])
        except NerError as error:
            self._fail(attempt, loading, error)
        except Exception:
            _log.exception("Loading %r failed.", attempt[0])
            problem = f"{attempt[0][:200]} could not be loaded. The server's log says why."
            self._fail(attempt, loading, ModelError(problem))
        else:
            with self._lock:
                del self._attempts[attempt]
            loading.set_result(None)

    def _fail(self, attempt: _Attempt, loading: "Future[None]", error: NerError) -> None:
        with self._lock:
            self._failures[attempt] = time.monotonic()
        loading.set_exception(error)

    def _drop_failures(self) -> None:
        """Drop the failures that are old enough to try again, and the oldest if there are many."""
        oldest = time.monotonic() - RETRY_SECONDS
        for attempt, failed_at in list(self._failures.items()):
            if failed_at > oldest and len(self._failures) <= MAX_FAILURES:
                break
            del self._failures[attempt], self._attempts[attempt]


def _is_loaded(loading: "Future[Predictor]") -> bool:
    return loading.done() and loading.exception() is None


@dataclass(eq=False)
class _ShortText:
    """A short text that waits to be read; ``taken`` by the thread that reads it."""

    predictor: "Predictor"
    text: str
    entities: "Future[list[Entity]]" = field(default_factory=Future)
    taken: bool = False


class _Gate:
    """Limits the computations at a time: one batch of short texts, and ``max_long`` long ones."""

    def __init__(self, max_long: int) -> None:
        self._max_long = max_long
        self._long = 0
        self._reading_short = False
        self._waiting: list[_ShortText] = []
        self._changed = threading.Condition()

    @contextmanager
    def long(self) -> Iterator[None]:
        """Wait for the turn of a computation that may take long, and hold its place meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: self._long < self._max_long)
            self._long += 1
        try:
            yield
        finally:
            with self._changed:
                self._long -= 1
                self._changed.notify_all()

    def read_short(self, predictor: "Predictor", text: str) -> "list[Entity]":
        """Return the entities of a short text.

        The thread that gets the next turn reads its own text and those that wait with it.
        """
        own = _ShortText(predictor, text)
        with self._changed:
            self._waiting.append(own)
            self._changed.wait_for(lambda: own.taken or not self._reading_short)
            batch = [] if own.taken else self._take(own)
            if batch:
                self._reading_short = True
        if batch:
            try:
                _read(predictor, batch)
            finally:
                with self._changed:
                    self._reading_short = False
                    self._changed.notify_all()
        return own.entities.result()

    def _take(self, own: _ShortText) -> list[_ShortText]:
        """Take a text out of those that wait, with others for the same model."""
        same = [one for one in self._waiting if one.predictor is own.predictor and one is not own]
        batch = [own, *same[: MAX_BATCH - 1]]
        for one in batch:
            one.taken = True
        self._waiting = [one for one in self._waiting if not one.taken]
        return batch


def _read(predictor: "Predictor", batch: Sequence[_ShortText]) -> None:
    try:
        results = predictor.predict_all(one.text for one in batch)
    except BaseException as error:  # each thread that waits for a text of the batch raises it
        for one in batch:
            one.entities.set_exception(error)
        return
    for one, entities in zip(batch, results, strict=True):
        one.entities.set_result(entities)
