"""Paths that a user typed, which may be anything."""

import os
from pathlib import Path


def expand(text: str) -> Path:
    """Return a text as a path, with ``~`` expanded.

    ``Path.expanduser`` raises for a user that does not exist; here the text stays as it is.
    """
    return Path(os.path.expanduser(text))  # noqa: PTH111


def exists(path: Path) -> bool:
    """Return whether a path exists; False if it is not valid (too long, a NUL in it)."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
