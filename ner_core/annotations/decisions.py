"""What people decided on texts: the records of an annotation set, and what they add up to.

A set is a file of records, one JSON object a line, each with an ``id`` and a ``kind``:

============  ==============================================================================
kind          what happened
============  ==============================================================================
``accepted``  somebody accepted a text: ``text`` and what ``Decision`` has
``skipped``   somebody passed a text over: ``text``
``merged``    texts of other data were taken in: ``texts``, each a decision, and ``source``
``types``     the entity types to choose from, in their order: ``types``
``renamed``   one entity type got the name of another: ``old``, ``new``
``undone``    the record with the id ``record`` counts as if it were not there
============  ==============================================================================

The last decision on a text counts. ``undone`` can be undone as well.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from ner_core.tags import Span

VERSION = 1
HELD_OUT_OF = 5
"""One of so many texts is for validation."""


class Suggestion(NamedTuple):
    """An entity that a model suggested, in characters, half-open; ``score`` is from 0 to 1."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True)
class Decision:
    """What somebody decided on one text.

    ``entities`` are in characters, half-open, sorted and disjoint. If not ``complete``, nobody has
    decided on the words outside of ``entities`` and ``rejected``. ``suggested`` is what ``model``
    suggested. ``split`` is the part of other data that the text came from, "" if it came from none.
    ``time`` is in seconds since the Unix epoch (UTC).
    """

    text: str
    entities: tuple[Span, ...] = ()
    complete: bool = True
    suggested: tuple[Suggestion, ...] = ()
    model: str = ""
    split: str = ""
    time: float = 0.0

    @cached_property
    def id(self) -> str:
        """The id of the text."""
        return text_id(self.text)

    @property
    def part(self) -> str:
        """The part of the data that the text is in: ``train``, ``validation`` or ``test``."""
        return self.split or ("validation" if is_held_out(self.text) else "train")

    @property
    def rejected(self) -> tuple[Suggestion, ...]:
        """The suggestions whose characters are in no entity."""
        return tuple(
            one
            for one in self.suggested
            if not any(one.start < kept.end and kept.start < one.end for kept in self.entities)
        )

    @property
    def unchanged(self) -> bool:
        """Whether a model suggested exactly what was accepted."""
        return bool(self.model) and self.entities == tuple(Span(*one[:3]) for one in self.suggested)

    @property
    def edits(self) -> int:
        """The number of suggestions that were not accepted as they were, and of entities added."""
        suggested = {one[:3] for one in self.suggested}
        return len(suggested.symmetric_difference(tuple(one) for one in self.entities))

    def as_json(self) -> dict[str, Any]:
        """Return the decision as a record has it."""
        return {
            "text": self.text,
            "entities": [list(span) for span in self.entities],
            "complete": self.complete,
            "suggested": [list(one) for one in self.suggested],
            "model": self.model,
            **({"split": self.split} if self.split else {}),
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any], time: float) -> "Decision":
        """Return the decision of a record. Raises ValueError, TypeError or KeyError if not one."""
        return cls(
            str(row["text"]),
            tuple(Span(int(start), int(end), str(label)) for start, end, label in row["entities"]),
            bool(row.get("complete", True)),
            tuple(
                Suggestion(int(start), int(end), str(label), float(score))
                for start, end, label, score in row.get("suggested", ())
            ),
            str(row.get("model", "")),
            str(row.get("split", "")),
            time,
        )


@dataclass(frozen=True)
class Contents:
    """What a set has: the last decision on each text, by the text's id and in the order of texts.

    ``types`` are the entity types to choose from: those that were named, then those that were used,
    in their order. ``skipped`` are the ids of texts that were passed over and never decided on.
    ``damaged`` counts the lines of the file that are no records.
    """

    decisions: Mapping[str, Decision] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    skipped: frozenset[str] = frozenset()
    damaged: int = 0

    @property
    def held_out(self) -> int:
        """The number of texts for validation."""
        return sum(decision.part == "validation" for decision in self.decisions.values())

    @property
    def entities(self) -> int:
        """The number of entities."""
        return sum(len(decision.entities) for decision in self.decisions.values())


def text_id(text: str) -> str:
    """Return the id of a text, which equal texts share."""
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:16]


def is_held_out(text: str) -> bool:
    """Return whether a text is for validation: every fifth is, by the hash of the text."""
    return int(text_id(text), 16) % HELD_OUT_OF == 0


def contents(lines: Iterable[bytes]) -> Contents:
    """Return what the lines of a set's file add up to."""
    records, damaged = records_of(lines)
    return contents_of(records, damaged)


def records_of(lines: Iterable[bytes]) -> tuple[list[dict[str, Any]], int]:
    """Return the records of a set's lines, and the number of lines that are none."""
    found = [_parsed(line) for line in lines]
    records = [record for record in found if record is not None]
    return records, len(found) - len(records)


def contents_of(records: Sequence[dict[str, Any]], damaged: int) -> Contents:
    """Return what records add up to."""
    decisions: dict[str, Decision] = {}
    named: tuple[str, ...] = ()
    skipped: set[str] = set()
    for record in _valid(records):
        kind = record["kind"]
        if kind == "accepted" or kind == "merged":
            for decision in _decisions(record):
                decisions[decision.id] = decision
        elif kind == "skipped":
            skipped.add(text_id(record["text"]))
        elif kind == "types":
            named = tuple(record["types"])
        elif kind == "renamed":
            old, new = record["old"], record["new"]
            named = tuple(dict.fromkeys(new if name == old else name for name in named))
            decisions = {key: _renamed(one, old, new) for key, one in decisions.items()}
    used = (span.label for decision in decisions.values() for span in decision.entities)
    types = tuple(dict.fromkeys([*named, *used]))
    return Contents(decisions, types, frozenset(skipped - decisions.keys()), damaged)


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return the record of a line, None if it is none."""
    try:
        record = json.loads(line)
        kind = record["kind"]
        if not isinstance(record["id"], str):
            return None
        if kind in {"accepted", "merged"}:
            record["decisions"] = _decisions(record)
        elif kind == "types":
            record["types"] = [str(name) for name in record["types"]]
        elif kind == "renamed":
            record["old"], record["new"] = str(record["old"]), str(record["new"])
        elif kind == "skipped":
            record["text"] = str(record["text"])
        elif kind == "undone":
            record["record"] = str(record["record"])
        else:
            return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return dict(record)


def _decisions(record: Mapping[str, Any]) -> Sequence[Decision]:
    """Return the decisions of a record ``accepted`` or ``merged``."""
    if "decisions" in record:
        found: Sequence[Decision] = record["decisions"]
        return found
    rows = record["texts"] if record["kind"] == "merged" else [record]
    time = float(record["time"])
    return [Decision.from_json(row, float(row.get("time", time))) for row in rows]


def _valid(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the records that were not undone."""
    void: set[str] = set()
    valid = []
    for record in reversed(records):  # a later one may undo an earlier one, never the reverse
        if record["id"] in void:
            continue
        if record["kind"] == "undone":
            void.add(record["record"])
        else:
            valid.append(record)
    return valid[::-1]


def _renamed(decision: Decision, old: str, new: str) -> Decision:
    def renamed(label: str) -> str:
        return new if label == old else label

    return replace(
        decision,
        entities=tuple(span._replace(label=renamed(span.label)) for span in decision.entities),
        suggested=tuple(one._replace(label=renamed(one.label)) for one in decision.suggested),
    )
