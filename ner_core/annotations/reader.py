"""Read annotation sets again and again, each time only the lines that are new."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ner_core.annotations.annotation_set import AnnotationSet
from ner_core.annotations.decisions import Contents, contents_of, records_of
from ner_core.errors import AnnotationError
from ner_core.system import json_lines

_HEAD = 100
"""Bytes at the beginning of a file that tell it from another one: its first record has an id."""


@dataclass
class _Read:
    """What was read of a set so far: up to ``offset``, in bytes."""

    head: bytes = b""
    offset: int = 0
    records: list[dict[str, Any]] = field(default_factory=list)
    damaged: int = 0


class SetReader:
    """Reads sets, and remembers the records of the ``most`` that were read last."""

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._known: OrderedDict[Path, _Read] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, found: AnnotationSet) -> Contents:
        """Return what a set has now, as ``AnnotationSet.read`` does."""
        path = found.decisions_path
        with self._lock:
            try:
                known = self._known_of(path)
                lines, known.offset = json_lines.read_lines(path, known.offset)
            except OSError as error:
                raise AnnotationError(
                    f"Can't read the set {found.title}: {error.strerror}."
                ) from None
            records, damaged = records_of(lines)
            known.records += records
            known.damaged += damaged
            return contents_of(known.records, known.damaged)

    def _known_of(self, path: Path) -> _Read:
        """Return what is known of a file: nothing if there is another one in its place."""
        head = b""
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(_HEAD)
        known = self._known.pop(path, None)
        if known is None or not known.head or not head.startswith(known.head):
            known = _Read()
        known.head = head
        self._known[path] = known
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return known
