"""Where a run's checkpoints are, which are whole, and what they say beside weights and optimiser.

A checkpoint is a folder ``checkpoints/checkpoint-<step>`` as the Trainer writes it. It is whole
once ``run_state.json`` is in it, which is written last: what a kill left half written is never
resumed from. The best model so far is kept beside them, in ``checkpoints/best-<step>``.
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
    """A whole checkpoint: the optimiser steps it stands at, its folder, the run's own state."""

    step: int
    path: Path
    state: dict[str, Any]


def newest(folder: Path) -> Checkpoint | None:
    """Find the latest whole checkpoint in ``checkpoints/``, None if there is none."""
    found = [read(path) for path in folder.glob("checkpoint-*")]
    return max(
        (checkpoint for checkpoint in found if checkpoint is not None),
        key=lambda checkpoint: checkpoint.step,
        default=None,
    )


def read(path: Path) -> Checkpoint | None:
    """Read one checkpoint, None if it is not whole."""
    name = _NAME.fullmatch(path.name)
    if name is None:
        return None
    try:
        state = json.loads((path / STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Checkpoint(int(name[1]), path, state) if isinstance(state, dict) else None


def best_folder(folder: Path, step: int) -> Path:
    """Give the place of the best model so far, found at this step."""
    return folder / f"best-{step}"


def prune(folder: Path, keep: Checkpoint | None) -> None:
    """Delete everything but one checkpoint and the best model that it speaks of."""
    kept = set()
    if keep is not None:
        kept.add(keep.path.name)
        if keep.state.get("best"):
            kept.add(best_folder(folder, keep.state["best"]["step"]).name)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)
