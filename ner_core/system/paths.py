"""Paths that a person gave, which may be anything."""

import os
from pathlib import Path


def expand(text: str) -> Path:
    """Turn a text into a path, ``~`` expanded where it can be.

    ``Path.expanduser`` raises for a user that does not exist; here the text then stays as it is.
    """
    return Path(os.path.expanduser(text))  # noqa: PTH111


def exists(path: Path) -> bool:
    """Tell whether a path exists; one that cannot exist (too long, a NUL in it) does not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
