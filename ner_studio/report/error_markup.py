"""HTML of the error browser: sentences with their gold entities, and with the model's below.

Words and labels come from strangers: all of them are escaped. A text may be thousands of words
long: only what surrounds its errors is drawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ner_core.render.colours import EntityColours
from ner_core.render.marks import Mark, mark_words
from ner_studio.base.markup import escape
from ner_studio.base.theme import colour_class
from ner_studio.report.error_index import is_of

_WHOLE = 60  # words of a text that is always shown whole
_CONTEXT = 25  # words shown on each side of an error
_MOST_ERRORS = 8  # errors of one text that are described, and whose surroundings are shown
_MOST_WORD = 80  # characters of a word
_MOST_MARK = 60  # words of an entity

LEGEND = (
    '<p class="ner-quiet ner-error-key">'
    "<mark class=right>found</mark> exactly right "
    "<mark class=lost>gold</mark> not found as it is "
    "<mark class=wrong>model</mark> found, but wrong</p>"
)

CSS = """
.ner-errors { list-style: none; margin: 0; padding: 0; display: grid; gap: .7rem; }
.ner-errors li { border: 1px solid var(--border-color-primary); border-radius: var(--radius-lg);
  background: var(--block-background-fill); padding: .55rem .8rem .65rem; min-width: 0; }
.ner-errors .what { margin: 0 0 .3rem; font-size: .82rem; line-height: 1.5;
  color: var(--body-text-color-subdued); overflow-wrap: anywhere; }
.ner-errors .what b { color: var(--body-text-color); font-weight: 600; }
.ner-errors .line { display: grid; grid-template-columns: 3.4rem minmax(0, 1fr);
  align-items: baseline; }
.ner-errors .line > span { font-size: .76rem; color: var(--body-text-color-subdued); }
.ner-errors .line p { margin: 0; font-size: .92rem; line-height: 1.95; overflow-wrap: anywhere;
  color: var(--body-text-color); }
.ner-errors .line + .line { border-top: 1px dotted var(--border-color-primary); margin-top: .2rem;
  padding-top: .2rem; }
.ner-errors mark, .ner-error-key mark { color: inherit; border-radius: 3px; padding: .1em .25em;
  -webkit-box-decoration-break: clone; box-decoration-break: clone; }
.ner-errors mark small { font-size: .68em; font-weight: 650; letter-spacing: .03em; opacity: .85;
  margin-left: .45em; user-select: none; }
/* Colour says the type; the line around it says whether it is right, for every eye. */
.ner-errors mark.right, .ner-error-key mark.right { background: var(--tint);
  border-bottom: 2px solid var(--line); }
.ner-errors mark.lost, .ner-error-key mark.lost { background: none; outline: 2px dashed var(--line);
  outline-offset: -1px; }
.ner-errors mark.wrong, .ner-error-key mark.wrong { border-bottom: 2px solid var(--line);
  background: repeating-linear-gradient(-45deg, var(--tint) 0 6px, transparent 6px 10px); }
.ner-error-key { margin: .3rem 0 .5rem; line-height: 2; }
.ner-error-key mark { --tint: var(--border-color-primary); --line: var(--body-text-color-subdued);
  color: var(--body-text-color); margin-left: .8em; }
.ner-error-key mark:first-child { margin-left: 0; }
@media (max-width: 640px) {
  .ner-errors .line { grid-template-columns: minmax(0, 1fr); }
  .ner-errors li { padding: .5rem .6rem; }
}
"""


def error_list(
    rows: Iterable[Mapping[str, Any]], kind: str, label: str, colours: EntityColours
) -> str:
    """Draw sentences with errors; those of this kind and type are described, all are marked."""
    cards = "".join(_card(row, kind, label, colours) for row in rows)
    return f'<ol class="ner-errors">{cards}</ol>'


def describe(error: Mapping[str, Any]) -> str:
    """Say what is wrong, as HTML.

    >>> describe({"kind": "wrong type", "gold": [0, 1, "LOC"], "predicted": [0, 1, "ORG"]})
    '<b>wrong type</b> LOC, read as ORG'
    """
    gold, predicted = error["gold"], error["predicted"]
    text = escape((gold or predicted)[2])
    if gold and predicted and gold[2] != predicted[2]:
        text += f", read as {escape(predicted[2])}"
    return f"<b>{escape(error['kind'])}</b> {text}"


def _card(row: Mapping[str, Any], kind: str, label: str, colours: EntityColours) -> str:
    chosen = [error for error in row["errors"] if is_of(error, kind, label)]
    shown = _surroundings(chosen[:_MOST_ERRORS], len(row["tokens"]))
    said = [describe(error) for error in chosen[:_MOST_ERRORS]]
    if others := len(row["errors"]) - len(said):
        said.append(f"{others} more error{'' if others == 1 else 's'} in this text")
    kinds = {
        side: {tuple(error[side]): error["kind"] for error in row["errors"] if error[side]}
        for side in ("gold", "predicted")
    }
    gold = _line(row["tokens"], row["gold"], kinds["gold"], shown, "lost", colours)
    model = _line(row["tokens"], row["predicted"], kinds["predicted"], shown, "wrong", colours)
    return (
        f'<li><p class="what">Sentence {row["sentence"] + 1:,} · {" · ".join(said)}</p>'
        f'<div class="line"><span>Gold</span><p dir="auto">{gold}</p></div>'
        f'<div class="line"><span>Model</span><p dir="auto">{model}</p></div></li>'
    )


def _surroundings(errors: Iterable[Mapping[str, Any]], length: int) -> list[tuple[int, int]]:
    """Give the stretches of words to show: sorted, disjoint, each around one or more errors."""
    if length <= _WHOLE:
        return [(0, length)]
    stretches: list[tuple[int, int]] = []
    for error in errors:
        sides = [side for side in (error["gold"], error["predicted"]) if side]
        start = max(0, min(side[0] for side in sides) - _CONTEXT)
        last = max(min(side[1], side[0] + _MOST_MARK) for side in sides)
        end = min(length, last + _CONTEXT)
        if stretches and start <= stretches[-1][1] + 1:  # a gap of one word saves nothing
            start, before = stretches.pop()
            end = max(before, end)
        stretches.append((start, end))
    return stretches


def _line(
    tokens: Sequence[str],
    spans: Iterable[Sequence[Any]],
    kinds: Mapping[tuple[Any, ...], str],
    shown: Iterable[tuple[int, int]],
    wrong: str,
    colours: EntityColours,
) -> str:
    """Draw stretches of a sentence with entities of one side; ``wrong`` is the class of errors."""
    parts: list[str] = []
    position = 0
    for start, end in shown:
        if start > position:
            parts.append("…")
        marks = []
        for span in spans:
            first, last = max(span[0], start), min(span[1], end)
            if first >= last:
                continue
            kind = kinds.get(tuple(span))
            style = f"{colour_class(span[2], colours)} {wrong if kind else 'right'}"
            # The kind of error is shown at the model's entity, or at gold if the model has none.
            said = f" · {kind}" if kind and (wrong == "wrong" or kind == "missed") else ""
            marks.append(Mark(first - start, last - start, span[2] + said, {"class": style}))
        parts.append(mark_words([_shortened(word) for word in tokens[start:end]], marks, escape))
        position = end
    if position < len(tokens):
        parts.append("…")
    return " ".join(parts)


def _shortened(word: str) -> str:
    return word if len(word) <= _MOST_WORD else word[: _MOST_WORD - 1] + "…"
