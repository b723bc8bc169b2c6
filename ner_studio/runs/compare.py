"""A comparison of runs: their curves, the settings that differ, and their scores side by side.

Runs are called A, B, C … in the order in which they were selected, since their names can be long.
"""

from collections.abc import Callable, Sequence
from string import ascii_uppercase
from typing import Any

from ner_core.render.colours import EntityColours
from ner_core.runs.view import RunView
from ner_studio.base import charts, markup
from ner_studio.base.durations import duration
from ner_studio.base.times import when
from ner_studio.runs.settings import label_of, settings_of

STEPS, EPOCHS = "steps", "epochs"
SCORES, LOSSES = "Validation F1", "Training loss"
"""The titles of the charts."""
LINES = (
    *("#0072b2", "#d55e00", "#009e73", "#c5609a"),
    *("#c98500", "#7a5fc9", "#2c9ab7", "#948f00"),
)
"""The colours of the runs' lines, which colour-blind people can tell apart, on light and dark."""

MOST_RUNS = len(LINES)
_SERIES = list(ascii_uppercase[:MOST_RUNS])

_NOT_COMPARED = frozenset({"report_to"})
_TITLES = {"validation": "Validation", "test": "Test"}
_NONE = "–"


def losses(views: Sequence[RunView], over: str) -> dict[str, Any]:
    """Return the training loss of each run, as the value of a chart."""
    newest = [view.losses[-1][1] if view.losses else None for view in views]
    return charts.chart(
        LOSSES,
        _curves(views, over, lambda view: list(view.losses)),
        said=charts.said("training loss of runs", zip(names_of(views), newest, strict=True)),
        **_options(over),
    )


def scores(views: Sequence[RunView], over: str) -> dict[str, Any]:
    """Return the strict validation F1 of each run, as the value of a chart."""
    newest = [view.evaluations[-1]["f1"] if view.evaluations else None for view in views]
    return charts.chart(
        SCORES,
        _curves(views, over, lambda view: [(row["step"], row["f1"]) for row in view.evaluations]),
        range=[0, 1],
        said=charts.said("validation F1 of runs", zip(names_of(views), newest, strict=True)),
        **_options(over),
    )


def differences(views: Sequence[RunView]) -> dict[str, list[str]]:
    """Return the settings in which the runs differ, with the value of each run.

    Automatic values are those that the run started with; before the start they are ``auto``.
    """
    settings = [settings_of(view) for view in views]
    names = [name for values in settings for name in values if name not in _NOT_COMPARED]
    found = {
        name: [values.get(name, _NONE) for values in settings] for name in dict.fromkeys(names)
    }
    return {name: values for name, values in found.items() if len(set(values)) > 1}


def score_rows(views: Sequence[RunView], split: str) -> dict[str, list[float | None]]:
    """Return the F1 of each run on a split: strict, as conlleval counts, strict by entity type."""
    finals = [view.final.get(split, {}) for view in views]
    rows: dict[str, list[float | None]] = {
        "F1": [final.get("f1") for final in finals],
        "F1 of conlleval": [final.get("f1_lenient") for final in finals],
    }
    for label in sorted({label for final in finals for label in final.get("per_type", {})}):
        by_type = [final.get("per_type", {}).get(label) for final in finals]
        rows[f"type:{label}"] = [row["f1"] if row else None for row in by_type]
    return rows if any(value is not None for row in rows.values() for value in row) else {}


def key(views: Sequence[RunView]) -> str:
    """Return the legend: letter, colour, name, state and time of each run."""
    items = [
        f'<li><span><span class="ner-dot" style="--line: {colour}"></span><b>{name}</b></span> '
        f"<bdi>{markup.escape(view.run.title)}</bdi> "
        f"<span>{markup.escape(_state(view))}</span></li>"
        for name, colour, view in zip(names_of(views), LINES, views, strict=False)
    ]
    return f'<ul class="ner-key" aria-label="Compared runs">{"".join(items)}</ul>'


