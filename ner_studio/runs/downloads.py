"""Where the files of a run are put for download.

The page serves the exports folder to anybody who has the address of a file. Where visitors may not
see all runs, each owner of runs has a folder whose name cannot be guessed.
"""

import hashlib
import hmac
import os
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

from ner_core.runs.export import export_run, exports_dir
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


def offer(run: Run) -> Any:
    """Export a run and return the update of a ``gr.File`` that offers it. Raises a NerError."""
    files = export_run(run, folder_of(run))
    _serve(exports_dir())
    label = f"Files of {run.title}"
    return gr.update(value=[str(file) for file in files], visible=True, label=label)


@cache
def _serve(folder: Path) -> None:
    """Let Gradio serve the exports where they are; otherwise it would copy each model."""
    gr.set_static_paths([folder])
