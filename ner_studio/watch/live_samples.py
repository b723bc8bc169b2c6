"""A few validation sentences with what the model finds in them now: one sees it learn.

Right, wrong and missed differ in line and in word, not in colour alone.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ner_core.render.colours import EntityColours
from ner_core.render.marks import Mark, mark_words
from ner_core.runs.view import RunView
from ner_studio.base.markup import escape
from ner_studio.base.theme import colour_class

_Span = tuple[int, int, str]

CSS = """
.ner-samples { margin: 0; padding: 0; list-style: none; display: grid; gap: .45rem; }
.ner-samples li { margin: 0; }
.ner-samples mark.wrong { background: none; border-bottom: 2px dashed #c8372a; }
.ner-samples mark.missed { background: none; border: 1px dotted var(--line); }
.dark .ner-samples mark.wrong { border-bottom-color: #f0877c; }
.ner-samples-head { display: flex; flex-wrap: wrap; gap: .1rem .9rem; align-items: baseline;
  margin: .2rem 0 .45rem; }
.ner-samples-head h4 { margin: 0; font-size: .92rem; font-weight: 600; }
"""


def samples(view: RunView) -> str:
    """Draw the sample sentences of a run; nothing as long as there are none."""
    if not view.samples:
        return ""
    found = [sentence for sentence in view.samples if sentence["predicted"] is not None]
    when = "Before the first evaluation; marked is what it is to find."
    if found and view.evaluations:
        when = f"As of step {view.evaluations[-1]['step']:,}."
    colours = EntityColours(view.types)
    items = "".join(f"<li>{_sentence(sentence, colours)}</li>" for sentence in view.samples)
    return (
        '<div class="ner-samples-head"><h4>What it finds in sentences it does not learn from</h4>'
        f'<span class="ner-quiet">{when}{_right(found)}</span></div>'
        f'<ul class="ner-samples">{items}</ul>'
    )


def _right(found: Sequence[dict[str, Any]]) -> str:
    """Count what was found, as far as these sentences go."""
    gold = sum(len(sentence["gold"]) for sentence in found)
    if not gold:
        return ""
    right = sum(len(_spans(s["gold"]) & _spans(s["predicted"])) for s in found)
    return f" {right} of {gold} entities found."


def _sentence(sentence: dict[str, Any], colours: EntityColours) -> str:
    gold = _spans(sentence["gold"])
    if sentence["predicted"] is None:
        marks = [(span, "missed", span[2]) for span in gold]
    else:
        predicted = _spans(sentence["predicted"])
        missed = [span for span in gold if not any(_overlap(span, p) for p in predicted)]
        marks = [(span, *_judged(span, gold, sentence["tokens"])) for span in predicted]
        marks += [(span, "missed", f"{span[2]} missed") for span in missed]
    disjoint: list[Mark] = []
    for (start, end, label), style, note in sorted(marks):
        if not disjoint or start >= disjoint[-1].end:
            styles = {"class": f"{style} {colour_class(label, colours)}"}
            disjoint.append(Mark(start, end, note, styles))
    text = mark_words(sentence["tokens"], disjoint, escape)
    return f'<div class="ner-text small" dir="auto">{text}</div>'


def _judged(span: _Span, gold: set[_Span], words: Sequence[str]) -> tuple[str, str]:
    """Return the style of a predicted entity, and the note beside it."""
    label = span[2]
    if span in gold:
        return "right", f"{label} ✓"
    meant = sorted(other for other in gold if _overlap(span, other))
    if not meant:
        return "wrong", f"{label} ✗"
    should = ", ".join(
        other if (start, end) == span[:2] else f"{' '.join(words[start:end])} {other}"
        for start, end, other in meant
    )
    return "wrong", f"{label} ✗ it is {should}"


def _spans(rows: Iterable[Sequence[Any]]) -> set[_Span]:
    return {(int(start), int(end), str(label)) for start, end, label in rows}


def _overlap(one: _Span, other: _Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
