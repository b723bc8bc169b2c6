"""HTML of a report: what the analysis of a split says, in tables with a sentence each.

A sentence claims a difference only if there are enough entities on both sides and it is larger
than chance would make it: more than two standard errors of a difference of proportions.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ner_core.render.colours import EntityColours
from ner_studio.base.markup import dot, escape, table

ENOUGH = 20
"""Entities on each side of a comparison, at least."""

_MOST_CONFUSED = 15  # rows and columns that can still be read
_MOST_RARE = 8
# As they are called in report.json.
_MISSED, _SPURIOUS = "(missed)", "(spurious)"
_GROUPS = {
    "seen": "With the same type",
    "seen as another type": "With another type",
    "unseen": "Never",
}

CSS = """
.ner-report h3 { font-size: 1rem; font-weight: 620; margin: 1.3rem 0 .2rem; }
.ner-report h3:first-child { margin-top: .4rem; }
.ner-report h4 { font-size: .9rem; font-weight: 620; margin: 0; }
.ner-scores { display: flex; flex-wrap: wrap; gap: 0 1.6rem; align-items: flex-start; }
.ner-scores > .ner-scroll { flex: 1 1 310px; width: auto; min-width: min(310px, 100%);
  max-height: 26rem; overflow-y: auto;
  /* A shadow below, which the end of the table covers: there is more as long as it is seen. */
  background: linear-gradient(transparent, var(--body-background-fill) 70%) bottom / 100% 2.5rem
    no-repeat local, linear-gradient(transparent, var(--border-color-primary)) bottom / 100% .7rem
    no-repeat scroll; }
.ner-scores > p { flex: 1 0 100%; }
.ner-scores .ner-table, .ner-why .ner-table { font-size: .84rem; }
.ner-scores .ner-table :is(td, th), .ner-why .ner-table :is(td, th) { padding: .32rem .3rem; }
.ner-scores .ner-table :is(td, th):first-child, .ner-why .ner-table :is(td, th):first-child {
  padding-left: 0; }
.ner-confusion :is(td, th) { max-width: 10rem; overflow: hidden; text-overflow: ellipsis; }
.ner-confusion :is(td, th):first-child { position: sticky; left: 0; white-space: nowrap !important;
  max-width: min(13rem, 38vw); background: var(--body-background-fill); }
