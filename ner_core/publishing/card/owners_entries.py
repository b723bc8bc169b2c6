"""The entries at the top of a card that its owner wrote, and that a new card takes over."""

from collections.abc import Collection, Mapping
from typing import Any


def kept_entries(
    before: Mapping[str, Any],
    known: Mapping[str, Any],
    generated: Collection[str],
    put_there: Mapping[str, Collection[str]],
) -> dict[str, Any]:
    """Return what is taken over from the card before: what its owner wrote, as far as that shows.

    ``known`` are entries of the new card that the owner may have said otherwise, ``generated`` the
    names of those that are always new. ``put_there`` has by name what earlier cards of ours may
    have in lists: to these lists the owner's other items are added.
    """
    found = {}
    for name, value in before.items():
        if name in generated or value is None:
            continue
        own, earlier = as_list(known.get(name)), as_list(value)
        if name in put_there:
            more = [one for one in earlier if one not in own and one not in put_there[name]]
            if more:
                found[name] = [*own, *more]
        elif earlier != own:
            found[name] = value
    return found


def as_list(value: Any) -> list[Any]:
    """Return an entry as a list: one language or tag may stand by itself."""
    return value if isinstance(value, list) else [] if value is None else [value]
