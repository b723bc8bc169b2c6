"""The live charts of a run: training and validation loss, and F1.

A chart fixes its columns' types and its series at the first data that it gets; other series need
``colours`` after the data. So it is with ``gr.LinePlot`` of Gradio 6.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import gradio as gr

from ner_core.runs.view import RunView
from ner_studio.base import theme

MOST_POINTS = 400
LOSS_SERIES = ("training", "validation")
SCORE_SERIES = ("precision", "recall", "F1")  # the last is drawn over the others
_COLOURS = {
    "training": "#94a3b8",
    "validation": "#0072b2",
    "F1": "#6b7f99",
    "precision": "#e0b25c",
    "recall": "#d9a3c2",
}
_DATATYPES = {"step": "quantitative", "value": "quantitative", "series": "nominal"}


def line_plot(title: str, series: Sequence[str], **options: Any) -> gr.LinePlot:
    """Place a chart of values over steps, a line a series; ``options`` are LinePlot's own."""
    usual = {
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
        **{**usual, **options},
    )


def losses(view: RunView) -> dict[str, Any]:
    """Give the losses of a run so far, ready for the browser."""
    rows = [(step, loss, "training") for step, loss in thin(view.losses)]
    rows += [
        (row["step"], row["loss"], "validation")
        for row in thin(view.evaluations)
        if row["loss"] is not None
    ]
    return data(rows, LOSS_SERIES)


def scores(view: RunView, types: Sequence[str]) -> dict[str, Any]:
    """Give the strict validation scores of a run so far, and the F1 of these entity types."""
    shown = thin(view.evaluations)
    rows = [(row["step"], row[name.lower()], name) for row in shown for name in SCORE_SERIES]
    rows += [
        (row["step"], row["per_type"][label]["f1"], _series_of(label))
        for row in shown
        for label in types
        if label in row["per_type"]
    ]
    return data(rows, [*SCORE_SERIES, *map(_series_of, types)])


def colours(view: RunView, types: Sequence[str]) -> dict[str, Any]:
    """Give the update that colours the lines of the scores and of these of the run's types.

    A chart takes new series when its colours become others, from the data that it has by then.
    """
    colours = {name: _COLOURS[name] for name in SCORE_SERIES}
    colours |= zip(map(_series_of, types), theme.line_colours(types, view.types), strict=True)
    update: dict[str, Any] = gr.update(color_map=colours, colors_in_legend=list(colours))
    return update


def zoomed(event: gr.SelectData) -> list[Any]:
    """Show the steps that were dragged across, in both charts. A poll sends no limits again."""
    first, last = sorted(float(step) for step in event.index)
    return [gr.update(x_lim=[first, last])] * 2 if last > first else unzoomed()


def unzoomed() -> list[Any]:
    """Show all steps, in both charts."""
    return [gr.update(x_lim=[None, None])] * 2  # Gradio sends no update that is just None


def data(rows: Iterable[tuple[int, float | None, str]], series: Sequence[str]) -> dict[str, Any]:
    """Make the content of a chart, with a row without value for each series.

    The chart fixes its columns' types and its series at the first data: without these rows an
    empty start would make them texts, and a series that comes later would never be drawn. It has
    the form that Gradio would make of a data frame, once for all pages.
    """
    anchors = [(0, None, name) for name in series]
    return {
        "columns": list(_DATATYPES),
        "data": [list(row) for row in (*anchors, *_with_dashes(list(rows)))],
        "datatypes": _DATATYPES,
        "mark": "line",
    }


def _with_dashes(
    rows: list[tuple[int, float | None, str]],
) -> list[tuple[float, float | None, str]]:
    """Let a point that is alone in its series be seen: a line needs two, so it becomes a dash."""
    counts = Counter(name for _, _, name in rows)
    dashes = [(0.97 * step, value, name) for step, value, name in rows if counts[name] == 1]
    return [*dashes, *rows]


def thin(points: list[Any]) -> list[Any]:
    """Keep ``MOST_POINTS`` points at most: each second, fourth ... one, and the last.

    The step between them only doubles, so what is drawn stays where it is while a run goes on.
    """
    every = 1
    while len(points) > every * (MOST_POINTS - 1):
        every *= 2
    kept = points[::every]
    return kept if every == 1 or points[-1] is kept[-1] else [*kept, points[-1]]


def _series_of(label: str) -> str:
    """Name the line of a type; a type may be called as one of the overall scores."""
    return f"{label} F1" if label in SCORE_SERIES else label
