"""The name of an annotation set as a source of data: ``annotations:my-set``.

``annotations:my-set@4096`` is the set as it was when its file had so many bytes: since the file
only grows, this always means the same data.
"""

from typing import NamedTuple

PREFIX = "annotations:"


class Address(NamedTuple):
    """The id of a set, and the size in bytes that its file is read to; None: all there is."""

    set_id: str
    size: int | None = None

    def __str__(self) -> str:
        """Return the address as a source of data."""
        return f"{PREFIX}{self.set_id}" + ("" if self.size is None else f"@{self.size}")


def parse(source: str) -> Address | None:
    """Return the address of an annotation set, None if a source is none.

    >>> parse("annotations:menus@4096"), parse("annotations:menus"), parse("owner/name")
    (Address(set_id='menus', size=4096), Address(set_id='menus', size=None), None)
    """
    if not source.startswith(PREFIX):
        return None
    set_id, _, size = source.removeprefix(PREFIX).partition("@")
    return Address(set_id, int(size) if size.isascii() and size.isdecimal() else None)
