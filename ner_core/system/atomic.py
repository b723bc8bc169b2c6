"""Write a file or a folder so that it is there whole or not at all.

It is written beside its place and renamed into it. A reader sees what was there before or what is
there now, and never a part of it; a write that fails or is killed changes nothing.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = ".ner-writing-"


@contextmanager
def staged(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """Yield a place beside ``path`` for a file or a folder; rename it to ``path`` at the end.

    If the block raises, what it wrote is deleted. With ``replace`` a folder at ``path`` makes way
    as a file does; without, the rename raises OSError if a folder with anything in it is there.
    The folder around ``path`` has to exist.
    """
    # In a folder of its own: a longer name could be too long, and nobody else can write there.
    with tempfile.TemporaryDirectory(
        prefix=_PREFIX, dir=path.parent, ignore_cleanup_errors=True
    ) as around:
        staging = Path(around) / "complete"
        yield staging
        if replace and staging.is_dir() and path.is_dir():
            path.rename(Path(around) / "before")
        staging.rename(path)


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8; see ``staged``."""
    with staged(path) as staging:
        staging.write_text(text, encoding="utf-8")


def delete_leftovers(folder: Path, older_than: float = 0.0) -> None:
    """Delete what writes that were killed left in a folder, if it is this many seconds old.

    A write that is under way is not told from one that was killed: call it with 0 only where
    nobody else writes.
    """
    for path in folder.glob(f"{_PREFIX}*"):
        try:
            age = time.time() - path.stat().st_mtime
        except OSError:
            continue
        if age >= older_than:
            shutil.rmtree(path, ignore_errors=True)
