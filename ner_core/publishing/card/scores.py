"""The sections of a model card on quality: what it finds, how well, and where it fails."""

from collections.abc import Mapping
from typing import Any

from ner_core.counting import many
from ner_core.publishing.card.facts import CardFacts
from ner_core.publishing.card.limits import CONFUSIONS, FEW_ENTITIES
from ner_core.publishing.card.markup import listing, table, text

NONE = "–"


def types_section(facts: CardFacts) -> str:
    """Return a table of the types: an example of each, and its entities in each part."""
    parts = {name: part["entities"] for name, part in facts.parts.items()}
    if not parts:  # older runs did not keep it; the scores have it for their parts
        parts = {
            name: {label: row["support"] for label, row in scores["per_type"].items()}
            for name, scores in facts.scores.items()
        }
    rows = [
        (
            text(label),
            text(facts.examples.get(label, NONE)),
            *(f"{entities.get(label, 0):,}" for entities in parts.values()),
        )
        for label in facts.types
    ]
    header = ("type", "example", *(f"entities in {name}" for name in parts))
    return table(header, rows, left=(0, 1))


def headline(facts: CardFacts) -> str:
    """Return a sentence on how good the model is, or that it was not measured."""
    said = [
        f"**{scores['f1']:.3f}** on the {name} part ({many(scores['sentences'], 'sentence')})"
        for name, scores in facts.scores.items()
        if scores["support"]
    ]
    if not said:
        return "It has no final scores: see below what was measured while it was trained."
    return f"Its strict F1 is {listing(said)}."


_INTERVALS = (
    "In brackets: 95 % intervals by bootstrap over sentences. Other sentences of the same kind may "
    "score anywhere in them."
)


def scores_section(facts: CardFacts) -> str:
    """Return the scores of the saved model, or what is known instead, and what they mean."""
    if not facts.scores:
        return _scores_of_training(facts)
    found = [_overview(facts.scores)]
    if "test" in facts.scores:
        found.append(
            "The model was chosen among those of several evaluations by its score on the "
            "validation part, so that score is a little too good; the test part had no say in it."
        )
    else:
        found.append(
            "**Not measured:** there was no test part. The model was chosen among those of several "
            "evaluations by its score on the validation part, so the score is a little too good."
        )
    for name, scores in facts.scores.items():
        found += [f"### By type, {name} part", by_type(scores)]
    return "\n\n".join(found)


def _scores_of_training(facts: CardFacts) -> str:
    view = facts.view
    said = (
        f"**Not measured:** this model has no final scores, neither on a test part nor on the "
        f"whole validation part; its run is {view.status}, at step {view.step:,} of "
        f"{view.total:,}."
    )
    best = facts.best
    if best is None:
        return f"{said} It was not evaluated while it was trained, either."
    size = f"{many(best['sentences'], 'sentence')} " if "sentences" in best else ""
    chosen = "chosen at random " if best["subset"] else ""
    said += (
        f" What is kept is the model of step {best['step']:,}. While it was trained, it was "
        f"evaluated on {size}{chosen}of the validation part, by which it was also chosen:"
    )
    return "\n\n".join([said, _overview({"validation": best}), by_type(best)])


def _overview(scores: Mapping[str, Mapping[str, Any]]) -> str:
    columns = {
        "precision": "precision",
        "recall": "recall",
        "F1": "f1",
        "F1 of conlleval": "f1_lenient",
        "token accuracy": "accuracy",
    }
    header = ("part", "sentences", "entities", *columns)
    rows = [
        (name, *(_whole(part.get(key)) for key in ("sentences", "support")))
        + tuple(_share(part.get(key)) + _interval(part, key) for key in columns.values())
        for name, part in scores.items()
    ]
    shown = table(header, rows)
    return f"{shown}\n\n{_INTERVALS}" if any(map(_has_intervals, scores.values())) else shown


def _has_intervals(part: Mapping[str, Any]) -> bool:
    return bool(part.get("interval"))


def _interval(part: Mapping[str, Any], name: str) -> str:
    bounds = (part.get("interval") or {}).get(name)
    return f" ({bounds[0]:.2f}–{bounds[1]:.2f})" if bounds else ""


