"""HTML of what explains a score: tables of the analysis of a split, each with a sentence.

A sentence states a difference only if there are enough entities on both sides and the difference is
larger than two standard errors of a difference of proportions.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ner_core.render.colours import EntityColours
from ner_studio.base.markup import dot, escape, table

ENOUGH = 20
"""The least number of entities on each side of a comparison."""

FEWEST_STEPS = 90
"""The steps that the quick recipe aims at. With fewer, a model may have hardly begun to learn."""
LOW = 0.6
"""The F1 of a type below which it matters that a training was short."""

_MOST_RARE = 8
# By their names in report.json.
_GROUPS = {
    "seen": "With the same type",
    "seen as another type": "With another type",
    "unseen": "Never",
}


def explanations(
    analysis: Mapping[str, Any],
    per_type: Mapping[str, Mapping[str, Any]],
    colours: EntityColours,
    steps: int | None = None,
) -> str:
    """Return what the score depends on: seen and unseen entities, rare types, windows.

    ``per_type`` are the scores of all types on the same split, ``steps`` those of the training.
    """
    learned = learned_sentence(steps, per_type)
    parts = (
        _section("Learned so far", _sentence(learned) if learned else ""),
        _section("Seen in training", _seen(analysis["seen"])),
        _section(
            "Rare types",
            _rare(analysis["rare_types"], analysis["rare_below"], per_type, colours),
        ),
        _section("Long texts", _windows(analysis.get("windows"))),
    )
    return f'<div class="ner-why">{"".join(parts)}</div>'


def learned_sentence(steps: int | None, per_type: Mapping[str, Mapping[str, Any]]) -> str:
    """Return which types were never found, and whether the training was short; or nothing."""
    scored = {label: row for label, row in per_type.items() if row["support"] >= ENOUGH}
    never = sorted(label for label, row in scored.items() if not row["recall"])
    low = any(row["f1"] < LOW for row in scored.values())
    said = (
        [f"{_listed(never)} {'was' if len(never) == 1 else 'were'} never found."] if never else []
    )
    if low and steps is not None and steps < FEWEST_STEPS:
        said.append(
            f"The training was short, {steps} step{'' if steps == 1 else 's'}: train for more "
            f"epochs first, to {FEWEST_STEPS} steps or more."
        )
    elif never:
        said.append("Annotate more of that, and check whether it is annotated consistently.")
    return " ".join(said)


def seen_sentence(seen: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a sentence that compares entities seen in training with unseen ones."""
    same, other, unseen = (seen[group] for group in _GROUPS)
    if min(same["support"], unseen["support"]) < ENOUGH:
        text = _too_few("Too few entities to compare those seen in training with the others")
    elif (points := _points_less(same, unseen)) > 0:
        text = (
            f"Entities never seen in training are found {_points(points)} less often: more "
            "different names in the training data would help."
        )
    else:
        text = (
            "No clear difference: entities never seen in training are found about as often as the "
            "others."
        )
    if (
        min(same["support"], other["support"]) >= ENOUGH
        and (points := _points_less(same, other)) > 0
    ):
        text += (
            f" Entities seen with another type only are found {_points(points)} less often: "
            "check whether they are annotated consistently."
        )
    return text


def rare_sentence(
    rare: Mapping[str, Mapping[str, Any]],
    rare_below: int,
    per_type: Mapping[str, Mapping[str, Any]],
) -> str:
    """Return a sentence that compares the types with few training entities with the others."""
    if not rare:
        return f"None: every type has at least {rare_below} entities in training."
    few = {label: row for label, row in rare.items() if row["support"]}
    many = {label: row for label, row in per_type.items() if label not in rare and row["support"]}
    if not many:
        return (
            f"No type has {rare_below} entities in training. More annotated text is the surest way "
            "to a better score."
        )
    if min(sum(row["support"] for row in side.values()) for side in (few, many)) < ENOUGH:
        return _too_few("Too few entities to compare these types with the others")
    low, high = (_mean(row["f1"] for row in side.values()) for side in (few, many))
    figures = f"a mean F1 of {low:.2f}, the other types {high:.2f}"
    if high - low < 0.05:
        return f"They reach {figures}: being rare does not hold them back."
    worst = sorted(few, key=lambda label: (few[label]["f1"], label))[:3]
    return f"They reach {figures}: annotate more of {_listed(worst)}."


