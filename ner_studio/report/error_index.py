"""The errors of a run, read once and sorted by what a visitor may ask for."""

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ner_core.runs.error_log import ERROR_KINDS, read_errors

ALL = ""
"""Stands for every kind, or every type."""

_MOST_KEPT = 4  # a large file takes tens of megabytes in memory


class ErrorIndex:
    """Finds errors by kind and by entity type; an error with two types is found under both.

    ``rows`` are those of ``ner_core.read_errors``, ``kinds`` and ``types`` what occurs in them.
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
        """Give how many errors of this kind and type there are."""
        return self._counts[kind, label]

    def sentences(self, kind: str, label: str) -> list[int]:
        """Give the rows that have such an error, as numbers, in the order of the split."""
        return self._sentences.get((kind, label), [])


def types_of(error: dict[str, Any]) -> list[str]:
    """Give the one or two entity types of an error."""
    sides = (error["gold"], error["predicted"])
    return list(dict.fromkeys(side[2] for side in sides if side))


def is_of(error: dict[str, Any], kind: str, label: str) -> bool:
    """Tell whether an error is of this kind and type."""
    return kind in (ALL, error["kind"]) and (label == ALL or label in types_of(error))


_kept: "OrderedDict[tuple[Any, ...], ErrorIndex]" = OrderedDict()
_lock = threading.Lock()


def index_of(path: Path, version: Iterable[Any]) -> ErrorIndex:
    """Give the errors in a file; ``version`` differs whenever the file does."""
    key = (str(path), *version)
    with _lock:  # also while it is read: the second visitor finds it there
        index = _kept.pop(key, None) or ErrorIndex(read_errors(path))
        _kept[key] = index
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return index


def _keys(error: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for kind in (ALL, error["kind"]):
        yield kind, ALL
        for label in types_of(error):
            yield kind, label
