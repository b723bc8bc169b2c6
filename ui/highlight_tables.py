"""The tables of the Highlight tab: entities, entities of two models, sub-tokens.

Each row carries the label and the score by which ``highlight.js`` filters it, and each header cell
is a button by which it sorts.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ui.markup import dot, escape

if TYPE_CHECKING:
    from ner_core import Entity, SubToken

MOST_ROWS = 500

_HEADER = ("Entity", "Type", "Score", "Start", "End")
_SUB_TOKEN_HEADER = ("Sub-token", "Tag", "Score", "Index", "Start", "End")
_PREFIX = re.compile(r"[BIESLUM]-")


def entity_table(entities: "Sequence[Entity]") -> str:
    """List the entities of a text."""
    rows = [
        _row(e.label, e.score, _named(e), f"{e.score:.3f}", str(e.start), str(e.end))
        for e in entities[:MOST_ROWS]
    ]
    return _table("Entities", _HEADER, rows, len(entities), "entities")


def compared_table(
    first: "Sequence[Entity]", second: "Sequence[Entity]", names: tuple[str, str]
) -> str:
    """List the entities that two models find: what both say alike is one row with both scores."""
    scores: dict[tuple[int, int, str], list[float | None]] = {}
    entities = {}
    for side, found in enumerate((first, second)):
        for entity in found:
            key = (entity.start, entity.end, entity.label)
            entities[key] = entity
            scores.setdefault(key, [None, None])[side] = entity.score
    rows = []
    for key in sorted(scores)[:MOST_ROWS]:
        best = max(score for score in scores[key] if score is not None)
        both = [_score_cell(score) for score in scores[key]]
        entity = entities[key]
        rows.append(_row(key[2], best, _named(entity), *both, str(entity.start), str(entity.end)))
    header = ("Entity", "Type", *(f"Score {name}" for name in names), "Start", "End")
    return _table("Entities", header, rows, len(scores), "entities")


def sub_token_table(sub_tokens: "Sequence[SubToken]") -> str:
    """List the sub-tokens of a text as transformers' plain ``ner`` pipeline prints them.

    Those outside entities are there as well, since that pipeline leaves them out on request only.
    """
    rows = []
    for token in sub_tokens[:MOST_ROWS]:
        label = "" if token.tag == "O" else _PREFIX.sub("", token.tag, count=1)
        shown = f"<td><bdi>{escape(token.sub_token)}</bdi></td>"
        tag = f'<td class="text">{dot(label) if label else ""}<bdi>{escape(token.tag)}</bdi></td>'
        figures = (f"{token.score:.3f}", str(token.index), str(token.start), str(token.end))
        rows.append(_row(label, token.score, shown + tag, *figures))
    return _table("Tokens", _SUB_TOKEN_HEADER, rows, len(sub_tokens), "sub-tokens")


def _named(entity: "Entity") -> str:
    return (
        f'<td dir="auto">{dot(entity.label)}{escape(entity.text)}</td>'
        f'<td class="text"><bdi>{escape(entity.label)}</bdi></td>'
    )


def _score_cell(score: float | None) -> str:
    """Give a cell that is switched off by its own score, not by its row's."""
    return "<td>–</td>" if score is None else f'<td data-score="{score:.4f}">{score:.3f}</td>'


def _row(label: str, score: float, first: str, *cells: str) -> str:
    """Give a row; ``first`` and those of ``cells`` that begin with a tag are cells already."""
    kind = f'data-label="{escape(label)}" data-score="{score:.4f}"' if label else 'class="o"'
    rest = "".join(cell if cell.startswith("<") else f"<td>{cell}</td>" for cell in cells)
    return f"<tr {kind}>{first}{rest}</tr>"


def _table(label: str, header: Sequence[str], rows: Sequence[str], found: int, noun: str) -> str:
    cells = "".join(
        f'<th scope="col" aria-sort="none"{" class=text" if number == 1 else ""}>'
        f'<button type="button" data-do="sort">{escape(cell)}</button></th>'
        for number, cell in enumerate(header)
    )
    note = ""
    if found > len(rows):
        note = (
            f'<p class="ner-quiet">The first {len(rows):,} of {found:,} {noun} are listed; '
            f"{found - len(rows):,} are left out.</p>"
        )
    return (
        f'<div class="hl-table" data-table="{label}"><div class="ner-scroll">'
        f'<table class="ner-table" aria-label="{label}">'
        f"<thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>{note}</div>"
    )
