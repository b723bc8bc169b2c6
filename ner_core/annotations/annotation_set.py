"""One annotation set: its files, and saving to it.

``decisions.jsonl`` of a set is append-only. Whoever appends holds the set's lock while it writes a
line, so that there is one writer at a time, and many may read meanwhile. A line counts once it is
whole, and it is on the disk when ``accept`` returns.
"""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ner_core.annotations.checks import checked_spans, checked_text, checked_type
from ner_core.annotations.decisions import VERSION, Contents, Decision, Suggestion, contents
from ner_core.errors import AnnotationError
from ner_core.runs import names
from ner_core.system import json_lines


@dataclass(frozen=True)
class AnnotationSet:
    """An annotation set: its id and its folder. Everything else is read when asked for."""

    id: str
    path: Path

    @property
    def decisions_path(self) -> Path:
        """The append-only file of what was decided."""
        return self.path / "decisions.jsonl"

    @property
    def queue_path(self) -> Path:
        """The append-only file of the texts to annotate."""
        return self.path / "queue.jsonl"

    @property
    def guideline_path(self) -> Path:
        """The file that says what counts as an entity, where somebody wrote one."""
        return self.path / "guideline.md"

    @property
    def lock_path(self) -> Path:
        """The file that is locked while somebody writes."""
        return self.path / "lock"

    @property
    def title_path(self) -> Path:
        """The name that people read."""
        return self.path / "title.txt"

    @property
    def owner_path(self) -> Path:
        """The name of the Hub user who made the set, where people sign in."""
        return self.path / "owner"

    @property
    def title(self) -> str:
        """The name that people read; the id if it can't be read."""
        return names.clean(_text_of(self.title_path))[: names.MOST_CHARACTERS] or self.id

    @property
    def owner(self) -> str | None:
        """The Hub user who made the set on a page where people sign in; None for any other."""
        return _text_of(self.owner_path).strip() or None

    def size(self) -> int:
        """Return the bytes of what was decided so far. Raises AnnotationError as ``read``."""
        try:
            return json_lines.read_lines(self.decisions_path)[1]
        except OSError as error:
            raise self._unreadable(error) from None

    def read(self, size: int | None = None) -> Contents:
        """Return what the set has now, or had when its file had ``size`` bytes.

        Raises AnnotationError if it can't be read.
        """
        try:
            return contents(json_lines.read_lines(self.decisions_path, size=size)[0])
        except OSError as error:
            raise self._unreadable(error) from None

    def accept(
        self,
        text: str,
        entities: Iterable[Sequence[Any]] = (),
        suggested: Iterable[Sequence[Any]] = (),
        model: str = "",
        complete: bool = True,
        record: str = "",
    ) -> str:
        """Save what somebody decided on a text, and return the id of the record.

        ``entities`` are (start, end, label), ``suggested`` (start, end, label, score), in
        characters, half-open. See ``Decision`` and ``append`` for the rest. Raises AnnotationError
        if one of them cannot be, or the set can't be written.
        """
        decision = Decision(
            checked_text(text),
            checked_spans(text, entities),
            bool(complete),
            tuple(
                Suggestion(*span, float(one[3]))
                for one in suggested
                for span in checked_spans(text, [one[:3]])
            ),
            str(model),
        )
        return self.append("accepted", decision.as_json(), record)

    def skip(self, text: str, record: str = "") -> str:
        """Save that somebody passed a text over, and return the id of the record."""
        return self.append("skipped", {"text": checked_text(text)}, record)

    def name_types(self, types: Iterable[str]) -> str:
        """Set the entity types to choose from, in their order; return the id of the record."""
        return self.append("types", {"types": list(dict.fromkeys(map(checked_type, types)))})

    def rename_type(self, old: str, new: str, record: str = "") -> str:
        """Rename an entity type, also to one that exists; return the id of the record.

        Raises AnnotationError if the set has no such type.
        """
        types = self.read().types
        if old not in types:
            there = f"It has {', '.join(types)}." if types else "It has none yet."
            raise AnnotationError(f"{self.title} has no type {old[:60]!r}. {there}")
        return self.append("renamed", {"old": old, "new": checked_type(new)}, record)

    def merge(self, decisions: Iterable[Decision], source: str, record: str = "") -> str:
        """Take in decisions of another set or of other data; return the id of the record.

        Of two decisions on a text the later one stays. Nothing changes at their source.
        """
        own = self.read().decisions
        texts = [
            {**decision.as_json(), "time": decision.time}
            for decision in decisions
            if decision.id not in own or decision.time > own[decision.id].time
        ]
        return self.append("merged", {"source": source, "texts": texts}, record)

    def undo(self, of: str, record: str = "") -> str:
        """Take back what was saved under an id; return an id, which can be undone as well."""
        return self.append("undone", {"record": of}, record)

    def append(self, kind: str, data: Mapping[str, Any], record: str = "") -> str:
        """Append a record and return its id; it is on the disk when this returns.

        ``record`` is the id that it gets. If there is one with this id already, nothing is written:
        so whoever got no answer can ask again, and nothing is saved twice.
        """
        row = {"v": VERSION, "id": record or secrets.token_hex(6), "time": time.time()}
        with self.writing(self.decisions_path) as file:
            if not record or not self._has(record):
                json_lines.write_line(file, {**row, "kind": kind, **data})
        return str(row["id"])

    def _has(self, record: str) -> bool:
        # No text of a person can look so: within it the quotes would have backslashes.
        written = f'"id": {json.dumps(record)}'.encode()
        return written in self.decisions_path.read_bytes()

    @contextmanager
    def writing(self, path: Path) -> Iterator[int]:
        """Yield a file of the set, open at its end, that nobody else writes meanwhile.

        Raises AnnotationError if the set is gone or can't be written.
        """
        try:
            lock = os.open(self.lock_path, os.O_RDWR)  # not made: a deleted set stays deleted
        except FileNotFoundError:
            raise missing(self.id) from None
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                json_lines.cut_torn_tail(file)
                yield file
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise self._unwritable(error) from None
        finally:
            os.close(lock)

    def _unreadable(self, error: OSError) -> AnnotationError:
        return AnnotationError(f"Can't read the set {self.title}: {error.strerror}.")

    def _unwritable(self, error: OSError) -> AnnotationError:
        return AnnotationError(
            f"Can't save to the set {self.title}: {error.strerror}. Nothing was saved."
        )


def missing(set_id: str) -> AnnotationError:
    """Return the error that says there is no set with this id."""
    return AnnotationError(
        f"There is no annotation set {set_id[:80]!r}. List yours with `python -m ner_core "
        "annotations list`."
    )


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
