"""HTML of the score of a run: one figure, and of a finished run a verdict and other scores."""

from collections.abc import Mapping
from typing import Any

from ner_core.runs.status import ACTIVE
from ner_core.runs.view import RunView
from ner_studio.base.markup import escape

GOOD, USABLE = 0.85, 0.6
"""The least F1 of each verdict: a rule of thumb, since some texts and types are harder."""

ENOUGH = 100
"""Entities from which on a score is more than rough."""

_VERDICTS = {
    "good": "Most entities are found, with exactly the right words and the right type.",
    "usable": "It is right more often than not. Check by hand what matters.",
    "weak": "Many entities are missed or mistaken. More annotated text helps most.",
}
_RULE = f"Rule of thumb: good from {GOOD:.2f}, usable from {USABLE:.2f}."
_OTHERS = {"precision": "Precision", "recall": "Recall", "f1_lenient": "F1 of conlleval"}


def main_scores(view: RunView) -> tuple[str, Mapping[str, Any]] | None:
    """Return the split whose score counts, and its scores: that of the test part if it has one.

    None if the run has not finished, or no entity was scored.
    """
    if view.status != "finished" or view.damage:
        return None
    scored = ((split, view.final.get(split)) for split in ("test", "validation"))
    return next(
        ((split, scores) for split, scores in scored if scores and scores.get("support", 1)), None
    )


def verdict(f1: float) -> str:
    """Return what an F1 is worth, in a word.

    >>> verdict(0.9), verdict(0.7), verdict(0.2)
    ('good', 'usable', 'weak')
    """
    return "good" if f1 >= GOOD else "usable" if f1 >= USABLE else "weak"


def headline(view: RunView) -> str:
    """Return the score of a finished run, or the best one so far of a run at work; or nothing."""
    if view.status in ACTIVE and not view.damage:
        return _so_far(view)
    found = main_scores(view)
    if found is None:
        return ""
    split, scores = found
    word = verdict(scores["f1"])
    others = [(label, scores[name]) for name, label in _OTHERS.items() if name in scores]
    validation = view.final.get("validation")
    if split == "test" and validation:
        others.append(("Validation F1", validation["f1"]))
    facts = "".join(f"<span>{escape(label)} <b>{value:.3f}</b></span>" for label, value in others)
    return (
        f'<div class="ner-headline" data-verdict="{word}">'
        f'<p class="ner-score"><b>{scores["f1"]:.2f}</b> <span>{split} F1{_interval(scores)}</span>'
        "</p>"
        f"<div><p><b>{word.capitalize()}.</b> {escape(_VERDICTS[word])}</p>"
        f'<p class="ner-quiet">{escape(_small(scores) + _RULE)}</p>'
        f'<p class="ner-facts">{facts}</p></div></div>'
    )


def _so_far(view: RunView) -> str:
    best = f"{view.best['selection_f1']:.2f}" if view.best else "–"
    return f'<p class="ner-score"><b>{best}</b> <span>validation F1<br>so far</span></p>'


def _interval(scores: Mapping[str, Any]) -> str:
    """Return between what other such sentences would score; runs of before have none."""
    bounds = scores.get("interval", {}).get("f1")
    return f"<br>{bounds[0]:.2f} to {bounds[1]:.2f} (95 %)" if bounds else ""


def _small(scores: Mapping[str, Any]) -> str:
    support = scores.get("support", ENOUGH)
    if support >= ENOUGH:
        return ""
    noun = "entity was" if support == 1 else "entities were"
    return f"Only {support} {noun} scored, so the figure is rough. "
