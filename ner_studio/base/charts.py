"""The live charts of a run: training and validation loss, and validation scores.

``gr.LinePlot`` of Gradio 6 takes the types of its columns and its series from the first data that
it is given. To show other series later, send ``colours`` after the data.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import gradio as gr

from ner_core.runs.view import RunView
from ner_studio.base import theme

MOST_POINTS = 400
LOSS_SERIES = ("training", "validation")
SCORE_SERIES = ("precision", "recall", "F1")  # the last line is on top
_COLOURS = {
    "training": "#94a3b8",
    "validation": "#0072b2",
    "F1": "#6b7f99",
    "precision": "#e0b25c",
    "recall": "#d9a3c2",
}
_DATATYPES = {"step": "quantitative", "value": "quantitative", "series": "nominal"}


def line_plot(title: str, series: Sequence[str], **options: Any) -> gr.LinePlot:
    """Add a chart of values over steps, with a line per series.

    ``options`` are passed to ``gr.LinePlot``.
    """
    defaults = {
        "x_title": "step",
        "color_map": {name: _COLOURS.get(name) for name in series},
        "colors_in_legend": list(series),
    }
    return gr.LinePlot(
        value=data([], series),
        x="step",
        y="value",
        color="series",
        y_title=" ",
        color_title=" ",
        title=title,
        height=300,
        min_width=280,
        **{**defaults, **options},
    )


def losses(view: RunView) -> dict[str, Any]:
    """Return the losses of a run so far, as the value of a chart."""
    rows = [(step, loss, "training") for step, loss in thin(view.losses)]
    rows += [
        (row["step"], row["loss"], "validation")
        for row in thin(view.evaluations)
        if row["loss"] is not None
    ]
    return data(rows, LOSS_SERIES)


def scores(view: RunView, types: Sequence[str]) -> dict[str, Any]:
    """Return the strict validation scores of a run so far, and the F1 of these entity types."""
    shown = thin(view.evaluations)
    rows = [(row["step"], row[name.lower()], name) for row in shown for name in SCORE_SERIES]
    rows += [
        (row["step"], row["per_type"][label]["f1"], _series_of(label))
        for row in shown
        for label in types
        if label in row["per_type"]
    ]
    return data(rows, [*SCORE_SERIES, *map(_series_of, types)])


def losses_said(view: RunView) -> str:
    """Return the newest losses of a run in words; see ``said``."""
    newest = [("training", loss) for _, loss in view.losses[-1:]]
    return said("loss", "loss", [*newest, *_last(view, {"validation": "loss"})])


def scores_said(view: RunView) -> str:
    """Return the newest validation scores of a run in words; see ``said``."""
    return said("scores", "validation scores", _last(view, {n: n.lower() for n in SCORE_SERIES}))


def _last(view: RunView, names: Mapping[str, str]) -> list[tuple[str, float | None]]:
    return [(name, row[key]) for row in view.evaluations[-1:] for name, key in names.items()]


def said(elem_id: str, what: str, newest: Iterable[tuple[str, float | None]]) -> str:
    """Return hidden HTML with the newest values of a chart: its text for screen readers.

    ``names.js`` gives it to the chart. Names must be our own words.
    """
    values = ", ".join(f"{name} {value:.3f}" for name, value in newest if value is not None)
    return (
        f'<p hidden data-chart="{elem_id}">Chart of the {what}; newest values: '
        f"{values or 'none yet'}.</p>"
    )


def colours(view: RunView, types: Sequence[str]) -> dict[str, Any]:
    """Return the update that colours the lines of the scores and of these entity types.

    A chart adds new series when its colours change, from the data that it has at that moment.
    """
    colours = {name: _COLOURS[name] for name in SCORE_SERIES}
    colours |= zip(map(_series_of, types), theme.line_colours(types, view.types), strict=True)
    update: dict[str, Any] = gr.update(color_map=colours, colors_in_legend=list(colours))
    return update


def zoomed(event: gr.SelectData) -> list[Any]:
    """Zoom both charts to the steps that were dragged across. Polls do not change the zoom."""
    first, last = sorted(float(step) for step in event.index)
    return [gr.update(x_lim=[first, last])] * 2 if last > first else unzoomed()


def unzoomed() -> list[Any]:
    """Show all steps, in both charts."""
    return [gr.update(x_lim=[None, None])] * 2  # Gradio sends no update that is just None


def data(rows: Iterable[tuple[int, float | None, str]], series: Sequence[str]) -> dict[str, Any]:
    """Return the value of a chart, which begins with an empty row for each series.

    Without these rows, the first data of a run would have no numbers, so the chart would treat its
    columns as text, and would never draw a series that is added later. The value is what Gradio
    would make of a data frame for each page; here it is made once for all pages.
    """
    empty = [(0, None, name) for name in series]
    return {
        "columns": list(_DATATYPES),
        "data": [list(row) for row in (*empty, *_with_dashes(list(rows)))],
        "datatypes": _DATATYPES,
        "mark": "line",
    }


def _with_dashes(
    rows: list[tuple[int, float | None, str]],
) -> list[tuple[float, float | None, str]]:
    """Turn the only point of a series into a short dash, since a line needs two points."""
    counts = Counter(name for _, _, name in rows)
    dashes = [(0.97 * step, value, name) for step, value, name in rows if counts[name] == 1]
    return [*dashes, *rows]


def thin(points: list[Any], most: int = MOST_POINTS) -> list[Any]:
    """Return at most ``most`` points: every second, fourth, ... point, and the last.

    The distance between points only doubles, so a line does not tremble as a run goes on.
    """
    every = 1
    while len(points) > every * (most - 1):
        every *= 2
    kept = points[::every]
    return kept if every == 1 or points[-1] is kept[-1] else [*kept, points[-1]]


def _series_of(label: str) -> str:
    """Return the name of a type's line, which differs from the names of the overall scores."""
    return f"{label} F1" if label in SCORE_SERIES else label
