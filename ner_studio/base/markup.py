"""Pieces of HTML that several parts of the page use.

Texts, labels and names come from strangers, so ``escape`` is called on all of them.
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
    """Return a text that is safe in HTML and in the templates of ``gr.HTML``; see ``readable``.

    >>> escape("<b> ${x} {{y}}")
    '&lt;b&gt; &#36;&#123;x} &#123;&#123;y}}'
    """
    return html.escape(readable(value)).replace("{", "&#123;").replace("$", "&#36;")


def readable(value: object) -> str:
    """Return a text with U+FFFD for characters that HTML cannot hold: NUL and lone surrogates."""
    return _UNREADABLE.sub("\ufffd", str(value))


def empty(text: str) -> str:
    """Return the placeholder of an empty area: what will be here, and how to get it."""
    return f'<div class="ner-empty">{escape(text)}</div>'


def error(text: str) -> str:
    """Return an error message."""
    return f'<p class="ner-error" role="alert">{escape(text)}</p>'


def score_tables(final: Mapping[str, Mapping[str, Any]], colours: EntityColours) -> str:
    """Return the final scores of a run: a table per split, overall and by entity type."""
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
            f"F1 of conlleval {scores['f1_lenient']:.3f}"
        )
        header = (split.capitalize(), "Precision", "Recall", "F1", "Entities")
        label = f"{split.capitalize()} scores"
        parts.append(table(header, rows, label=label, caption=caption, total=True))
    if parts:
        parts.append(f'<p class="ner-quiet">{escape(_STRICT)}</p>')
    return "".join(parts)


def marked_spans(text: str, spans: Iterable[Mapping[str, Any]], colours: EntityColours) -> str:
    """Return a text with its spans marked: dicts of ``start``, ``end`` (characters), ``label``."""
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
    """Return the coloured square of an entity type."""
    return f'<span class="ner-dot {colour_class(label, colours)}"></span>'


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    label: str,
    caption: str = "",
    total: bool = False,
    text_columns: Sequence[int] = (),
) -> str:
    """Return a table. Header cells are escaped here; body cells must be HTML already.

    The first column and ``text_columns`` are aligned left, the others right, as numbers are.
    """
    styles = [" class=text" if number in text_columns else "" for number in range(len(header))]
    head = "".join(
        f'<th scope="col"{style}>{escape(cell)}</th>' if cell else f"<td{style}></td>"
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
