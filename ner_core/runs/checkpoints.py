"""The checkpoints of a run: which are complete, and what they hold beside weights and optimiser.

A checkpoint is a folder ``checkpoints/checkpoint-<step>`` as the Trainer writes it. It is complete
once ``run_state.json`` is in it, which is written last: a run is never resumed from what a killed
worker left unfinished. The best model so far is kept in ``checkpoints/best-<step>``.
"""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATE_NAME = "run_state.json"
_NAME = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint: the optimiser steps done, its folder, the run's own state."""

    step: int
    path: Path
    state: dict[str, Any]


def newest(folder: Path) -> Checkpoint | None:
    """Return the latest complete checkpoint in ``checkpoints/``, None if there is none."""
    found = [read(path) for path in folder.glob("checkpoint-*")]
    return max(
        (checkpoint for checkpoint in found if checkpoint is not None),
        key=lambda checkpoint: checkpoint.step,
        default=None,
    )


def read(path: Path) -> Checkpoint | None:
    """Return one checkpoint, None if it is not complete."""
    name = _NAME.fullmatch(path.name)
    if name is None:
        return None
    try:
        state = json.loads((path / STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Checkpoint(int(name[1]), path, state) if isinstance(state, dict) else None


def best_folder(folder: Path, step: int) -> Path:
    """Return the folder of the best model so far, if that is of this step."""
    return folder / f"best-{step}"


def prune(folder: Path, keep: Checkpoint | None) -> None:
    """Delete everything but one checkpoint and the best model that its state names."""
    kept = set()
    if keep is not None:
        kept.add(keep.path.name)
        if keep.state.get("best"):
            kept.add(best_folder(folder, keep.state["best"]["step"]).name)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)
