"""Why a worker ended without a word, as far as what it left behind can tell, and the way on."""

import shutil
from collections.abc import Mapping
from typing import Any

from ner_core import checkpoints, machine
from ner_core.events import Event
from ner_core.runs import Run

_FULL_BELOW = 32 * 2**20
_NEAR_LIMIT = 0.9


def why_interrupted(run: Run, started: Event | None, progress: Mapping[str, Any]) -> str:
    """Say in two sentences why a run was interrupted and how it goes on.

    ``started`` and ``progress`` are the last events of these kinds, as far as there are any.
    """
    before = started.data.get("machine", {}) if started else {}
    last = checkpoints.newest(run.path / "checkpoints")
    where = f"from step {last.step:,}" if last else "from the beginning"
    if _disk_is_full(run):
        return f"The disk is full, and the worker ended. Make room, then resume the run {where}."
    if _memory_ran_out(before, progress):
        return (
            "The memory ran out, and the system ended the worker. Close what else takes memory and "
            f"resume the run {where}, or start one with half the batch_size and twice the "
            "gradient_accumulation."
        )
    return (
        "The worker ended without a word: it was killed, or the machine restarted. "
        f"Resume the run {where}."
    )


def _disk_is_full(run: Run) -> bool:
    try:
        return shutil.disk_usage(run.path).free < _FULL_BELOW
    except OSError:
        return False


def _memory_ran_out(before: Mapping[str, Any], progress: Mapping[str, Any]) -> bool:
    kills = before.get("memory_kills")
    if kills is not None and machine.memory_kills() > kills:
        return True
    used, limit = progress.get("memory"), before.get("memory_limit")
    return bool(used and limit and used > _NEAR_LIMIT * limit)
