"""Why a run failed or was interrupted, as far as can be known, and what to do."""

import errno
import shutil
from collections.abc import Mapping
from typing import Any

from ner_core.counting import many
from ner_core.errors import NerError
from ner_core.runs import checkpoints
from ner_core.runs.events import Event
from ner_core.runs.run import Run
from ner_core.system import resources

_FULL_BELOW = 32 * 2**20
_NEAR_LIMIT = 0.9
_FAR, _FEW_STEPS, _FEW_ENTITIES = 5.0, 150, 50

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# What safetensors and torch say, whose errors have no number; torch counts what it has written.
_NO_ROOM = (
    "no space left",
    "file too large",
    "disk quota",
    "failed writing file",
    "unexpected pos",
)
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


def explain(error: Exception) -> tuple[str, int]:
    """Return what went wrong and what to do, and the exit code: 2 if the user can mend it, or 1."""
    if isinstance(error, NerError):
        return str(error), 2
    text = str(error).lower()
    if isinstance(error, MemoryError) or any(sign in text for sign in _NO_MEMORY):
        return (
            "Not enough memory. Start a run with half the batch_size and twice the "
            "gradient_accumulation, or with a smaller max_length.",
            2,
        )
    full = isinstance(error, OSError) and error.errno in _FULL
    if full or any(sign in text for sign in _NO_ROOM):
        return "The disk is full. Make room, then resume the run.", 2
    name = type(error).__name__
    return (
        f"Something went wrong in NER Studio and ended the run ({name}). See the run's output.log "
        "for details."
    ), 1


def why_interrupted(run: Run, started: Event | None, progress: Mapping[str, Any]) -> str:
    """Return two sentences on why a run was interrupted and how it goes on.

    ``started`` and ``progress`` are the last events of these kinds, as far as there are any.
    """
    before = started.data.get("machine", {}) if started else {}
    last = checkpoints.newest(run.checkpoints_dir)
    where = f"from step {last.step:,}" if last else "from the start"
    if _disk_is_full(run):
        return f"The disk is full, so the worker ended. Make room, then resume the run {where}."
    if _memory_ran_out(before, progress):
        return (
            "The machine ran out of memory, so the system ended the worker. Close other programs "
            f"and resume the run {where}, or start one with half the batch_size and twice the "
            "gradient_accumulation."
        )
    return (
        "The worker ended unexpectedly: something killed it, or the machine restarted. Resume the "
        f"run {where}."
    )


def why_nothing_is_found(
    steps: int, rate: float, usual_rate: float, entities: Mapping[str, int]
) -> str:
    """Return that a finished model finds no entity, and the likely reasons.

    ``usual_rate`` is the automatic learning rate for its encoder, ``entities`` those of train by
    type.
    """
    total = sum(entities.values())
    reasons = []
    if rate > _FAR * usual_rate:
        reasons.append(f"its learning rate of {rate:g} is too high (try {usual_rate:g})")
    if rate * _FAR < usual_rate:
        reasons.append(f"its learning rate of {rate:g} is too low (try {usual_rate:g})")
    if steps < _FEW_STEPS:
        reasons.append(f"{many(steps, 'step')} of training {_are(steps)} too few (try more epochs)")
    if total < _FEW_ENTITIES:
        reasons.append(f"{many(total, 'entity')} in train {_are(total)} too few (annotate more)")
    likely = "; ".join(reasons) or "the tags of train may be wrong (see the data check)"
    return f"The model finds no entities: it calls every word O. Likely reasons: {likely}."


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _disk_is_full(run: Run) -> bool:
    try:
        return shutil.disk_usage(run.path).free < _FULL_BELOW
    except OSError:
        return False


def _memory_ran_out(before: Mapping[str, Any], progress: Mapping[str, Any]) -> bool:
    kills = before.get("memory_kills")
    if kills is not None and resources.memory_kills() > kills:
        return True
    used, limit = progress.get("memory"), before.get("memory_limit")
    return bool(used and limit and used > _NEAR_LIMIT * limit)