def windows_sentence(windows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a sentence that compares texts of several windows with those of one."""
    one, several = windows["one"], windows["several"]
    if not several["sentences"]:
        return "Every sentence fits into one window of the encoder."
    if min(one["support"], several["support"]) < ENOUGH:
        return _too_few("Too few entities to compare sentences of one window with longer ones")
    sides = [
        {"support": row["support"], "found": row["recall"] * row["support"], **row}
        for row in (one, several)
    ]
    if (points := _points_less(sides[0], sides[1])) > 0:
        return (
            f"In sentences read in several windows, entities are found {_points(points)} less "
            "often: a longer window (max_length) or shorter texts may help."
        )
    return (
        "No clear difference: in sentences read in several windows, entities are found about as "
        "often as in short ones."
    )


def _section(title: str, body: str) -> str:
    return f"<section><h4>{escape(title)}</h4>{body}</section>" if body else ""


def _seen(seen: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (name, f"{seen[group]['support']:,}", _share(seen[group]))
        for group, name in _GROUPS.items()
    ]
    return table(("", "Entities", "Found"), rows, label="Seen in training") + (
        _sentence(seen_sentence(seen))
    )


def _rare(
    rare: Mapping[str, Mapping[str, Any]],
    rare_below: int,
    per_type: Mapping[str, Mapping[str, Any]],
    colours: EntityColours,
) -> str:
    rarest = sorted(rare.items(), key=lambda item: (item[1]["train_support"], item[0]))
    rows = [
        (
            dot(label, colours) + escape(label),
            f"{row['train_support']:,}",
            f"{row['support']:,}",
            f"{row['f1']:.3f}" if row["support"] else "–",
        )
        for label, row in rarest[:_MOST_RARE]
    ]
    sentence = _sentence(rare_sentence(rare, rare_below, per_type))
    if not rows:
        return sentence
    more = f" The {_MOST_RARE} rarest of {len(rare)}." if len(rare) > _MOST_RARE else ""
    caption = f"Fewer than {rare_below} entities in training.{more}"
    header = ("Type", "Training", "Here", "F1")
    return table(header, rows, label="Rare types", caption=caption) + sentence


def _windows(windows: Mapping[str, Mapping[str, Any]] | None) -> str:
    if not windows:
        return ""
    sentence = _sentence(windows_sentence(windows))
    if not windows["several"]["sentences"]:
        return sentence
    rows = [
        (
            name.capitalize(),
            f"{row['sentences']:,}",
            f"{row['support']:,}",
            f"{row['recall']:.1%}" if row["support"] else "–",
            f"{row['f1']:.3f}" if row["support"] else "–",
        )
        for name, row in windows.items()
    ]
    header = ("Windows", "Texts", "Entities", "Found", "F1")
    return table(header, rows, label="Windows") + sentence


def _sentence(text: str) -> str:
    return f'<p class="ner-quiet">{escape(text)}</p>'


def _too_few(text: str) -> str:
    return f"{text} (it takes {ENOUGH} on each side)."


def _share(group: Mapping[str, Any]) -> str:
    return f"{group['recall']:.1%}" if group["support"] else "–"


def _points_less(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Return by how many points the recall of ``other`` is lower; 0 if that may be chance."""
    found, support = one["found"] + other["found"], one["support"] + other["support"]
    pooled = found / support
    error = math.sqrt(pooled * (1 - pooled) * (1 / one["support"] + 1 / other["support"]))
    less: float = one["recall"] - other["recall"]
    return 100 * less if less > 2 * error else 0.0


def _points(points: float) -> str:
    whole = max(1, round(points))
    return f"{whole} point{'' if whole == 1 else 's'}"


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)


def _listed(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
