"""Which annotation sets a visitor has; the rights are those of runs, see ``rights.py``.

Where people sign in, a set belongs to the visitor who made it, and for all others but the owner of
the Space it does not exist. A set that was made without signing in belongs to that owner.
"""

import threading
from collections.abc import Iterable

from ner_core.annotations import store as annotation_sets
from ner_core.annotations.annotation_set import AnnotationSet, missing
from ner_core.annotations.checks import checked_title
from ner_studio.base import rights
from ner_studio.base.rights import RightsError, Visitor

_creating = threading.Lock()


def owner_of(found: AnnotationSet) -> str | None:
    """Return the owner of a set: that of the Space if it was made without signing in."""
    return found.owner or rights.space_owner()


def may_save(visitor: Visitor | None = None) -> bool:
    """Return whether a visitor, by default the current one, may save annotations."""
    return rights.may_train(visitor)


def visible_sets() -> list[AnnotationSet]:
    """Return the sets that the current visitor sees, by their titles."""
    visitor = rights.current_visitor()
    return [
        one
        for one in annotation_sets.list_sets()
        if rights.sees_all(visitor) or _is_own(one, visitor)
    ]


def own_sets() -> list[AnnotationSet]:
    """Return the sets that the current visitor finds by their titles.

    The owner of a Space sees those of others, too, but must not write to one by its title.
    """
    visitor = rights.current_visitor()
    for_all = rights.training() == "anyone"
    return [one for one in annotation_sets.list_sets() if for_all or _is_own(one, visitor)]


def find_set(set_id: str) -> AnnotationSet:
    """Return a set of the current visitor.

    Raises the same AnnotationError whether the set does not exist or belongs to somebody else.
    """
    found, visitor = annotation_sets.get(set_id), rights.current_visitor()
    if not (rights.sees_all(visitor) or _is_own(found, visitor)):
        raise missing(set_id)
    return found


def find_deleted(set_id: str) -> AnnotationSet:
    """Return a set of the current visitor that was deleted and can still be brought back.

    Raises the same AnnotationError whether there is none or it belongs to somebody else.
    """
    found, visitor = annotation_sets.find_deleted(set_id), rights.current_visitor()
    if not (rights.sees_all(visitor) or _is_own(found, visitor)):
        raise annotation_sets.not_restorable()
    return found


def find_titled(title: str) -> AnnotationSet | None:
    """Return the current visitor's own set with this title; None if there is none."""
    return next((one for one in own_sets() if one.title == title), None)


def open_titled(title: str, types: Iterable[str]) -> AnnotationSet:
    """Return the current visitor's own set with this title, made now if there is none.

    A new one has these ``types``. Raises AnnotationError if the title cannot be one.
    """
    title = checked_title(title)
    with _creating:  # two pages may ask at the same time
        return find_titled(title) or annotation_sets.create(
            title, types, owner=rights.current_visitor().name
        )


def check_saving() -> None:
    """Raise RightsError, with what to do, if the current visitor may not save annotations."""
    visitor = rights.current_visitor()
    if not may_save(visitor):
        raise RightsError(rights.why_not(visitor, "save annotations"))


def _is_own(found: AnnotationSet, visitor: Visitor) -> bool:
    return visitor.name is not None and visitor.name == owner_of(found)
