"""Texts with their entities marked, as one HTML file without other files.

Texts, labels and titles come from strangers, so all of them are escaped here.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence

from ner_core.counting import many
from ner_core.entities import Entity
from ner_core.render.colours import PALETTE, EntityColours
from ner_core.render.marks import Mark, mark_text

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def document_head(title: str, types: Iterable[str], colours: EntityColours) -> str:
    """Return what stands before the first text; ``types`` are those of the legend."""
    legend = "".join(f'<li class="c{colours[label]}">{_safe(label)}</li>' for label in types)
    shown = f'<ul class="legend" aria-label="Entity types">{legend}</ul>\n' if legend else ""
    return (
        '<!DOCTYPE html>\n<html lang="und">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Nothing is fetched and no script runs, whatever a text contains.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_safe(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_safe(title)}</h1>\n{shown}<ol>\n"
    )


def document_row(number: int, text: str, entities: Sequence[Entity], colours: EntityColours) -> str:
    """Return one text, by its number, with its entities marked; line breaks and blanks stay."""
    marks = (
        Mark(
            entity.start,
            entity.end,
            entity.label,
            {"class": f"c{colours[entity.label]}", "title": f"{entity.label}, {entity.score:.0%}"},
        )
        for entity in entities
    )
    return f'<li data-number="{number}" dir="auto">{mark_text(text, marks, _safe)}</li>\n'


def document_foot(texts: int, counts: Mapping[str, int]) -> str:
    """Return what stands after the last text: the number of entities of each type."""
    total = sum(counts.values())
    found = "".join(f"<li>{_safe(label)} <b>{n:,}</b></li>" for label, n in sorted(counts.items()))
    summary = f"{many(total, 'entity')} in {many(texts, 'text')}"
    return (
        f'</ol>\n<footer><p>{summary}</p><ul class="counts">{found}</ul></footer>\n'
        "</body>\n</html>\n"
    )


def _safe(text: str) -> str:
    """Escape a text; characters that HTML forbids become U+FFFD, so that offsets stay the same."""
    return html.escape(_CONTROL.sub("\ufffd", text))


_TINTS = "\n".join(
    f".c{number} {{ --light: {colour.light}; --dark: {colour.dark}; --line: {colour.line}; }}"
    for number, colour in enumerate(PALETTE)
)
_STYLE = (
    _TINTS
    + """
:root { color-scheme: light dark; --text: #1e293b; --quiet: #64748b; --page: #fff;
  --rule: #e2e8f0; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem clamp(1rem, 4vw, 3rem) 3rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.95 ui-sans-serif, system-ui, sans-serif; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 1rem; overflow-wrap: anywhere; }
.legend, .counts { display: flex; flex-wrap: wrap; gap: .4rem .5rem; margin: 0 0 1.2rem;
  padding: 0; list-style: none; font-size: .82rem; line-height: 1.5; }
.legend li { padding: .1rem .65rem; border-radius: 99px; border: 1px solid var(--line);
  background: var(--light); }
.counts { gap: .2rem 1.2rem; margin: 0; }
ol { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--rule); }
ol li { position: relative; padding: .55rem 0 .55rem 3.4rem;
  border-bottom: 1px solid var(--rule); white-space: pre-wrap; overflow-wrap: anywhere;
  content-visibility: auto; contain-intrinsic-size: auto 3rem; }
ol li::before { content: attr(data-number); position: absolute; left: 0; color: var(--quiet);
  font-size: .75rem; line-height: 2.6; font-variant-numeric: tabular-nums; }
mark { background: var(--light); color: inherit; border-bottom: 2px solid var(--line);
  border-radius: 3px; padding: .12em .25em; -webkit-box-decoration-break: clone;
  box-decoration-break: clone; }
small { font-size: .62em; font-weight: 650; letter-spacing: .04em; opacity: .8;
  margin-inline-start: .45em; vertical-align: .12em; white-space: nowrap; user-select: none;
  unicode-bidi: isolate; }
footer { margin-top: 1.2rem; color: var(--quiet); font-size: .85rem; line-height: 1.5; }
footer p { margin: 0 0 .2rem; }
@media screen and (prefers-color-scheme: dark) {
  :root { --text: #e2e8f0; --quiet: #94a3b8; --page: #0f172a; --rule: #243044; }
  mark, .legend li { background: var(--dark); }
}
@media print {
  body { padding: 0; max-width: none; font-size: 10.5pt; line-height: 1.75; }
  ol li { break-inside: avoid; content-visibility: visible; }
  mark, .legend li { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
)
