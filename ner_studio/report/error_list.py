"""HTML of the error browser: sentences with their gold entities and those of the model.

Words and labels come from strangers, so all of them are escaped. A text may have thousands of
words, so only the surroundings of its errors are shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ner_core.render.colours import EntityColours
from ner_core.render.marks import Mark, mark_words
from ner_studio.base.markup import escape
from ner_studio.base.theme import colour_class
from ner_studio.report.error_index import is_of

_WHOLE = 60  # words of the longest text that is always shown whole
_CONTEXT = 25  # words shown on each side of an error
_MOST_ERRORS = 8  # described errors of a text, whose surroundings are shown
_MOST_WORD = 80  # shown characters of a word
_MOST_MARK = 60  # shown words of an entity

LEGEND = (
    '<p class="ner-quiet ner-error-key">'
    "<mark class=right>found</mark> exactly right "
    "<mark class=lost>gold</mark> not found exactly "
    "<mark class=wrong>model</mark> found, but wrong</p>"
)


def error_list(
    rows: Iterable[Mapping[str, Any]], kind: str, label: str, colours: EntityColours
) -> str:
    """Return a list of sentences. All errors are marked, those of this kind and type described."""
    cards = "".join(_card(row, kind, label, colours) for row in rows)
    return f'<ol class="ner-errors" tabindex="0" aria-label="Errors">{cards}</ol>'


def describe(error: Mapping[str, Any]) -> str:
    """Return what is wrong, as HTML.

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
    described = [describe(error) for error in chosen[:_MOST_ERRORS]]
    if others := len(row["errors"]) - len(described):
        described.append(f"{others} more error{'' if others == 1 else 's'} in this text")
    kinds = {
        side: {tuple(error[side]): error["kind"] for error in row["errors"] if error[side]}
        for side in ("gold", "predicted")
    }
    gold = _line(row["tokens"], row["gold"], kinds["gold"], shown, "lost", colours)
    model = _line(row["tokens"], row["predicted"], kinds["predicted"], shown, "wrong", colours)
    return (
        f'<li><p class="what">Sentence {row["sentence"] + 1:,} · {" · ".join(described)}</p>'
        f'<div class="line"><span>Gold</span><p dir="auto">{gold}</p></div>'
        f'<div class="line"><span>Model</span><p dir="auto">{model}</p></div></li>'
    )


def _surroundings(errors: Iterable[Mapping[str, Any]], length: int) -> list[tuple[int, int]]:
    """Return the ranges of words to show: sorted, disjoint, each around one or more errors."""
    if length <= _WHOLE:
        return [(0, length)]
    ranges: list[tuple[int, int]] = []
    for error in errors:
        sides = [side for side in (error["gold"], error["predicted"]) if side]
        start = max(0, min(side[0] for side in sides) - _CONTEXT)
        last = max(min(side[1], side[0] + _MOST_MARK) for side in sides)
        end = min(length, last + _CONTEXT)
        if ranges and start <= ranges[-1][1] + 1:  # a gap of one word saves nothing
            start, before = ranges.pop()
            end = max(before, end)
        ranges.append((start, end))
    return ranges


def _line(
    tokens: Sequence[str],
    spans: Iterable[Sequence[Any]],
    kinds: Mapping[tuple[Any, ...], str],
    shown: Iterable[tuple[int, int]],
    wrong: str,
    colours: EntityColours,
) -> str:
    """Return ranges of a sentence with its entities marked; ``wrong`` is the class of errors."""
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
            # The kind of error is noted at the model's entity, or at the gold one if it is missed.
            note = f" · {kind}" if kind and (wrong == "wrong" or kind == "missed") else ""
            marks.append(Mark(first - start, last - start, span[2] + note, {"class": style}))
        parts.append(mark_words([_shortened(word) for word in tokens[start:end]], marks, escape))
        position = end
    if position < len(tokens):
        parts.append("…")
    return " ".join(parts)


def _shortened(word: str) -> str:
    return word if len(word) <= _MOST_WORD else word[: _MOST_WORD - 1] + "…"
