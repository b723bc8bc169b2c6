"""The types for a split that can be read, and for where it is on the Hub."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ner_core.data.readers.sentence import Record


@dataclass(frozen=True)
class HubOrigin:
    """Where data are on the Hub: repository, configuration, and the commit that is read (revision).

    ``languages`` are those that the dataset's card names.
    """

    repo: str
    config: str
    revision: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class SplitSource:
    """A split of a source. ``read`` can be called several times.

    ``name`` is its name for people (a file's name), ``format`` the name of its format, ``unit``
    what its places are counted in (``line``, ``row``), ``hub`` where it is on the Hub, None for
    files. ``fingerprint`` returns a text that changes with the content, empty if the content can
    change without notice, and raises OSError if it cannot be read. ``storage`` has the files that
    were made to be read, and is kept as long as this.
    """

    name: str
    format: str
    unit: str
    read: Callable[[], Iterator[Record]] = field(repr=False, compare=False)
    fingerprint: Callable[[], str] = field(repr=False, compare=False)
    hub: HubOrigin | None = None
    storage: tuple[object, ...] = field(default=(), repr=False, compare=False)
