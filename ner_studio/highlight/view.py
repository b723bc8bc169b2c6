"""HTML of the Highlight tab: plain data in, escaped markup out.

The markup has the data that ``highlight.js`` needs to filter, sort, compare and copy without asking
the server: the entities of each model, in the order of their marks.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ner_core.errors import NerError, UnnamedLabelsError
from ner_core.render.colours import EntityColours
from ner_core.render.marks import Mark, mark_text
from ner_core.render.type_names import meaning
from ner_studio.base.markup import empty, error, escape
from ner_studio.base.theme import colour_class
from ner_studio.highlight import tables as highlight_tables

if TYPE_CHECKING:
    from ner_core.entities import Entity
    from ner_core.inference.token_view import SubToken

TEXT, TABLE, TOKENS = VIEWS = ("Text", "Table", "Tokens")
MOST_CHARACTERS = 20_000
NAMES = ("A", "B")
"""The names of two models side by side."""

SURE = (0.9, 0.75, 0.5)
"""The scores below which an entity is drawn fainter, step by step."""

_NO_TEXT = "Type or paste a text above, or pick an example."
_THRESHOLD = (
    '<label class="hl-threshold" title="Entities with a lower score are hidden. It begins where '
    'the model had its best F1 on validation.">Threshold '
    '<input type="range" min="0" max="1" step="0.01" value="0"><output>0.00</output></label>'
)
_STEPS = "".join(f'<i class="unsure-{step}"></i>' for step in range(len(SURE), -1, -1))
_FAINTER = (
    '<small class="hl-sure" title="The fainter an entity, the less sure the model is.">less sure'
    f"{_STEPS}sure</small>"
)
_ONLY = (
    '<label class="hl-only"><input type="checkbox" data-do="only"> <span>Entities only</span>'
    "</label>"
)
_COPY = '<button type="button" class="hl-button" data-do="copy">Copy table</button>'
_LINK = '<button type="button" class="hl-button" data-do="link">Copy link</button>'
_CONTROLS = {TEXT: _FAINTER + _THRESHOLD, TABLE: _THRESHOLD, TOKENS: _ONLY + _THRESHOLD}


@dataclass(frozen=True)
class Reading:
    """What one model finds in a text; ``sub_tokens`` only if they are shown.

    ``threshold`` is the one that the model comes with, where the page begins.
    """

    model: str
    types: Sequence[str]
    entities: "Sequence[Entity]"
    sub_tokens: "Sequence[SubToken]" = ()
    threshold: float = 0.0


Outcome = Reading | NerError | None
"""What a model finds, or the error; None while the model is being loaded."""


def page(view: str, text: str, models: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    """Return the result of one model or of two models, or a notice if there is none.

    A blank text has no ``outcomes``. The attributes of the frame name the models for the script.
    """
    first, second = [*models, ""][:2]
    view = view if view in VIEWS else TEXT
    names = f'data-model="{escape(first)}" data-compare="{escape(second)}" data-view="{view}"'
    drawn = any(isinstance(outcome, Reading) for outcome in outcomes)
    buttons = (_LINK if view not in (TABLE, TOKENS) else _COPY + _LINK) if drawn else ""
    return (
        f'<div class="hl" {names}><div class="hl-tools">{buttons}</div>'
        f"{_content(view, text, models, outcomes)}</div>"
    )


def _content(view: str, text: str, models: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    if not outcomes:
        return empty(_NO_TEXT)
    asked = list(zip(models, outcomes, strict=True))
    readings = [outcome for outcome in outcomes if isinstance(outcome, Reading)]
    coming = [model for model, outcome in asked if outcome is None]
    notices = "".join(
        _refusal(_said(outcome), model if len(models) > 1 else "")
        for model, outcome in asked
        if isinstance(outcome, NerError)
    )
    if coming:
        notices += _loading(coming)
    if len(text) > MOST_CHARACTERS:
        notices += _cut(len(text))
    return notices + (_result(view, text[:MOST_CHARACTERS], readings) if readings else "")


def _cut(found: int) -> str:
    return (
        f'<p class="ner-warning">This text has {found:,} characters, and only the first '
        f"{MOST_CHARACTERS:,} are read here. To read all of it, use “A whole file” below.</p>"
    )


def _loading(models: Sequence[str]) -> str:
    names = " and ".join(
        f"<bdi>{escape(name)}</bdi>{' from the Hub' if '/' in name else ''}" for name in models
    )
    return f'<div class="ner-empty hl-loading" role="status">Loading {names}…</div>'


def _said(problem: NerError) -> str:
    if isinstance(problem, UnnamedLabelsError):
        named = f"Name its {problem.count} labels in the field “Names of its labels” above."
        return f"{problem.problem} {named}"
    return str(problem)


def _refusal(sentence: str, model: str) -> str:
    return error(f"{model}: {sentence}" if model else sentence)


def _result(view: str, text: str, readings: Sequence[Reading]) -> str:
    # If there are two models, the first one chooses its colours first.
    colours = EntityColours(*(reading.types for reading in readings))
    if view == TEXT:
        content = _texts(text, readings, colours)
    else:
        content = (_table if view == TABLE else _tokens)(readings)
    summary = '<p class="hl-summary"></p>' if len(readings) > 1 else ""
    found = [
        [
            [e.start, e.end, e.label, round(e.score, highlight_tables.DIGITS)]
            for e in reading.entities
        ]
        for reading in readings
    ]
    return (
        f'<div class="hl-result" data-entities="{escape(json.dumps(found))}"{_start(readings[0])}>'
        f'<div class="hl-bar">{_legend(readings, colours)}'
        f'<div class="hl-controls">{_CONTROLS[view]}</div></div>'
        f'<p class="hl-said" role="status"></p>{summary}{content}</div>'
    )


def _start(reading: Reading) -> str:
    """Return the attribute that says where the threshold begins, which the first model decides."""
    return f' data-threshold="{reading.threshold:.2f}"' if reading.threshold else ""


def _legend(readings: Sequence[Reading], colours: EntityColours) -> str:
    """Return a switch for each entity type of the models; the script adds the counts."""
    chips = "".join(
        f'<label class="hl-chip {colour_class(label, colours)}">'
        f'<input type="checkbox" checked value="{escape(label)}">'
        f"<bdi>{escape(label)}</bdi> {_meaning(label)}<b></b></label>"
        for label in sorted({label for reading in readings for label in reading.types})
    )
    return f'<fieldset class="hl-legend"><legend>Entity types</legend>{chips}</fieldset>'


def _meaning(label: str) -> str:
    words = meaning(label)
    return f'<span class="hl-meaning">{escape(words)}</span> ' if words else ""


def _texts(text: str, readings: Sequence[Reading], colours: EntityColours) -> str:
    texts = [highlighted(text, reading.entities, colours) for reading in readings]
    return texts[0] if len(readings) == 1 else _columns(texts, readings)


def highlighted(text: str, entities: "Sequence[Entity]", colours: EntityColours) -> str:
    """Return a text with its entities marked; line breaks and blanks stay as they are."""
    return (
        '<div class="ner-text" dir="auto" role="group" aria-label="Text with its entities">'
        f"{mark_text(text, (_mark(entity, colours) for entity in entities), escape)}</div>"
    )


def _mark(entity: "Entity", colours: EntityColours) -> Mark:
    label, percent = entity.label, f"{entity.score:.0%}"
    fainter = sum(entity.score < bound for bound in SURE)
    attributes = {
        "class": colour_class(label, colours) + (f" unsure-{fainter}" if fainter else ""),
        "title": f"{label}, {percent}",
        "data-label": label,
    }
    return Mark(entity.start, entity.end, label, attributes, spoken=percent)


def _table(readings: Sequence[Reading]) -> str:
    if len(readings) == 1:
        return highlight_tables.entity_table(readings[0].entities)
    first, second = readings
    return _key(readings) + highlight_tables.compared_table(first.entities, second.entities, NAMES)


def _tokens(readings: Sequence[Reading]) -> str:
    tables = [highlight_tables.sub_token_table(reading.sub_tokens) for reading in readings]
    return tables[0] if len(readings) == 1 else _columns(tables, readings)


def _columns(contents: Sequence[str], readings: Sequence[Reading]) -> str:
    """Return the results of two models side by side, each under the name of its model."""
    columns = "".join(
        f'<section data-side="{side}"><h2>{_name(name, reading)}</h2>{content}</section>'
        for side, (name, reading, content) in enumerate(zip(NAMES, readings, contents, strict=True))
    )
    return f'<div class="hl-columns">{columns}</div>'


def _key(readings: Sequence[Reading]) -> str:
    names = " ".join(
        f"<span>{_name(name, reading)}</span>"
        for name, reading in zip(NAMES, readings, strict=True)
    )
    return f'<p class="hl-key">{names}</p>'


def _name(name: str, reading: Reading) -> str:
    return f"<b>{name}</b> <bdi>{escape(reading.model)}</bdi>"
