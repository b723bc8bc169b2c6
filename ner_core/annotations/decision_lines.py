"""The last decisions of a set as JSON Lines, one a line, from which the same set can be made.

Nothing else of the set is in them: not what was undone, or decided otherwise before.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ner_core.annotations.checks import checked_spans, checked_text
from ner_core.annotations.decisions import Decision, Suggestion
from ner_core.errors import AnnotationError

FILE = "annotations.jsonl"
"""The name of the file in a repository."""

_SPLITS = frozenset({"", "train", "validation", "test"})
_LONGEST_NAME = 500  # of a model
_NONE = (
    *(AnnotationError, ValueError, KeyError, TypeError, AttributeError),
    *(OverflowError, RecursionError),
)


def to_lines(decisions: Iterable[Decision]) -> bytes:
    """Return the lines of decisions."""
    rows = ({**one.as_json(), "time": one.time} for one in decisions)
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    return "".join(lines).encode(errors="backslashreplace")


def from_lines(lines: Iterable[bytes]) -> tuple[list[Decision], int]:
    """Return the decisions of lines, and how many lines are none; strangers may have written them.

    Empty lines do not count.
    """
    found, damaged = [], 0
    for line in lines:
        if not line.strip():
            continue
        try:
            found.append(_checked(json.loads(line)))
        except _NONE:
            damaged += 1
    return found, damaged


def _checked(row: dict[str, Any]) -> Decision:
    """Return the decision of a row, its types cleaned; raise one of ``_NONE`` if it can be none."""
    if not (isinstance(row["text"], str) and isinstance(row.get("model", ""), str)):
        raise TypeError
    decision = Decision.from_json(row, float(row.get("time", 0.0)))
    text = checked_text(decision.text)
    if (
        decision.split not in _SPLITS
        or len(decision.model) > _LONGEST_NAME
        or not all(map(math.isfinite, (decision.time, *(one.score for one in decision.suggested))))
    ):
        raise ValueError
    return replace(
        decision,
        entities=checked_spans(text, decision.entities),
        suggested=tuple(
            Suggestion(*span, one.score)
            for one in decision.suggested
            for span in checked_spans(text, [one[:3]])
        ),
    )
