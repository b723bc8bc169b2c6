"""HTML of a few validation sentences with the entities that the model finds at the moment.

Right, wrong and missed entities differ in their outline and their note, not only in colour.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ner_core.render.colours import EntityColours
from ner_core.render.marks import Mark, mark_words
from ner_core.runs.view import RunView
from ner_studio.base.markup import escape
from ner_studio.base.theme import colour_class

_Span = tuple[int, int, str]


def sample_sentences(view: RunView) -> str:
    """Return the sample sentences of a run; empty if it has none yet."""
    if not view.samples:
        return ""
    found = [sentence for sentence in view.samples if sentence["predicted"] is not None]
    when = "Before the first evaluation: the marks are the entities to find."
    if found and view.evaluations:
        when = f"As of step {view.evaluations[-1]['step']:,}."
    colours = EntityColours(view.types)
    items = "".join(f"<li>{_sentence(sentence, colours)}</li>" for sentence in view.samples)
    return (
        '<div class="ner-samples-head"><h4>Live predictions on validation sentences</h4>'
        f'<span class="ner-quiet">{when}{_found(found)}</span></div>'
        f'<ul class="ner-samples">{items}</ul>'
    )


def sample_texts(view: RunView) -> list[str]:
    """Return the sample sentences of a run as plain text; empty if it has none."""
    return [" ".join(sentence["tokens"]) for sentence in view.samples]


def _found(found: Sequence[dict[str, Any]]) -> str:
    """Return how many of the entities of these sentences were found."""
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
    """Return the CSS class of a predicted entity, and the note beside it."""
    label = span[2]
    if span in gold:
        return "right", f"{label} ✓"
    expected = sorted(other for other in gold if _overlap(span, other))
    if not expected:
        return "wrong", f"{label} ✗"
    correct = ", ".join(
        other if (start, end) == span[:2] else f"{' '.join(words[start:end])} {other}"
        for start, end, other in expected
    )
    return "wrong", f"{label} ✗ it is {correct}"


def _spans(rows: Iterable[Sequence[Any]]) -> set[_Span]:
    return {(int(start), int(end), str(label)) for start, end, label in rows}


def _overlap(one: _Span, other: _Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
