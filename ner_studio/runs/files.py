"""Where the files of a run lie while somebody downloads them.

The page serves the folder of the exports to whoever has a file's address. Where not everybody may
see every run, the address is one that cannot be guessed: a folder for each owner of runs.
"""

import hashlib
import hmac
import os
from pathlib import Path

import ner_core
from ner_core.runs.run import Run
from ner_studio.base import rights


def folder_of(run: Run) -> Path:
    """Give the folder that a run is exported to."""
    folder = ner_core.exports_dir()
    if rights.training() == "anyone":
        return folder
    secret = os.environ.get("OAUTH_CLIENT_SECRET", "")  # without one nobody sees a run
    owner = f"exports of {rights.owner_of(run)}"
    return folder / hmac.new(secret.encode(), owner.encode(), hashlib.sha256).hexdigest()[:40]
