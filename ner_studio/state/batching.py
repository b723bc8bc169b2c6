"""Texts of many visitors, read together.

Who types asks again with each key. With many of them at once several texts wait at any moment, and
a model reads eight short texts together in little more time than two one by one.
"""

import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ner_core.entities import Entity
    from ner_core.inference.predictor import Predictor

MOST_TEXTS = 32
MOST_CHARACTERS = 1000
"""A longer text is read by itself: the short ones are not to wait for it."""

_LONG_BATCH = 4  # windows at a time, so that other texts get their turn in between

_Waiting = tuple["Predictor", str, "Future[list[Entity]]"]


class Batches:
    """Finds the entities of texts that come from many threads, those of a moment together."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._begun = False
        self._long = threading.Lock()

    def predict(self, predictor: "Predictor", text: str) -> "list[Entity]":
        """Give the entities of a text; see ``Predictor.predict``."""
        if len(text) > MOST_CHARACTERS:
            with self._long:
                return predictor.predict_all([text], batch_size=_LONG_BATCH)[0]
        self._begin()
        found: Future[list[Entity]] = Future()
        self._waiting.put((predictor, text, found))
        return found.result()

    def _begin(self) -> None:
        with self._lock:
            if not self._begun:
                threading.Thread(target=self._work, name="batches", daemon=True).start()
                self._begun = True

    def _work(self) -> None:
        while True:
            # Nothing of it is kept while this waits: a model may be replaced meanwhile.
            self._read_with_others(self._waiting.get())

    def _read_with_others(self, first: _Waiting) -> None:
        taken = [first]
        while len(taken) < MOST_TEXTS and not self._waiting.empty():
            taken.append(self._waiting.get())
        for predictor in {id(one): one for one, _, _ in taken}.values():
            self._read(predictor, [(t, f) for one, t, f in taken if one is predictor])

    def _read(
        self, predictor: "Predictor", texts: "list[tuple[str, Future[list[Entity]]]]"
    ) -> None:
        try:
            results = predictor.predict_all(text for text, _ in texts)
        except BaseException as error:  # whoever asked gets it; the next ones are read all the same
            for _, found in texts:
                found.set_exception(error)
            return
        for (_, found), entities in zip(texts, results, strict=True):
            found.set_result(entities)
