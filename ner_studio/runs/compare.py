"""Two or more runs beside each other: their curves, the settings that differ, their scores.

Runs are called A, B, C … in the order they were chosen, here and in the charts: their ids are long.
"""

from collections.abc import Callable, Mapping, Sequence
from string import ascii_uppercase
from typing import Any

import gradio as gr

from ner_core.render.colours import EntityColours
from ner_core.errors import NerError
from ner_core.runs.view import RunView
from ner_core.runs.command import value_text
from ner_studio.base import charts, markup
from ner_studio.state.run_summary import duration
from ner_studio.runs.rows import short_name
from ner_studio.base.setting_fields import LABELS

STEPS, EPOCHS = "steps", "epochs"
LINES = (
    *("#0072b2", "#d55e00", "#009e73", "#c5609a"),
    *("#c98500", "#7a5fc9", "#2c9ab7", "#948f00"),
)
"""The colours of the runs' lines: apart for colour-blind eyes, on light and on dark."""

MOST_RUNS = len(LINES)
# All of them from the first frame on: a chart draws no series that comes later.
_SERIES = list(ascii_uppercase[:MOST_RUNS])
CSS = (
    "\n".join(f".ner-run-{n} {{ --line: {colour}; }}" for n, colour in enumerate(LINES))
    + """
.ner-key { list-style: none; margin: 0; padding: 0; display: grid; gap: .3rem; font-size: .9rem; }
.ner-key li { display: flex; align-items: baseline; flex-wrap: wrap; gap: .1rem .5rem;
  overflow-wrap: anywhere; }
.ner-key li > span:last-child { color: var(--body-text-color-subdued); font-size: .82rem; }
.ner-compare { display: grid; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: .6rem 2.2rem; }
.ner-settings-table td, .ner-settings-table th { min-width: 6.5rem; max-width: 16rem;
  white-space: normal !important; overflow-wrap: anywhere; }
.ner-table b.best { font-weight: 680; border-bottom: 2px solid var(--line, #009e73);
  --line: #009e73; }
"""
)

_NOT_COMPARED = frozenset({"report_to"})
_SOURCE_LABELS = {
    "data": "Data",
    "token_column": "Word column",
    "tag_column": "Tag column",
    "label_names": "Tag names",
    "model": "Encoder",
    "recipe": "Recipe",
}
_TITLES = {"validation": "Validation", "test": "Test"}
_NONE = "–"


def losses(views: Sequence[RunView], over: str) -> dict[str, Any]:
    """Give the training loss of each run, ready for the browser."""
    return _curves(views, over, lambda view: list(view.losses))


def scores(views: Sequence[RunView], over: str) -> dict[str, Any]:
    """Give the strict validation F1 of each run, ready for the browser."""
    return _curves(views, over, lambda view: [(row["step"], row["f1"]) for row in view.evaluations])


def placeholder(title: str, elem_id: str, **options: Any) -> gr.LinePlot:
    """Place an empty chart for ``losses`` or ``scores``.

    Only its data ever change: a chart that gets anything else with them, such as the names in its
    legend, draws the data it had before. ``key`` is the legend.
    """
    return charts.line_plot(
        title,
        _SERIES,
        x_title=" ",
        color_map=dict(zip(_SERIES, LINES, strict=True)),
        colors_in_legend=[],
        elem_id=elem_id,
        **options,
    )


def differences(views: Sequence[RunView]) -> dict[str, list[str]]:
    """Give the settings in which the runs differ, and what each run has.

    They are compared as they were decided when the run started; before that, as they were chosen.
    """
    settings = [_settings(view) for view in views]
    names = [name for values in settings for name in values if name not in _NOT_COMPARED]
    found = {
        name: [values.get(name, _NONE) for values in settings] for name in dict.fromkeys(names)
    }
    return {name: values for name, values in found.items() if len(set(values)) > 1}


def score_rows(views: Sequence[RunView], split: str) -> dict[str, list[float | None]]:
    """Give the F1 of a split side by side: strict, lenient, then strict by entity type."""
    finals = [view.final.get(split, {}) for view in views]
    rows: dict[str, list[float | None]] = {
        "F1": [final.get("f1") for final in finals],
        "F1, lenient": [final.get("f1_lenient") for final in finals],
    }
    for label in sorted({label for final in finals for label in final.get("per_type", {})}):
        by_type = [final.get("per_type", {}).get(label) for final in finals]
        rows[f"type:{label}"] = [row["f1"] if row else None for row in by_type]
    return rows if any(value is not None for row in rows.values() for value in row) else {}


