"""The colours of entity types: always the same for a type, and different within a model."""

import zlib
from collections.abc import Iterable
from typing import NamedTuple


class Colour(NamedTuple):
    """The colour of an entity type: the background in light and in dark mode, and a line."""

    light: str
    dark: str
    line: str


# Hues that colour-blind people can tell apart (after Okabe and Ito 2008).
PALETTE = (
    Colour("#d3e8f7", "#123a57", "#0072b2"),
    Colour("#fbe6c2", "#573a08", "#c98500"),
    Colour("#cdeee2", "#0b4234", "#009e73"),
    Colour("#f6dbea", "#541f40", "#c5609a"),
    Colour("#fadccb", "#5a2306", "#d55e00"),
    Colour("#e2dcf5", "#33275c", "#7a5fc9"),
    Colour("#dcf1f7", "#0d4654", "#2c9ab7"),
    Colour("#efeecb", "#46440c", "#948f00"),
)
_KNOWN = {"PER": 0, "ORG": 1, "LOC": 2, "MISC": 3}
_ALIASES = {
    "PERSON": "PER",
    "ORGANIZATION": "ORG",
    "ORGANISATION": "ORG",
    "LOCATION": "LOC",
    "GPE": "LOC",
    "MISCELLANEOUS": "MISC",
}


class EntityColours(dict[str, int]):
    """The index into PALETTE of each entity type, given the types of one or more models.

    The types of one model have different colours as long as there are enough. A type has its
    default index if no other type has it, otherwise the next free one; the common types (PER, ORG,
    LOC, MISC) keep theirs. A type of several models keeps the colour that it got first. A type that
    was not given has its default index.

    >>> EntityColours(["PER", "Chemical", "Disease"])
    {'PER': 0, 'Chemical': 5, 'Disease': 6}
    >>> EntityColours(["person", "location"]), EntityColours()["ORG"]
    ({'location': 2, 'person': 0}, 1)
    """

    def __init__(self, *models: Iterable[str]) -> None:
        super().__init__()
        for types in models:
            self._add(set(types))

    def __missing__(self, label: str) -> int:
        return _default(label)

    def _add(self, types: set[str]) -> None:
        elsewhere = set(self.values())
        here = {self[label] for label in types if label in self}
        new = sorted(types.difference(self), key=lambda label: (_rank(label), label))
        moved = []
        for label in new:
            if _default(label) in elsewhere | here:
                moved.append(label)
            else:
                self[label] = _default(label)
                here.add(self[label])
        for label in moved:
            own = _default(label)
            numbers = [(own + more) % len(PALETTE) for more in range(len(PALETTE))]
            free = [number for number in numbers if number not in here]
            quite_free = [number for number in free if number not in elsewhere]
            self[label] = [*quite_free, *free, own][0]
            here.add(self[label])


def _default(label: str) -> int:
    """Return the default index of a type, which does not depend on other types."""
    name = label.upper()
    known = _KNOWN.get(_ALIASES.get(name, name))
    return zlib.crc32(label.encode("utf-8", "replace")) % len(PALETTE) if known is None else known


def _rank(label: str) -> int:
    """Return which types choose first: GPE has the colour of LOC, but only if there is no LOC."""
    name = label.upper()
    return 0 if name in _KNOWN else 1 if name in _ALIASES else 2
