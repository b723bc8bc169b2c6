"""A split of a source, which can be read again and again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ner_core.data.readers.sentence import Record


@dataclass(frozen=True)
class HubOrigin:
    """Where on the Hub data lie: repository, configuration, the commit that is read (revision).

    ``languages`` are those that the dataset's card names.
    """

    repo: str
    config: str
    revision: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class SplitSource:
    """One split of a source, which can be read again and again.

    ``name`` is what people call it (a file's name), ``format`` its format's name, ``unit`` what
    places in it are counted in (``line``, ``row``), ``hub`` where it is on the Hub, if it is.
    ``fingerprint`` returns a text that is another one when the content is; an empty one where that
    cannot be told. It raises OSError if the content cannot be read.
    """

    name: str
    format: str
    unit: str
    read: Callable[[], Iterator[Record]] = field(repr=False, compare=False)
    fingerprint: Callable[[], str] = field(repr=False, compare=False)
    hub: HubOrigin | None = None