def key(views: Sequence[RunView]) -> str:
    """Draw which run is which letter and colour, and how it stands."""
    items = [
        f'<li><span><span class="ner-dot ner-run-{number}"></span><b>{name}</b></span> '
        f"<span>{markup.escape(view.run.id)}</span><span>{markup.escape(_state(view))}</span></li>"
        for number, (name, view) in enumerate(zip(names_of(views), views, strict=True))
    ]
    return f'<ul class="ner-key" aria-label="Compared runs">{"".join(items)}</ul>'


def tables(views: Sequence[RunView]) -> str:
    """Draw the settings that differ, and the scores beside each other."""
    cells = "".join(f"<div>{_score_table(views, split)}</div>" for split in _TITLES)
    return f'{_settings_table(views)}<div class="ner-compare">{cells}</div>{_caution(views)}'


def names_of(views: Sequence[RunView]) -> list[str]:
    """Name runs in short: A, B, C …"""
    return _SERIES[: len(views)]


def _curves(
    views: Sequence[RunView],
    over: str,
    points_of: Callable[[RunView], list[tuple[int, float | None]]],
) -> dict[str, Any]:
    names = names_of(views)
    rows = [
        (step * _scale(view, over), value, name)
        for name, view in zip(names, views, strict=True)
        for step, value in charts.thin(points_of(view))
    ]
    return charts.data(rows, _SERIES)


def _scale(view: RunView, over: str) -> float:
    """Give what a step counts: an epoch has more steps where batches are smaller."""
    if over == EPOCHS and view.total and view.settings:
        return float(view.settings["epochs"]) / view.total
    return 1.0


def _settings(view: RunView) -> dict[str, str]:
    values: Mapping[str, Any] = view.settings
    if not values:
        try:
            values = view.run.config().model_dump()
        except NerError:  # damaged; the others can be compared all the same
            values = {}
    shown = {name: value_text(value) for name, value in values.items()}
    return shown | {name: short_name(shown[name]) for name in ("data", "model") if name in shown}


def _settings_table(views: Sequence[RunView]) -> str:
    found = differences(views)
    if not found:
        return '<p class="ner-quiet">All settings are the same.</p>'
    rows = [(_label(name), *map(markup.escape, values)) for name, values in found.items()]
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
    """Write scores, the best of them marked; of equal ones all are, unless none is worse."""
    shown = [_NONE if value is None else f"{value:.3f}" for value in values]
    known = [text for text in shown if text != _NONE]
    best = max(known, default="") if len(set(known)) > 1 else ""
    return [f'<b class="best">{text}</b>' if text == best else text for text in shown]


def _label(name: str) -> str:
    return markup.escape(_SOURCE_LABELS.get(name) or LABELS.get(name) or name.replace("_", " "))


def _score_label(name: str, colours: EntityColours) -> str:
    label = name.removeprefix("type:")
    return (
        markup.escape(label) if label == name else markup.dot(label, colours) + markup.escape(label)
    )


def _state(view: RunView) -> str:
    parts: list[str] = [view.status]
    if view.best:
        parts.append(f"best F1 while training {view.best['selection_f1']:.3f}")
    if view.ended and view.status == "finished":
        parts.append(f"trained in {duration(view.ended.data['train_seconds'])}")
    return " · ".join(parts)


def _caution(views: Sequence[RunView]) -> str:
    """Say when scores cannot be compared: they are those of different sentences."""
    sources = {(_settings(view).get("data"), _sentences(view)) for view in views}
    if len(sources) < 2:
        return ""
    return (
        '<p class="ner-quiet ner-more">These runs did not learn from the same data; their '
        "scores are those of different sentences.</p>"
    )


def _sentences(view: RunView) -> str:
    """Give the sizes of the parts that scores are of."""
    sizes = view.started.data.get("sentences", {}) if view.started else {}
    return ", ".join(f"{name} {sizes[name]}" for name in _TITLES if name in sizes)
