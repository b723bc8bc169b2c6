"""Loaded models, shared by all who ask for them: at most two are kept."""

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST = 2


@dataclass
class _Entry(Generic[V]):
    value: V | None = None
    error: BaseException | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class ModelCache(Generic[K, V]):
    """Loads what is asked for, once; keeps the ``most`` that were asked for last.

    A model that takes long to load holds up only those who ask for it. One that is replaced is
    freed as soon as nobody computes with it any more.
    """

    def __init__(self, load: Callable[[K], V], most: int = MOST) -> None:
        self._load = load
        self._most = most
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V:
        """Give the model of a key. Raises what ``load`` raises; then nothing is replaced."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
        with entry.lock:
            if entry.error is not None:  # it failed while this waited for it
                raise entry.error
            if entry.value is None:
                try:
                    entry.value = self._load(key)
                except BaseException as error:
                    entry.error = error
                    with self._lock:
                        del self._entries[key]
                    raise
                self._replace_others(key)
            return entry.value

    def holds(self, key: K) -> bool:
        """Tell whether the model of a key is loaded."""
        entry = self._entries.get(key)
        return entry is not None and entry.value is not None

    def _replace_others(self, key: K) -> None:
        """Let go of those asked for longest ago, if there are too many with a new one."""
        with self._lock:
            others = [
                other
                for other, kept in self._entries.items()
                if kept.value is not None and other != key
            ]
            too_many = max(0, len(others) + 1 - self._most)
            replaced = [self._entries.pop(other) for other in others[:too_many]]
        if replaced:
            replaced.clear()
            gc.collect()  # a model's modules refer to each other