.ner-confusion td.same { color: var(--body-text-color-subdued); }
.ner-confusion td.none { color: var(--border-color-primary); }
.ner-confusion td.error { font-weight: 600;
  background: color-mix(in srgb, #d55e00 var(--share), transparent); }
.dark .ner-confusion td.error {
  background: color-mix(in srgb, #d55e00 calc(1.5 * var(--share)), transparent); }
.ner-why { columns: 2 290px; column-gap: .8rem; margin-top: .4rem; }
.ner-why > section { border: 1px solid var(--border-color-primary); break-inside: avoid;
  border-radius: var(--radius-lg); padding: .7rem .9rem; margin-bottom: .8rem; }
.ner-why p { margin-top: .35rem !important; }
"""


def confusion_table(confusion: Mapping[str, Mapping[str, int]], colours: EntityColours) -> str:
    """Draw which type was read as which: rows are gold, columns the model's."""
    columns: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for row, cells in confusion.items():
        columns.update(cells)
        for column, count in cells.items():
            if row != column:
                wrong[row] += count
                wrong[column] += count
    types = sorted(({*confusion, *columns}) - {_MISSED, _SPURIOUS})
    shown = types
    if len(types) > _MOST_CONFUSED:
        worst = sorted(types, key=lambda label: (-wrong[label], label))[:_MOST_CONFUSED]
        shown = sorted(worst)
    rows = [
        _confusion_row(confusion, label, [*shown, _MISSED], columns, colours)
        for label in [*shown, _SPURIOUS]
    ]
    head = "".join(
        f'<th scope="col" title="{escape(label)}">{escape(label)}</th>'
        for label in ["", *shown, "missed"]
    )
    note = (
        f"The {_MOST_CONFUSED} types with the most errors, of {len(types)}. "
        if len(shown) < len(types)
        else ""
    )
    note += (
        "Rows are the gold types, columns what the model said. A pair that shares words counts by "
        "its types, also where its boundary is wrong. The stronger the colour, the larger the part "
        "of the gold type; for spurious ones, of what the model said."
    )
    return (
        '<div class="ner-scroll ner-confusion"><table class="ner-table" aria-label="Confusion">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        f'<p class="ner-quiet">{escape(note)}</p>'
    )


def explanations(
    analysis: Mapping[str, Any],
    per_type: Mapping[str, Mapping[str, Any]],
    colours: EntityColours,
) -> str:
    """Show what the score depends on: seen and unseen entities, rare types, windows.

    ``per_type`` are the scores of all types on the same split.
    """
    parts = (
        _section("Seen in training", _seen(analysis["seen"])),
        _section(
            "Rare types",
            _rare(analysis["rare_types"], analysis["rare_below"], per_type, colours),
        ),
        _section("Long texts", _windows(analysis.get("windows"))),
    )
    return f'<div class="ner-why">{"".join(parts)}</div>'


def seen_sentence(seen: Mapping[str, Mapping[str, Any]]) -> str:
    """Say what it means how often entities are found that training had, or had not."""
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
            f" Those that training has only with another type are found {_points(points)} less "
            "often: see whether they are annotated alike everywhere."
        )
    return text


def rare_sentence(
    rare: Mapping[str, Mapping[str, Any]],
    rare_below: int,
    per_type: Mapping[str, Mapping[str, Any]],
) -> str:
    """Say whether types with few training entities score lower than the others."""
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
    """Say whether long texts are read less well than those that fit into one window."""
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


def _confusion_row(
    confusion: Mapping[str, Mapping[str, int]],
    row: str,
    columns: Sequence[str],
    predicted: Mapping[str, int],
    colours: EntityColours,
) -> str:
    cells = confusion.get(row, {})
    support = sum(cells.values())
    name = "spurious" if row == _SPURIOUS else escape(row)
    square = "" if row == _SPURIOUS else dot(row, colours)
    drawn = [f'<td title="{name}">{square}{name}</td>']
    for column in columns:
        count = cells.get(column, 0)
        if not count:
            empty = "" if row == _SPURIOUS and column == _MISSED else "0"
            drawn.append(f"<td class=none>{empty}</td>")
        elif row == column:
            drawn.append(f"<td class=same>{count:,}</td>")
        else:
            # What is spurious is no part of a gold type, but a part of what the model said.
            whole = predicted[column] if row == _SPURIOUS else support
            # Half of the colour at most: the number on it stays readable.
            share = math.ceil(55 * math.sqrt(count / whole))
            drawn.append(f'<td class=error style="--share: {share}%">{count:,}</td>')
    return f"<tr>{''.join(drawn)}</tr>"


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
    said = _sentence(rare_sentence(rare, rare_below, per_type))
    if not rows:
        return said
    more = f" The {_MOST_RARE} rarest of {len(rare)}." if len(rare) > _MOST_RARE else ""
    caption = f"Fewer than {rare_below} entities in training.{more}"
    header = ("Type", "Training", "Here", "F1")
    return table(header, rows, label="Rare types", caption=caption) + said


def _windows(windows: Mapping[str, Mapping[str, Any]] | None) -> str:
    if not windows:
        return ""
    said = _sentence(windows_sentence(windows))
    if not windows["several"]["sentences"]:
        return said
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
    return table(header, rows, label="Windows") + said


def _sentence(text: str) -> str:
    return f'<p class="ner-quiet">{escape(text)}</p>'


def _too_few(text: str) -> str:
    return f"{text} (it takes {ENOUGH} on each side)."


def _share(group: Mapping[str, Any]) -> str:
    return f"{group['recall']:.1%}" if group["support"] else "–"


def _points_less(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Give by how many points the other side's recall is lower; 0 if that may well be chance."""
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
