"""The tables of the Highlight tab: entities, entities of two models, sub-tokens.

The rows of a table are sent to the browser as data, and ``highlight_tables.js`` renders, filters
and sorts them: as markup, the rows of a long text would be megabytes with each key press. A row is
[text, type or tag, numbers in the order of the header]; each header cell is a button that sorts.
"""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ner_studio.base.markup import escape, readable

if TYPE_CHECKING:
    from ner_core.entities import Entity
    from ner_core.inference.token_view import SubToken

DIGITS = 6
"""Of scores that are sent to the browser, so that filters and tables use the same number."""

_HEADER = ("Entity", "Type", "Score", "Start", "End")
_SUB_TOKEN_HEADER = ("Sub-token", "Tag", "Score", "Index", "Start", "End")


def entity_table(entities: "Sequence[Entity]") -> str:
    """Return the table of the entities of a text."""
    rows = (
        [readable(e.text), readable(e.label), round(e.score, DIGITS), e.start, e.end]
        for e in entities
    )
    return _table("Entities", _HEADER, rows)


def compared_table(
    first: "Sequence[Entity]", second: "Sequence[Entity]", names: tuple[str, str]
) -> str:
    """Return the table of the entities of two models; one row for an entity that both find."""
    scores: dict[tuple[int, int, str], list[float | None]] = {}
    texts = {}
    for side, found in enumerate((first, second)):
        for entity in found:
            key = (entity.start, entity.end, entity.label)
            texts[key] = entity.text
            scores.setdefault(key, [None, None])[side] = round(entity.score, DIGITS)
    rows = (
        [readable(texts[key]), readable(key[2]), *scores[key], *key[:2]] for key in sorted(scores)
    )
    header = ("Entity", "Type", *(f"Score {name}" for name in names), "Start", "End")
    return _table("Entities", header, rows)


def sub_token_table(sub_tokens: "Sequence[SubToken]") -> str:
    """Return the table of the sub-tokens of a text, as transformers' ``ner`` pipeline prints them.

    It has the sub-tokens outside of entities, too, which that pipeline leaves out by default.
    """
    rows = (
        [
            *(readable(token.sub_token), readable(token.tag), round(token.score, DIGITS)),
            *(token.index, token.start, token.end),
        ]
        for token in sub_tokens
    )
    return _table("Tokens", _SUB_TOKEN_HEADER, rows)


def _table(label: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    cells = "".join(
        f'<th scope="col" aria-sort="none"{" class=text" if number == 1 else ""}>'
        f'<button type="button" data-do="sort">{escape(cell)}</button></th>'
        for number, cell in enumerate(header)
    )
    data = json.dumps(list(rows), ensure_ascii=False, separators=(",", ":"))
    return (
        f'<div class="hl-table" data-table="{label}" data-rows="{escape(data)}">'
        f'<div class="ner-scroll"><table class="ner-table" aria-label="{label}">'
        f"<thead><tr>{cells}</tr></thead><tbody></tbody></table></div>"
        '<p class="ner-quiet hl-rest" hidden><span></span> '
        '<button type="button" class="hl-button" data-do="more">Show more</button></p></div>'
    )
