"""The table of all runs: its columns, what it sorts by and what it shows, how it looks."""

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import gradio as gr

from ner_core.runs.command import value_text
from ner_studio.state.run_summary import duration
from ner_studio.runs.rows import RunRow

COLUMNS = {
    "": ("str", 42),
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

_NUMBERS = [place for place, (kind, _) in enumerate(COLUMNS.values()) if kind == "number"]

CSS = (
    """
#runs-table, #runs-table .table-wrap { font-family: inherit; }
#runs-table span, #runs-table .header { font-family: var(--font); font-size: .86rem;
  font-variant-numeric: tabular-nums; }
#runs-table .header { font-weight: 550; color: var(--body-text-color-subdued); cursor: default; }
#runs-table .body-cell, #runs-table .body-cell span { cursor: pointer; }
#runs-table .body-cell, #runs-table .header-cell { box-shadow: none; }
#runs-table .body-cell.cell-selected { box-shadow: none; }
#runs-table .body-cell.cell-solo { overflow: hidden; z-index: auto; }
#runs-table .body-cell.cell-solo .cell-wrap { overflow: hidden; }
#runs-table .body-cell.cell-solo .cell-wrap > span { position: static; padding: 0; min-height: 0;
  background: none; box-shadow: none; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; }
#runs-table .selection-button { display: none; }
#runs-table .body-cell:focus-visible { outline: 2px solid var(--color-accent);
  outline-offset: -2px; }
#runs-table .virtual-row { border-bottom: 1px solid var(--border-color-primary);
  background: var(--background-fill-primary); }
#runs-table .virtual-row:hover { background: var(--background-fill-secondary); }
/* The box of a row; ``marks`` ticks it. */
#runs-table .body-cell { background: var(--ner-picked, transparent); }
#runs-table .body-cell[data-col="0"] .cell-wrap::before { content: var(--ner-tick, ""); flex: none;
  width: 16px; height: 16px; border-radius: 4px; font-size: 12px; line-height: 15px;
  text-align: center; color: white; background: var(--ner-tick-fill, transparent);
  border: 1.5px solid var(--ner-tick-fill, var(--neutral-400)); box-sizing: border-box; }
#runs-table .cell-menu-button { display: flex; border: 0; background: none; opacity: .55;
  position: static; transform: none; margin: 0; color: var(--body-text-color); }
#runs-table .header-cell:hover .cell-menu-button { opacity: 1; }
#runs-table th:first-child .cell-menu-button { display: none; }
#runs-table .header-content { gap: .2rem; }
#runs-table .ner-badge { font-size: .76rem; }
#runs-table .search-input { min-width: 12rem; }
"""
    + ", ".join(f'#runs-table [data-col="{place}"] .cell-wrap' for place in _NUMBERS)
    + """ { justify-content: flex-end; text-align: right; padding-right: 1.1rem; }
"""
)


def place() -> gr.Dataframe:
    """Place the empty table; a click on a row selects it, so nothing in it is edited."""
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
    """Give the value of the table: what it sorts and filters by, and what it shows of that."""
    return {
        "headers": list(COLUMNS),
        "data": [_values(row) for row in rows],
        "metadata": {"display_value": [_shown(row) for row in rows]},
    }


def marks(rows: Sequence[RunRow], selected: Sequence[str]) -> str:
    """Tick the rows of the selected runs: a style sheet for the table that shows these rows.

    The table with another value would take seconds where there are a thousand runs.
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
    return ["", row.id, row.status, *scores, *names, *figures, _created(row)]


def _shown(row: RunRow) -> list[Any]:
    """Write a row as it is read; the status is ours, the only cell that is drawn as HTML."""
    scores = ["" if f1 is None else f"{f1:.3f}" for f1 in (row.validation_f1, row.test_f1)]
    chosen = (row.epochs, row.batch_size, row.learning_rate)
    return [
        "",
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
