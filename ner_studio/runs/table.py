"""The table of all runs: its columns, and the values that it sorts by and shows."""

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import gradio as gr

from ner_core.runs.command import value_text
from ner_studio.base.durations import duration
from ner_studio.runs.rows import RunRow

COLUMNS = {
    "": ("str", 42),
    "Name": ("str", 230),
    "Run": ("str", 310),
    "Status": ("html", 134),
    "Validation F1": ("number", 158),
    "Test F1": ("number", 118),
    "Data": ("str", 150),
    "Encoder": ("str", 130),
    "Recipe": ("str", 100),
    "Epochs": ("number", 114),
    "Batch": ("number", 106),
    "Learning rate": ("number", 156),
    "Steps": ("number", 106),
    "Trained in": ("number", 136),
    "Created (UTC)": ("str", 166),
}
"""The columns of the table: kind of value, and width in pixels."""

def add() -> gr.Dataframe:
    """Add the empty table. It cannot be edited, since a click on a row selects the run."""
    kinds: list[Any] = [kind for kind, _ in COLUMNS.values()]
    return gr.Dataframe(
        table_value([]),
        headers=list(COLUMNS),
        datatype=kinds,
        column_widths=[width for _, width in COLUMNS.values()],
        type="array",
        interactive=False,
        show_search="search",
        max_height=420,
        buttons=[],
        show_label=False,
        elem_id="runs-table",
    )


def table_value(rows: Sequence[RunRow]) -> dict[str, Any]:
    """Return the value of the table: what it sorts and filters by, and what it shows."""
    return {
        "headers": list(COLUMNS),
        "data": [_values(row) for row in rows],
        "metadata": {"display_value": [_shown(row) for row in rows]},
    }


def selection_style(rows: Sequence[RunRow], selected: Sequence[str]) -> str:
    """Return the style sheet that ticks the rows of the selected runs.

    Sending the table again instead would take seconds with a thousand runs.
    """
    chosen = set(selected)
    places = [f'[data-row="{place}"]' for place, row in enumerate(rows) if row.id in chosen]
    if not places:
        return ""
    return (
        f"<style>#runs-table .body-cell:is({', '.join(places)}) "
        '{ --ner-tick: "✓"; --ner-tick-fill: var(--primary-600); --ner-picked: '
        "color-mix(in srgb, var(--primary-500) 14%, transparent); }</style>"
    )


def _values(row: RunRow) -> list[Any]:
    scores = [_rounded(row.validation_f1), _rounded(row.test_f1)]
    figures = [row.epochs, row.batch_size, row.learning_rate, row.steps, row.seconds]
    names = [row.data, row.model, row.recipe]
    return ["", row.name, row.id, row.status, *scores, *names, *figures, _created(row)]


def _shown(row: RunRow) -> list[Any]:
    """Return the texts of a row. Only the status, one of our own words, is HTML."""
    scores = ["" if f1 is None else f"{f1:.3f}" for f1 in (row.validation_f1, row.test_f1)]
    chosen = (row.epochs, row.batch_size, row.learning_rate)
    return [
        "",
        row.name,
        row.id,
        f'<span class="ner-badge {row.status}">{row.status}</span>',
        *scores,
        *(row.data, row.model, row.recipe),
        *("" if value is None else value_text(value) for value in chosen),
        "" if row.steps is None else f"{row.steps:,}",
        "" if row.seconds is None else duration(row.seconds),
        _created(row),
    ]


def _rounded(f1: float | None) -> float | None:
    return None if f1 is None else round(f1, 4)


def _created(row: RunRow) -> str:
    return datetime.fromtimestamp(row.created_ns / 1e9, timezone.utc).strftime("%Y-%m-%d %H:%M")
