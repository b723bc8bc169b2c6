"""The annotation sets: ``$NER_HOME/annotations/<id>/``, where page, command line and runs meet.

Sets are created, found, listed, renamed and deleted here. Nothing is kept in memory.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from ner_core.annotations.annotation_set import AnnotationSet, missing
from ner_core.annotations.checks import checked_title
from ner_core.annotations.decisions import Decision
from ner_core.errors import AnnotationError, ConfigError
from ner_core.runs.store import home, slug
from ner_core.system import atomic, trash

KEPT_SECONDS = 600.0
"""That a deleted set can be brought back."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,80}")


def sets_dir() -> Path:
    """Return the folder of all sets; it exists once there has been one."""
    return home() / "annotations"


def create(
    title: str,
    types: Iterable[str] = (),
    owner: str | None = None,
    decisions: Iterable[Decision] = (),
    source: str = "",
) -> AnnotationSet:
    """Create a set, and return it. Its id is made of the title.

    ``owner`` is the Hub user who makes it, None where nobody is signed in. It begins with
    ``decisions``, which were made at ``source``. Raises AnnotationError if the title cannot be one,
    ConfigError if the sets cannot be written.
    """
    title = checked_title(title)
    try:
        sets_dir().mkdir(parents=True, exist_ok=True)
        for wanted in _ids(title):
            made = AnnotationSet(wanted, sets_dir() / wanted)
            if made.path.exists():
                continue
            with atomic.staged(made.path, replace=False) as staging:
                _fill(AnnotationSet(wanted, staging), title, owner, types, decisions, source)
            return made
    except OSError as error:
        raise ConfigError(
            f"Can't write annotation sets to {sets_dir()}: {error.strerror}. Set NER_HOME to "
            "another folder."
        ) from None
    raise AssertionError  # _ids never ends


def _fill(
    made: AnnotationSet,
    title: str,
    owner: str | None,
    types: Iterable[str],
    decisions: Iterable[Decision],
    source: str,
) -> None:
    made.path.mkdir()
    made.lock_path.touch()
    made.decisions_path.touch()
    made.title_path.write_text(f"{title}\n", encoding="utf-8")
    if owner:
        made.owner_path.write_text(f"{owner}\n", encoding="utf-8")
    if named := list(types):
        made.name_types(named)
    if taken := list(decisions):
        made.merge(taken, source)


def _ids(title: str) -> Iterator[str]:
    """Yield ids for a title, one after the other: the title itself, then with something added."""
    plain = slug(title.replace(".", " ").replace("/", " "), 60)
    yield plain
    while True:
        yield f"{plain}-{secrets.token_hex(2)}"


def get(set_id: str) -> AnnotationSet:
    """Return the set with this id. Raises AnnotationError if there is none."""
    found = AnnotationSet(set_id, sets_dir() / set_id)
    try:
        if _ID.fullmatch(set_id) and found.lock_path.is_file():
            return found
    except OSError:  # a folder that may not be opened
        pass
    raise missing(set_id)


def list_sets() -> list[AnnotationSet]:
    """Return all sets, by their titles."""
    try:
        ids = [entry.name for entry in sets_dir().iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [AnnotationSet(one, sets_dir() / one) for one in ids if _ID.fullmatch(one)]
    there = [one for one in found if one.lock_path.is_file()]
    return sorted(there, key=lambda one: (one.title.casefold(), one.id))


def rename(found: AnnotationSet, title: str) -> str:
    """Set the name that people read of a set, and return it. Its id stays as it is.

    Raises AnnotationError if the title cannot be one, or can't be written.
    """
    title = checked_title(title)
    try:
        atomic.write_text(found.title_path, f"{title}\n")
    except OSError as error:
        raise AnnotationError(f"Can't rename the set {found.title}: {error.strerror}.") from None
    return title


def delete(found: AnnotationSet) -> None:
    """Delete a set so that ``restore`` can bring it back. Raises AnnotationError if it can't be."""
    try:
        trash.put_aside(found.path)
    except FileNotFoundError:
        raise missing(found.id) from None
    except OSError as error:
        raise AnnotationError(f"Can't delete the set {found.title}: {error.strerror}.") from None
    sweep()


def find_deleted(set_id: str) -> AnnotationSet:
    """Return a deleted set, for ``restore``. Raises AnnotationError if it is gone."""
    found = trash.find(sets_dir(), set_id)
    if found is None:
        raise not_restorable()
    return AnnotationSet(set_id, found)


def not_restorable() -> AnnotationError:
    """Return the error that says that a deleted set is gone."""
    return AnnotationError("This set can't be brought back any more: its files were deleted.")


def restore(deleted: AnnotationSet) -> AnnotationSet:
    """Bring a deleted set back. Raises AnnotationError if it is gone, or its id is taken."""
    target = sets_dir() / deleted.id
    if target.exists():
        raise AnnotationError(
            f"This set can't be brought back: there is another one with the id {deleted.id}. "
            "Delete that one first."
        )
    try:
        deleted.path.rename(target)
    except OSError:  # swept or restored by somebody else
        raise not_restorable() from None
    return AnnotationSet(deleted.id, target)


def sweep() -> None:
    """Delete the files of sets that were deleted ``KEPT_SECONDS`` ago."""
    trash.sweep(sets_dir(), KEPT_SECONDS)
