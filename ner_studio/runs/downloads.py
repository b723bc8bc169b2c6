"""Where the files of a run are put for download.

The page serves the exports folder to anybody who has the address of a file. Where visitors may not
see all runs, each owner of runs has a folder whose name cannot be guessed.
"""

import hashlib
import hmac
import os
from pathlib import Path

from ner_core.runs.export import exports_dir
from ner_core.runs.run import Run
from ner_studio.base import rights


def folder_of(run: Run) -> Path:
    """Return the folder that a run is exported to."""
    folder = exports_dir()
    if rights.training() == "anyone":
        return folder
    secret = os.environ.get("OAUTH_CLIENT_SECRET", "")  # without it nobody sees any run
    owner = f"exports of {rights.owner_of(run)}"
    return folder / hmac.new(secret.encode(), owner.encode(), hashlib.sha256).hexdigest()[:40]
