"""The live charts of a run: training and validation loss, and F1."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import gradio as gr
import pandas as pd

if TYPE_CHECKING:
    from ner_core import RunView

MOST_POINTS = 400
LOSS_SERIES = ("training", "validation")
SCORE_SERIES = ("precision", "recall", "F1")  # the last is drawn over the others
_COLOURS = {
    "training": "#94a3b8",
    "validation": "#0072b2",
    "F1": "#009e73",
    "precision": "#e0b25c",
    "recall": "#d9a3c2",
}


def line_plot(title: str, series: Sequence[str]) -> gr.LinePlot:
    """Place a chart of values over steps, a line a series."""
    return gr.LinePlot(
        value=frame([], series),
        x="step",
        y="value",
        color="series",
        x_title="step",
        y_title=" ",
        color_title=" ",
        title=title,
        color_map={name: _COLOURS[name] for name in series},
        colors_in_legend=list(series),
        height=300,
        min_width=280,
    )


def loss_frame(view: "RunView") -> pd.DataFrame:
    """Give the losses of a run so far."""
    rows = [(step, loss, "training") for step, loss in _thin(view.losses)]
    rows += [
        (row["step"], row["loss"], "validation")
        for row in _thin(view.evaluations)
        if row["loss"] is not None
    ]
    return frame(rows, LOSS_SERIES)


def score_frame(view: "RunView") -> pd.DataFrame:
    """Give the strict validation scores of a run so far."""
    rows = [
        (row["step"], row[name.lower()], name)
        for row in _thin(view.evaluations)
        for name in SCORE_SERIES
    ]
    return frame(rows, SCORE_SERIES)


def frame(rows: Sequence[tuple[int, float, str]], series: Sequence[str]) -> pd.DataFrame:
    """Make the frame of a chart, with a row without value for each series.

    The chart fixes its columns' types and its series at the first frame: without these rows an
    empty start would make them texts, and a series that comes later would never be drawn.
    """
    anchors = [(0, None, name) for name in series]
    data = pd.DataFrame([*anchors, *rows], columns=["step", "value", "series"])
    return data.astype({"step": "float64", "value": "float64", "series": "str"})


def _thin(points: list) -> list:  # type: ignore[type-arg] # of whatever the list holds
    """Keep at most ``MOST_POINTS`` points, evenly spread, the last one among them."""
    every = -(-len(points) // MOST_POINTS)
    return points[::-1][::every][::-1] if every > 1 else points
