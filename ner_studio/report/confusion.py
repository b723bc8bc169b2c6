"""HTML of the confusion matrix: which entity types the model mistook for which."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from ner_core.render.colours import EntityColours
from ner_studio.base.markup import dot, escape

_MOST_TYPES = 15  # rows and columns that can still be read
# The names of report.json.
_MISSED, _SPURIOUS = "(missed)", "(spurious)"


def confusion_table(confusion: Mapping[str, Mapping[str, int]], colours: EntityColours) -> str:
    """Return the confusion matrix: rows are gold types, columns the types that the model found."""
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
    if len(types) > _MOST_TYPES:
        worst = sorted(types, key=lambda label: (-wrong[label], label))[:_MOST_TYPES]
        shown = sorted(worst)
    rows = [
        _confusion_row(confusion, label, [*shown, _MISSED], columns, colours)
        for label in [*shown, _SPURIOUS]
    ]
    head = "<td></td>" + "".join(
        f'<th scope="col" title="{escape(label)}">{escape(label)}</th>'
        for label in [*shown, "missed"]
    )
    note = (
        f"The {_MOST_TYPES} types with the most errors, of {len(types)}. "
        if len(shown) < len(types)
        else ""
    )
    note += (
        "Rows are gold types, columns the types that the model found. Two entities that share "
        "words count by their types, even if the boundary is wrong. The stronger the colour, the "
        "larger the share of the gold type, or of the found type in the row of spurious entities."
    )
    return (
        '<div class="ner-scroll ner-confusion" tabindex="0">'
        '<table class="ner-table" aria-label="Confusion">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        f'<p class="ner-quiet">{escape(note)}</p>'
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
    html = [f'<td title="{name}">{square}{name}</td>']
    for column in columns:
        count = cells.get(column, 0)
        if not count:
            empty = "" if row == _SPURIOUS and column == _MISSED else "0"
            html.append(f"<td class=none>{empty}</td>")
        elif row == column:
            html.append(f"<td class=same>{count:,}</td>")
        else:
            # A spurious entity has no gold type, so it is compared with what the model found.
            whole = predicted[column] if row == _SPURIOUS else support
            # At most about half of the colour, so that the number on it can be read.
            share = math.ceil(55 * math.sqrt(count / whole))
            html.append(f'<td class=error style="--share: {share}%">{count:,}</td>')
    return f"<tr>{''.join(html)}</tr>"
