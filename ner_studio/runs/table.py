"""The list of all runs as data, which ``runs_table.js`` draws, sorts and searches in the browser.

A visitor's clicks come back as events of the component, each with the id of its run.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ner_core.errors import RunError
from ner_core.runs import names, trash
from ner_core.runs.command import value_text
from ner_studio.base import assets
from ner_studio.base.durations import duration
from ner_studio.base.markup import readable
from ner_studio.runs.compare import MOST_RUNS
from ner_studio.runs.rows import RunRow

_SCRIPTS = ("runs/runs_rows.js", "runs/runs_table.js", "runs/runs_actions.js")


@dataclass(frozen=True)
class Answer:
    """What is said after an action: about which run, the problem if there is one.

    ``done`` is what was done, one of the names of the events; the script goes on from there.
    """

    done: str
    run: str = ""
    name: str = ""
    problem: str = ""


def add() -> gr.HTML:
    """Add the empty list."""
    return gr.HTML(
        table_value([]),
        html_template=assets.read("runs/runs_table.html"),
        js_on_load="\n".join(map(assets.read, _SCRIPTS)),
        apply_default_css=False,
        elem_id="runs-table",
    )


def table_value(rows: Sequence[RunRow], answer: Answer | None = None) -> dict[str, Any]:
    """Return the value of the list: its rows, and the answer to an action, which is shown once."""
    return {
        "rows": [_row(row) for row in rows],
        "answer": vars(answer) | {"number": str(time.time_ns())} if answer else None,
        "limits": {
            "name": names.MOST_CHARACTERS,
            "compared": MOST_RUNS,
            "undo_seconds": trash.KEPT_SECONDS,
        },
    }


def run_of(event: gr.EventData) -> str:
    """Return the id of the run that an event is about. Raises RunError if it is about none."""
    return _text(event, "run")


def name_of(event: gr.EventData) -> str:
    """Return the new name of a run that an event brings."""
    return _text(event, "name")


def runs_of(event: gr.EventData) -> list[str]:
    """Return the ids of the runs that an event brings, each once and in their order."""
    found = _given(event, "runs")
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _not_from_the_page()
    return list(dict.fromkeys(found))


def _text(event: gr.EventData, name: str) -> str:
    found = _given(event, name)
    if not isinstance(found, str):
        raise _not_from_the_page()
    return found


def _given(event: gr.EventData, name: str) -> Any:
    try:
        return getattr(event, name)
    except (AttributeError, TypeError):  # anybody can send a request of their own
        return None


def _not_from_the_page() -> RunError:
    return RunError("This request has no run. Choose one in the list of runs.")


def _row(row: RunRow) -> dict[str, Any]:
    """Return a row as the script takes it: numbers to sort by, and texts where they are shown."""
    chosen = {"epochs": row.epochs, "batch_size": row.batch_size, "rate": row.learning_rate}
    return {
        "id": row.id,
        "name": readable(row.name),
        "when": row.created_ns // 1_000_000,
        "status": row.status,
        "active": row.is_at_work,
        "model_here": row.has_model,
        "f1": row.f1,
        "f1_of": row.f1_of,
        "curve": [[step, round(f1, 3)] for step, f1 in row.curve],
        "validation_f1": row.validation_f1,
        "test_f1": row.test_f1,
        "data": readable(row.data),
        "encoder": readable(row.model),
        "recipe": readable(row.recipe),
        **chosen,
        "shown": {
            name: "" if value is None else value_text(value) for name, value in chosen.items()
        },
        "steps": row.steps,
        "seconds": row.seconds,
        "took": "" if row.seconds is None else duration(row.seconds),
    }
