"""Printing: tables and JSON on stdout, everything else on stderr."""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ner_core.entities import Entity
from ner_core.runs.run import Run
from ner_core.runs.view import RunView

if TYPE_CHECKING:  # it loads datasets
    from ner_core.checks.report import CheckReport


def say(message: str) -> None:
    """Print a message on stderr."""
    print(message, file=sys.stderr)


def emit(as_json: bool, document: Any, text: Callable[[], str]) -> None:
    """Print the result of a command: as one JSON document, or as text."""
    print(json.dumps(document, ensure_ascii=False, allow_nan=False) if as_json else text())


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as a table: columns of numbers are aligned right, others left."""
    cells = [[*header], *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numeric = [
        all(re.fullmatch(r"[\d,./]*|–", row[index]) for row in cells[1:])
        for index in range(len(header))
    ]
    lines = [
        "  ".join(
            cell.rjust(width) if flush_right else cell.ljust(width)
            for cell, width, flush_right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


_MOST_TYPES = 10
_MOST_ALIKE = 5
_LONGEST = 400


def check_text(report: "CheckReport", everything: bool = True) -> str:
    """Return the report of a data check as text; not ``everything`` of it if it is long."""
    total: Counter[str] = Counter()
    for counts_of in report.splits.values():
        total.update(counts_of.per_type)
    most = None if everything else _MOST_TYPES
    types = sorted(label for label, _ in total.most_common(most))
    hidden = len(total) - len(types)
    counts = table(
        ("split", "sentences", "tokens", "entities", *types),
        [
            (name, row.sentences, row.tokens, row.entities, *(row.per_type[t] for t in types))
            for name, row in report.splits.items()
        ],
    )
    formats = ", ".join(sorted(set(report.formats.values())))
    lines = [f"{report.source} ({formats}; tags: {report.scheme})", "", counts, ""]
    if hidden:
        lines += [f"The table has the most frequent types; {hidden:,} more: --all.", ""]
    if report.encoder:
        lines += [lengths_text(report.encoder), ""]
    seen: Counter[str] = Counter()
    for finding in report.findings:
        seen[finding.code] += 1
        if not everything and seen[finding.code] > _MOST_ALIKE:
            continue
        message = finding.message
        if not everything and len(message) > _LONGEST:
            message = f"{message[:_LONGEST]}…"
        lines.append(f"{finding.level}: {message}")
        lines += [
            f"    {row['source']}, {row['unit']} {row['line']}: {row['text'][:200]}"
            for row in finding.rows[:5]
        ]
    if more := sum(max(count - _MOST_ALIKE, 0) for count in seen.values()) * (not everything):
        lines.append(f"{more:,} more of the same kinds: --all.")
    if not report.findings:
        lines.append("Nothing is wrong with it.")
    return "\n".join(lines)


def lengths_text(encoder: dict[str, Any]) -> str:
    """Return a sentence about the lengths of the sentences for an encoder."""
    return (
        f"{encoder['model']} reads a sentence as {encoder['median']:.0f} sub-tokens (median), "
        f"{encoder['p95']:.0f} or fewer in 95 of 100, {encoder['longest']:,} at most; with windows "
        f"of {encoder['max_length']} the {encoder['sentences']:,} sentences become "
        f"{encoder['windows']:,} windows."
    )


def alignment_text(rows: list[dict[str, Any]]) -> str:
    """Return the alignment of one sentence as a table, a row per sub-token; – is -100, no label."""
    return table(
        ("sub-token", "word", "label"),
        [
            (
                row["sub_token"],
                "" if row["word_id"] is None else f"{row['word_id']} {row['word']}",
                row["label"] or "–",
            )
            for row in rows
        ],
    )


def scores_text(split: str, scores: dict[str, Any]) -> str:
    """Return the scores of a split as a table: overall, then by type."""
    rows = [(split, scores["precision"], scores["recall"], scores["f1"], scores["support"])]
    rows += [
        (f"  {label}", row["precision"], row["recall"], row["f1"], row["support"])
        for label, row in scores["per_type"].items()
    ]
    text = table(("", "precision", "recall", "f1", "entities"), rows)
    if not scores["support"]:
        text += f"\n{split} has no entities, so there was nothing to score"
    if "accuracy" in scores:
        text += (
            f"\ntoken accuracy {scores['accuracy']:.4f}, f1 as conlleval counts "
            f"{scores['f1_lenient']:.4f}"
        )
    if scores["support"] and "interval" in scores:
        low, high = scores["interval"]["f1"]
        text += f"\n95 % interval of f1: {low:.4f} to {high:.4f}"
    if "words" in scores:
        text += f"\non the words of the data: f1 {scores['words']['f1']:.4f}"
    return text


def summary(run: Run) -> dict[str, Any]:
    """Return the state of a run as one row."""
    view = RunView(run)
    view.refresh()
    return view.summary()


def runs_text(rows: list[dict[str, Any]]) -> str:
    """Return the list of runs as a table."""
    if not rows:
        return "There are no runs yet: `python -m ner_core train --data sample` makes one."
    return table(
        ("run", "name", "status", "step", "best f1", "validation", "test"),
        [
            (
                row["run"],
                row["name"],
                row["status"],
                f"{row['step']}/{row['total']}",
                row["best_f1"],
                row["validation_f1"],
                row["test_f1"],
            )
            for row in rows
        ],
    )


def run_text(document: dict[str, Any]) -> str:
    """Return one run as text: its state, settings and scores."""
    lines = [f"{document['run']}: {document['status']}, step {document['step']}"]
    lines.append(f"name: {document['name']}")
    if document["message"]:
        lines.append(document["message"])
    lines.append(f"directory: {document['path']}")
    lines += [f"  {name}: {value}" for name, value in document["settings"].items()]
    for split in ("validation", "test"):
        scores = (document["report"] or {}).get(split)
        if scores:
            lines += ["", scores_text(split, scores)]
    return "\n".join(lines)


def entity_table(found: Sequence[Entity]) -> str:
    """Return the entities of a text as a table."""
    if not found:
        return "No entities."
    return table(
        ("entity", "type", "score", "start", "end"),
        [(entity.text, entity.label, entity.score, entity.start, entity.end) for entity in found],
    )


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
