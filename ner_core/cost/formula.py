"""What a run costs, computed from what was measured of it: arithmetic only."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ner_core.config import TrainConfig
from ner_core.training.plan import automatic_epochs


@dataclass(frozen=True)
class Cost:
    """What a run takes on this machine.

    ``seconds`` is from pressing Start to the finished run: reading, starting the worker, training,
    evaluations, checkpoints and the final scores. ``memory_bytes`` is the peak where memory is
    scarce, on the GPU or here, and ``memory_free`` what is free there now. ``steps``, ``epochs``
    and ``learning_rate`` are the settings as they are decided for these data.
    """

    seconds: float
    memory_bytes: int
    memory_free: int
    steps: int
    epochs: float
    learning_rate: float


@dataclass(frozen=True)
class Measurement:
    """What was measured of a run's settings on this machine; times in seconds.

    ``reading`` is reading the data once, as is done before a run is created, ``starting`` a
    process with its imports, ``preparing`` all that a worker does before its first step, and what
    that step takes longer than others. ``epoch`` is the steps of one epoch, ``evaluation`` one on
    all ``sentences`` of the validation part. ``save`` is one checkpoint, ``keep`` putting the best
    model aside; while nothing else is due a checkpoint follows after ``save_every``. ``final`` is
    loading the finished model and scoring it. ``gpu_free`` is the memory that a run may take of a
    GPU, None where it computes on the processor. ``waited`` is the part of the time in which other
    processes had the core: with much of it the times say more about them than about the run.
    """

    reading: float
    starting: float
    preparing: float
    epoch: float
    evaluation: float
    sentences: int
    save: float
    save_every: float
    keep: float
    final: float
    memory: int
    gpu_free: int | None
    waited: float
    steps_per_epoch: int
    automatic_rate: float

    def as_json(self) -> dict[str, Any]:
        """Give the fields as they are kept in a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Any) -> "Measurement":
        """Take the fields from a file. Raises ValueError if they are not all there as numbers."""
        names = {field.name for field in fields(cls)}
        if not isinstance(values, Mapping) or set(values) != names:
            raise ValueError("not a measurement")
        for name, value in values.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and 0 <= value < math.inf) and (name != "gpu_free" or value is not None):
                raise ValueError(f"{name} is not a number")
        if not values["steps_per_epoch"]:
            raise ValueError("an epoch has steps")
        return cls(**values)


def cost_of(config: TrainConfig, measured: Measurement, memory_free: int) -> Cost:
    """Compute what a run of these settings takes; early stopping may end it sooner."""
    epochs = config.epochs or automatic_epochs(measured.steps_per_epoch, config.auto_steps)
    steps = max(1, math.ceil(epochs * measured.steps_per_epoch))
    training = measured.epoch * steps / measured.steps_per_epoch
    full, partial = evaluations(steps, measured.steps_per_epoch, config.evaluations)
    part = min(1.0, config.eval_sentences / max(1, measured.sentences))
    saves = full + partial + _saves_between(training, full + partial, measured.save_every)
    seconds = (
        measured.reading
        + measured.starting
        + measured.preparing
        + training
        + measured.evaluation * (full + part * partial)
        + measured.keep * (full + partial)
        + measured.save * saves
        + measured.final
    )
    return Cost(
        seconds=seconds,
        memory_bytes=measured.memory,
        memory_free=memory_free if measured.gpu_free is None else measured.gpu_free,
        steps=steps,
        epochs=epochs,
        learning_rate=config.learning_rate or measured.automatic_rate,
    )


def evaluations(steps: int, steps_per_epoch: int, wanted: int) -> tuple[int, int]:
    """Count a run's evaluations: full ones, at the ends of epochs, and those between them.

    >>> evaluations(20, 10, 8)  # every 2 steps, but at 10 and 20 a full one
    (2, 8)
    """
    every = max(1, steps // wanted)
    between = sum(1 for step in range(every, steps, every) if step % steps_per_epoch)
    return math.ceil(steps / steps_per_epoch), between


def _saves_between(training: float, evaluated: int, every: float) -> int:
    """Count the checkpoints that are due because the evaluations are far apart."""
    return evaluated * int(training / evaluated / every) if every else 0
