"""The formula of the estimate: the time and memory of a run, from measurements of its parts."""

import math
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, PositiveInt

from ner_core.config import TrainConfig
from ner_core.training.plan import automatic_epochs


@dataclass(frozen=True)
class Cost:
    """What a run takes.

    ``seconds`` is the time from pressing Start to the final scores. ``memory_bytes`` is the peak of
    memory, on the GPU if there is one, and ``memory_free`` what is free there now. ``steps``,
    ``epochs`` and ``learning_rate`` are known here also where they are chosen automatically.
    """

    seconds: float
    memory_bytes: int
    memory_free: int
    steps: int
    epochs: float
    learning_rate: float


class Measurement(BaseModel):
    """The parts of a run; times in seconds, memory in bytes.

    ``fixed`` is what a run takes once: reading the data and starting before its first step, loading
    and scoring the finished model after its last. ``epoch`` is one pass over the training data,
    ``evaluation`` one on all ``sentences`` of the validation part, ``save`` one checkpoint with the
    best model, which follows each evaluation, and ``save_every`` seconds of training (0: never).
    ``gpu_free`` is the memory that a run may use on the GPU, None on the CPU. ``cpu_wait`` is the
    share of the time in which other work had the CPU.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    fixed: NonNegativeFloat
    epoch: NonNegativeFloat
    evaluation: NonNegativeFloat
    sentences: NonNegativeInt
    save: NonNegativeFloat
    save_every: NonNegativeFloat
    memory: NonNegativeInt
    gpu_free: NonNegativeInt | None
    cpu_wait: NonNegativeFloat
    steps_per_epoch: PositiveInt
    automatic_rate: NonNegativeFloat


def cost_of(config: TrainConfig, measured: Measurement, memory_free: int) -> Cost:
    """Return what a run of these settings takes; with early stopping it may take less."""
    epochs = config.epochs or automatic_epochs(measured.steps_per_epoch, config.auto_steps)
    steps = max(1, math.ceil(epochs * measured.steps_per_epoch))
    training = measured.epoch * steps / measured.steps_per_epoch
    full, partial = evaluations(steps, measured.steps_per_epoch, config.evaluations)
    part = min(1.0, config.eval_sentences / max(1, measured.sentences))
    saves = full + partial
    if measured.save_every:
        saves *= 1 + int(training / saves / measured.save_every)
    evaluating = measured.evaluation * (full + part * partial)
    return Cost(
        seconds=measured.fixed + training + evaluating + measured.save * saves,
        memory_bytes=measured.memory,
        memory_free=memory_free if measured.gpu_free is None else measured.gpu_free,
        steps=steps,
        epochs=epochs,
        learning_rate=config.learning_rate or measured.automatic_rate,
    )


def evaluations(steps: int, steps_per_epoch: int, wanted: int) -> tuple[int, int]:
    """Return the number of full evaluations, at the ends of epochs, and of those between them.

    >>> evaluations(20, 10, 8)  # every 2 steps, but at 10 and 20 a full one
    (2, 8)
    """
    every = max(1, steps // wanted)
    between = sum(1 for step in range(every, steps, every) if step % steps_per_epoch)
    return math.ceil(steps / steps_per_epoch), between
