"""The errors of a run on one split: ``errors.jsonl``, one JSON object a sentence that has any.

A row is ``{"split", "sentence", "tokens", "gold", "predicted", "errors"}``. ``sentence`` is its
number in the split, from 0. ``gold`` and ``predicted`` are all its entities, each ``[start, end,
label]`` in words, half-open. ``errors`` are ``{"kind", "gold", "predicted"}``, in which the two are
such an entity, or null where there is none.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ner_core.system import atomic

ERROR_KINDS = ("missed", "spurious", "wrong type", "wrong boundary", "wrong boundary and type")
"""Kinds of errors: an entity not found, one that is not annotated, one not exactly right."""


def write_errors(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write the rows, and return how many there were; the file is there whole or not at all."""
    count = 0
    # Half a surrogate pair has no UTF-8; written as \udxxx it is JSON all the same.
    with (
        atomic.staged(path) as staging,
        staging.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file,
    ):
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def read_errors(path: Path) -> list[dict[str, Any]]:
    """Return the rows; a file that is not there has none, and a damaged line is skipped."""
    rows: list[dict[str, Any]] = []
    known: dict[str, str] = {}  # the same few words make up most of a text: keep each once
    try:
        with path.open("rb") as file:
            for line in file:
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    continue
                if _is_row(row):
                    row["tokens"] = [known.setdefault(word, word) for word in row["tokens"]]
                    rows.append(row)
    except FileNotFoundError:
        return []
    return rows


def _is_row(row: Any) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("tokens"), list):
        return False
    length = len(row["tokens"])
    sides: list[Any] = [row.get("gold"), row.get("predicted")]
    errors = row.get("errors")
    return (
        isinstance(row.get("split"), str)
        and isinstance(row.get("sentence"), int)
        and {*map(type, row["tokens"])} <= {str}
        and all(isinstance(side, list) for side in sides)
        and all(_is_span(span, length) for side in sides for span in side)
        and isinstance(errors, list)
        and bool(errors)
        and all(_is_error(error, length) for error in errors)
    )


def _is_error(error: Any, length: int) -> bool:
    if not isinstance(error, dict) or error.get("kind") not in ERROR_KINDS:
        return False
    sides = [side for side in (error.get("gold"), error.get("predicted")) if side is not None]
    return bool(sides) and all(_is_span(side, length) for side in sides)


def _is_span(span: Any, length: int) -> bool:
    return (
        isinstance(span, list)
        and len(span) == 3
        and type(span[0]) is type(span[1]) is int
        and type(span[2]) is str
        and 0 <= span[0] < span[1] <= length
    )
