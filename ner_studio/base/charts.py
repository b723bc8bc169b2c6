"""The charts of the page: lines over steps, drawn by ``chart.js`` from the values made here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import gradio as gr

from ner_core.runs.view import RunView
from ner_studio.base import assets, theme
from ner_studio.base.markup import readable

MOST_POINTS = 400
LOSS_SERIES = ("training", "validation")
SCORE_SERIES = ("F1", "precision", "recall")
STRONG, THIN, DASHED, DOTTED = "strong", "thin", "dashed", "dotted"
_WATCHED = "watched"  # charts of a group are zoomed together
# In the colours of the page. They leave those of the entity types to the lines of types.
_ACCENT, _GREY = "var(--ner-accent)", "var(--grey)"
_STYLES = {
    "training": (_GREY, THIN),
    "validation": (_ACCENT, STRONG),
    "F1": (_ACCENT, STRONG),
    "precision": (_GREY, DASHED),
    "recall": (_GREY, DOTTED),
}

Point = tuple[float, float | None]


def add(title: str, elem_id: str) -> gr.HTML:
    """Add an empty chart; ``chart`` returns what it shows."""
    return gr.HTML(
        chart(title, []),
        html_template=assets.read("base/chart.html"),
        js_on_load=assets.read("base/chart.js"),
        apply_default_css=False,
        min_width=280,
        elem_id=elem_id,
    )


def chart(
    title: str,
    series: Iterable[Mapping[str, Any]],
    *,
    x: str = "step",
    **more: Any,
) -> dict[str, Any]:
    """Return the value of a chart, which the script reads.

    ``series`` are those of ``line``. ``more`` may have ``said``, what a screen reader says;
    ``empty``, what stands in a chart without values; ``range``, the lowest and highest y;
    ``until``, the last x; ``group`` of charts that are zoomed together; ``about``, which ends a
    zoom when it changes; ``whole`` if only whole x are shown.
    """
    return {"title": title, "x": x, "series": list(series), **more}


def line(name: str, points: Iterable[Point], colour: str, weight: str = THIN) -> dict[str, Any]:
    """Return a line of a chart: its (x, y), without those that have no y."""
    known = [[at, round(value, 5)] for at, value in points if value is not None]
    return {"name": readable(name), "colour": colour, "weight": weight, "points": known}


def losses(view: RunView) -> dict[str, Any]:
    """Return the losses of a run so far, as the value of a chart."""
    points: dict[str, list[Any]] = {
        "training": thin(view.losses),
        "validation": [(row["step"], row["loss"]) for row in thin(view.evaluations)],
    }
    newest = [("training", loss) for _, loss in view.losses[-1:]]
    return chart(
        "Loss",
        [_own(name, points[name]) for name in LOSS_SERIES],
        said=said("loss", [*newest, *_last(view, {"validation": "loss"})]),
        empty="The first values come with the first steps.",
        **_of(view),
    )


def scores(view: RunView, types: Sequence[str]) -> dict[str, Any]:
    """Return the strict validation scores of a run so far, and the F1 of these entity types."""
    shown = thin(view.evaluations)
    series = [
        _own(name, [(row["step"], row[name.lower()]) for row in shown]) for name in SCORE_SERIES
    ]
    colours = theme.line_colours(types, view.types)
    for label, colour in zip(types, colours, strict=True):
        found = [(row["step"], row["per_type"].get(label)) for row in shown]
        points = [(step, scored["f1"]) for step, scored in found if scored]
        series.append(line(_series_of(label), points, colour))
    newest = _last(view, {name: name.lower() for name in ("precision", "recall", "F1")})
    return chart(
        "Validation scores",
        series,
        range=[0, 1],
        said=said("validation scores", newest),
        empty="The first scores come with the first evaluation.",
        **_of(view),
    )


def said(what: str, newest: Iterable[tuple[str, float | None]]) -> str:
    """Return the newest values of a chart in words, for screen readers."""
    values = ", ".join(f"{name} {value:.3f}" for name, value in newest if value is not None)
    return f"Chart of the {what}; newest values: {values or 'none yet'}."


def thin(points: list[Any], most: int = MOST_POINTS) -> list[Any]:
    """Return at most ``most`` points: every second, fourth, ... point, and the last.

    The distance between points only doubles, so a line does not tremble as a run goes on.
    """
    every = 1
    while len(points) > every * (most - 1):
        every *= 2
    kept = points[::every]
    return kept if every == 1 or points[-1] is kept[-1] else [*kept, points[-1]]


def _of(view: RunView) -> dict[str, Any]:
    """Return what all charts of a watched run have."""
    until = view.total if view.status == "running" else view.step
    return {"whole": True, "group": _WATCHED, "about": view.run.id, "until": until}


def _own(name: str, points: Iterable[Point]) -> dict[str, Any]:
    return line(name, points, *_STYLES[name])


def _last(view: RunView, names: Mapping[str, str]) -> list[tuple[str, float | None]]:
    return [(name, row[key]) for row in view.evaluations[-1:] for name, key in names.items()]


def _series_of(label: str) -> str:
    """Return the name of a type's line, which differs from the names of the overall scores."""
    return f"{label} F1" if label in SCORE_SERIES else label
