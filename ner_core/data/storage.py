"""Folders for the files that reading data leaves behind."""

import shutil
import tempfile
import weakref
from pathlib import Path


class Storage:
    """A folder for files of a corpus, deleted when nothing refers to this any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="ner-data-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