def by_type(scores: Mapping[str, Any]) -> str:
    """Return a table of the strict scores of each type."""
    names = ("precision", "recall", "f1")
    rows = [
        (text(label), *(_share(row.get(name)) for name in names), _whole(row.get("support")))
        for label, row in scores["per_type"].items()
    ]
    return table(("type", "precision", "recall", "F1", "entities"), rows)


def limits_section(facts: CardFacts) -> str:
    """Return which errors were seen, and what was not examined, a point a line."""
    explained = (facts.report or {}).get("analysis") or {}
    part = next((name for name in facts.scores if name in explained), None)
    warning = (facts.report or {}).get("warning")
    points = [text(warning)] if warning else []
    if part is None:
        points.append("Its errors were not counted.")
    else:
        seen = explained[part]
        points += [
            _kinds(seen["counts"], part),
            _confusions(seen["confusion"]),
            _names(seen["seen"]),
            _rare(seen["rare_types"], seen["rare_below"]),
            _long(seen["windows"]),
        ]
    if facts.of_sample:
        points.append(
            "The sample was written by few authors within a short time, in English, about "
            "situations that are invented: expect lower scores on text from elsewhere."
        )
    else:
        points.append("How it does on other kinds of text than the data's was not measured.")
    points.append(
        "Whether names of all groups of people are found equally well was not examined, and the "
        "score given with an entity is no calibrated probability."
    )
    return "\n".join(f"- {point}" for point in points if point)


def _kinds(counts: Mapping[str, int], part: str) -> str:
    kinds = {
        "missed": "missed {}",
        "wrong type": "gave {} a wrong type",
        "wrong boundary": "gave {} wrong boundaries",
        "wrong boundary and type": "got both wrong of {}",
    }
    said = [words.format(f"{counts[kind]:,}") for kind, words in kinds.items() if counts[kind]]
    total = counts["correct"] + sum(counts[kind] for kind in kinds)
    said.insert(0, f"found {counts['correct']:,} exactly")
    return (
        f"Of the {many(total, 'entity')} of the {part} part it {listing(said)}. Where none is "
        f"annotated it found {counts['spurious']:,}."
    )


def _confusions(confusion: Mapping[str, Mapping[str, int]]) -> str:
    # Rows and columns in brackets stand for what was missed, or is not annotated.
    pairs = [
        (number, gold, other)
        for gold, row in confusion.items()
        for other, number in row.items()
        if gold != other and gold != "(spurious)" and other != "(missed)"
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1:]))
    if not pairs:
        return "No type was taken for another."
    said = [
        f"{text(gold)} for {text(other)} ({number:,})" for number, gold, other in pairs[:CONFUSIONS]
    ]
    return f"Most often taken for another type: {listing(said)}."


def _names(seen: Mapping[str, Mapping[str, Any]]) -> str:
    told = {
        "seen": "stand in the training part with the same type",
        "seen as another type": "stand there with another type only",
        "unseen": "never stand there",
    }
    said = [
        f"{_percent(seen[group]['recall'])} of those that {words} "
        f"({seen[group]['found']:,} of {seen[group]['support']:,})"
        for group, words in told.items()
        if seen[group]["support"]
    ]
    return f"Entities by their words: it finds {listing(said)}." if said else ""


def _rare(rare: Mapping[str, Mapping[str, Any]], below: int) -> str:
    if not rare:
        return f"Every type has at least {below:,} entities in the training part."
    said = [
        f"{text(label)} ({row['train_support']:,} there, F1 {row['f1']:.3f} on {row['support']:,})"
        for label, row in rare.items()
    ]
    return f"Rare types, with fewer than {below:,} entities in the training part: {listing(said)}."


def _long(windows: Mapping[str, Mapping[str, Any]] | None) -> str:
    if windows is None:
        return ""
    several = windows["several"]
    if not several["sentences"]:
        return "No sentence was longer than a window: how it does on longer ones was not measured."
    one = windows["one"]
    said = (
        f"{many(several['sentences'], 'sentence')} longer than a window: F1 {several['f1']:.3f} "
        f"on {many(several['support'], 'entity')}, against {one['f1']:.3f} on the others"
    )
    return said + (", too few to judge by." if several["support"] < FEW_ENTITIES else ".")


def _share(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _whole(value: int | None) -> str:
    return NONE if value is None else f"{value:,}"