def tables(views: Sequence[RunView]) -> str:
    """Return the settings that differ, and the scores side by side."""
    cells = "".join(f"<div>{_score_table(views, split)}</div>" for split in _TITLES)
    return f'{_settings_table(views)}<div class="ner-compare">{cells}</div>{_caution(views)}'


def names_of(views: Sequence[RunView]) -> list[str]:
    """Return the short names of runs: A, B, C …"""
    return _SERIES[: len(views)]


def _curves(
    views: Sequence[RunView],
    over: str,
    points_of: Callable[[RunView], list[tuple[int, float | None]]],
) -> list[dict[str, Any]]:
    return [
        charts.line(
            name,
            [(step * _scale(view, over), value) for step, value in charts.thin(points_of(view))],
            colour,
            charts.STRONG,
        )
        for name, colour, view in zip(names_of(views), LINES, views, strict=False)
    ]


def _options(over: str) -> dict[str, Any]:
    steps = over == STEPS
    return {
        "x": "step" if steps else "epoch",
        "whole": steps,
        "group": "compared",
        "about": over,
        "empty": "These runs have no values yet.",
    }


def _scale(view: RunView, over: str) -> float:
    """Return the factor from steps to the unit of the axis, which differs by run for epochs."""
    if over == EPOCHS and view.total and view.settings:
        return float(view.settings["epochs"]) / view.total
    return 1.0


def _settings_table(views: Sequence[RunView]) -> str:
    found = differences(views)
    if not found:
        return '<p class="ner-quiet">All settings are the same.</p>'
    rows = [
        (markup.escape(label_of(name)), *map(markup.escape, values))
        for name, values in found.items()
    ]
    names, title = names_of(views), "Settings that differ"
    columns = range(1, len(names) + 1)
    table = markup.table(("", *names), rows, label=title, caption=title, text_columns=columns)
    return f'<div class="ner-settings-table">{table}</div>'


def _score_table(views: Sequence[RunView], split: str) -> str:
    found = score_rows(views, split)
    if not found:
        return ""
    colours = EntityColours(*(view.types for view in views))
    rows = [(_score_label(name, colours), *_with_best(values)) for name, values in found.items()]
    title = _TITLES[split]
    return markup.table(
        ("", *names_of(views)), rows, label=f"{title} scores", caption=title, total=True
    )


def _with_best(values: Sequence[float | None]) -> list[str]:
    """Return scores as HTML with the best ones marked, unless all are the same."""
    shown = [_NONE if value is None else f"{value:.3f}" for value in values]
    known = [text for text in shown if text != _NONE]
    best = max(known, default="") if len(set(known)) > 1 else ""
    return [f'<b class="best">{text}</b>' if text == best else text for text in shown]


def _score_label(name: str, colours: EntityColours) -> str:
    label = name.removeprefix("type:")
    return (
        markup.escape(label) if label == name else markup.dot(label, colours) + markup.escape(label)
    )


def _state(view: RunView) -> str:
    parts: list[str] = [view.state, when(view.run.created_ns())]
    if view.best:
        parts.append(f"best F1 while training {view.best['selection_f1']:.3f}")
    if view.ended and view.status == "finished":
        parts.append(f"trained in {duration(view.ended.data['train_seconds'])}")
    return " · ".join(parts)


def _caution(views: Sequence[RunView]) -> str:
    """Return a warning if the scores are those of different sentences; empty otherwise."""
    sources = {(settings_of(view).get("data"), _sentences(view)) for view in views}
    if len(sources) < 2:
        return ""
    return (
        '<p class="ner-quiet ner-more">These runs did not learn from the same data, so their '
        "scores are those of different sentences.</p>"
    )


def _sentences(view: RunView) -> str:
    """Return the sizes of the splits that the scores are computed on."""
    sizes = view.started.data.get("sentences", {}) if view.started else {}
    return ", ".join(f"{name} {sizes[name]}" for name in _TITLES if name in sizes)
