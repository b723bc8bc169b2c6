"""The errors of a run, read once and indexed by kind and entity type."""

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ner_core.runs.error_log import ERROR_KINDS, read_errors

ALL = ""
"""The value of a filter that means every kind, or every type."""

_MOST_CACHED = 4  # a large file takes tens of megabytes of memory


class ErrorIndex:
    """Finds errors by kind and entity type; an error with two types is found under both.

    ``rows`` are those of ``read_errors``; ``kinds`` and ``types`` are those that occur in them.
    """

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self._counts: Counter[tuple[str, str]] = Counter()
        self._sentences: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            keys = [key for error in row["errors"] for key in _keys(error)]
            self._counts.update(keys)
            for key in dict.fromkeys(keys):
                self._sentences[key].append(number)
        self.kinds = [kind for kind in ERROR_KINDS if self.count(kind, ALL)]
        self.types = sorted({label for _, label in self._counts if label != ALL})

    def count(self, kind: str, label: str) -> int:
        """Return the number of errors of this kind and type."""
        return self._counts[kind, label]

    def sentences(self, kind: str, label: str) -> list[int]:
        """Return the numbers of the rows with such an error, in the order of the split."""
        return self._sentences.get((kind, label), [])


def types_of(error: dict[str, Any]) -> list[str]:
    """Return the one or two entity types of an error."""
    sides = (error["gold"], error["predicted"])
    return list(dict.fromkeys(side[2] for side in sides if side))


def is_of(error: dict[str, Any], kind: str, label: str) -> bool:
    """Return whether an error is of this kind and type."""
    return kind in (ALL, error["kind"]) and (label == ALL or label in types_of(error))


_cache: "OrderedDict[tuple[Any, ...], ErrorIndex]" = OrderedDict()
_lock = threading.Lock()


def index_of(path: Path, version: Iterable[Any]) -> ErrorIndex:
    """Return the index of the errors in a file; ``version`` changes whenever the file does."""
    key = (str(path), *version)
    with _lock:  # also while reading, so that the next visitor finds the index in the cache
        index = _cache.pop(key, None) or ErrorIndex(read_errors(path))
        _cache[key] = index
        while len(_cache) > _MOST_CACHED:
            _cache.popitem(last=False)
    return index


def _keys(error: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for kind in (ALL, error["kind"]):
        yield kind, ALL
        for label in types_of(error):
            yield kind, label
