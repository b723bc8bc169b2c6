"""HTML of the page: plain data in, escaped mark-up out.

Text, labels and names come from strangers: all of it goes through ``escape``.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ner_core.render.colours import EntityColours
from ner_core.render.marks import Mark, mark_text
from ner_studio.base.theme import colour_class

_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_STRICT = (
    "Scores are strict: an entity counts as found only if its words and its type are exactly right."
)


def escape(value: object) -> str:
    """Make a text safe inside HTML, and inside the templates of ``gr.HTML``; see ``readable``.

    >>> escape("<b> ${x} {{y}}")
    '&lt;b&gt; &#36;&#123;x} &#123;&#123;y}}'
    """
    return html.escape(readable(value)).replace("{", "&#123;").replace("$", "&#36;")


def readable(value: object) -> str:
    """Show as U+FFFD what no page can hold (NUL, half a surrogate pair), so that lengths stay."""
    return _UNREADABLE.sub("\ufffd", str(value))


def empty(text: str) -> str:
    """Say what will stand here, and how to get there."""
    return f'<div class="ner-empty">{escape(text)}</div>'


def error(text: str) -> str:
    """Show a sentence about something the person can mend."""
    return f'<p class="ner-error" role="alert">{escape(text)}</p>'


def score_tables(final: Mapping[str, Mapping[str, Any]], colours: EntityColours) -> str:
    """Show the final scores of a run: a table a split, overall and by type."""
    parts = []
    for split in ("test", "validation"):
        scores = final.get(split)
        if not scores:
            continue
        rows = [("All types", *_score_cells(scores))]
        rows += [
            (dot(label, colours) + escape(label), *_score_cells(row))
            for label, row in scores["per_type"].items()
        ]
        caption = (
            f"{scores['sentences']:,} sentences · token accuracy {scores['accuracy']:.1%} · "
            f"lenient F1 {scores['f1_lenient']:.3f}"
        )
        header = (split.capitalize(), "Precision", "Recall", "F1", "Entities")
        label = f"{split.capitalize()} scores"
        parts.append(table(header, rows, label=label, caption=caption, total=True))
    if parts:
        parts.append(f'<p class="ner-quiet">{escape(_STRICT)}</p>')
    return "".join(parts)


def marked_spans(text: str, spans: Iterable[Mapping[str, Any]], colours: EntityColours) -> str:
    """Return a text with annotated spans: ``start`` and ``end`` in characters, ``label``."""
    marks = (
        Mark(
            span["start"],
            span["end"],
            span["label"],
            {"class": colour_class(span["label"], colours), "data-label": span["label"]},
        )
        for span in spans
    )
    return f'<div class="ner-text small" dir="auto">{mark_text(text, marks, escape)}</div>'


def _score_cells(scores: Mapping[str, Any]) -> tuple[str, ...]:
    figures = (f"{scores[name]:.3f}" for name in ("precision", "recall", "f1"))
    return (*figures, f"{scores['support']:,}")


def dot(label: str, colours: EntityColours) -> str:
    """Draw the coloured square of an entity type."""
    return f'<span class="ner-dot {colour_class(label, colours)}"></span>'


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    label: str,
    caption: str = "",
    total: bool = False,
    text_columns: Sequence[int] = (),
) -> str:
    """Draw a table; header cells are escaped here, body cells must be already.

    The first column and ``text_columns`` are flush left, the others flush right as numbers are.
    """
    styles = [" class=text" if number in text_columns else "" for number in range(len(header))]
    head = "".join(
        f'<th scope="col"{style}>{escape(cell)}</th>'
        for cell, style in zip(header, styles, strict=True)
    )
    body = "".join(
        f"<tr{' class=total' if total and number == 0 else ''}>"
        + "".join(f"<td{style}>{cell}</td>" for cell, style in zip(row, styles, strict=True))
        + "</tr>"
        for number, row in enumerate(rows)
    )
    shown = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="ner-scroll"><table class="ner-table" aria-label="{escape(label)}">'
        f"{shown}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
