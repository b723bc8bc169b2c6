"""How long a run keeps a lent GPU, computed before it starts, and what would fit into a limit.

Nothing can be measured there beforehand: a GPU that is lent to measure is an allowance spent. So
the time is computed from sizes, with figures that are slow on purpose for the GPU of ZeroGPU, half
of an H200. None of them was measured on that GPU: a run that asks for more time than it takes loses
nothing, one that asks for less is cut off.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ner_core.config import RECIPES, TrainConfig
from ner_core.cost.formula import evaluations
from ner_core.training.plan import automatic_epochs

FLOPS = 1e13
"""Operations a second that small batches come to, at the least."""
STEP_SECONDS, LAYER_SECONDS = 0.02, 0.004
"""What a step takes however small it is: its kernels are started one by one, layer by layer."""
SENTENCES = 2500
"""Sentences a second that are read, cut into windows, or compared with what was found."""
BYTES = 4e8
"""Bytes a second that a checkpoint is written with."""
STARTING_SECONDS = 20.0
MARGIN = 1.3
MEMORY = 70_000_000_000
"""Bytes of memory that ZeroGPU lends with its GPU."""

_SUB_TOKENS_A_WORD = 1.4
_SCORE_BATCH = 32
_LEAST_SENTENCES = 100
"""Fewer are not worth a proposal."""


@dataclass(frozen=True)
class Workload:
    """The sizes of data and encoder.

    ``train``, ``validation`` and ``scored`` are numbers of sentences, ``scored`` of validation and
    test together; ``words`` is the mean of a training sentence. ``layers``, ``width`` and
    ``vocabulary`` are the encoder's.
    """

    train: int
    validation: int
    scored: int
    words: float
    layers: int
    width: int
    vocabulary: int

    @property
    def weights(self) -> int:
        """The encoder's weights, without those of its embeddings."""
        return 12 * self.layers * self.width**2


@dataclass(frozen=True)
class GpuCost:
    """What a run takes on the lent GPU: ``seconds`` from getting it, ``training`` of them."""

    seconds: float
    training: float
    steps: int
    epochs: float
    memory_bytes: int

    def seconds_to_ask(self, done: int = 0) -> int:
        """Give the seconds to ask for, in tens, when so many steps are done already."""
        left = self.seconds - self.training * min(1.0, done / self.steps)
        return 10 * math.ceil(MARGIN * left / 10)


def gpu_cost(config: TrainConfig, load: Workload) -> GpuCost:
    """Compute what a run of these settings takes."""
    sentences = min(load.train, config.max_train or load.train)
    tokens = _SUB_TOKENS_A_WORD * load.words + 2
    windows = sentences * max(1.0, tokens / (config.max_length - config.overlap))
    steps_per_epoch = math.ceil(
        math.ceil(windows / config.batch_size) / config.gradient_accumulation
    )
    epochs = config.epochs or automatic_epochs(steps_per_epoch, config.auto_steps)
    steps = max(1, math.ceil(epochs * steps_per_epoch))

    longest = min(config.max_length, 2 * tokens)  # a batch is as long as its longest window
    operations = 2 * load.weights * longest
    started = STEP_SECONDS + LAYER_SECONDS * load.layers
    batch = started + 3 * operations * config.batch_size / FLOPS
    training = steps * config.gradient_accumulation * batch

    scoring = (started + operations * _SCORE_BATCH / FLOPS) / _SCORE_BATCH + 1 / SENTENCES
    full, partial = evaluations(steps, steps_per_epoch, config.evaluations)
    evaluated = full * load.validation + partial * min(load.validation, config.eval_sentences)

    parameters = load.weights + load.vocabulary * load.width
    saving = (full + partial) * 16 * parameters / BYTES  # weights, two moments, the best model
    reading = (load.train + load.scored + sentences) / SENTENCES
    activations = 140 * config.batch_size * longest * load.width * load.layers
    return GpuCost(
        seconds=STARTING_SECONDS
        + reading
        + training
        + scoring * (evaluated + load.scored)
        + saving,
        training=training,
        steps=steps,
        epochs=epochs,
        memory_bytes=int(16 * parameters + activations),
    )


def what_fits(config: TrainConfig, load: Workload, limit: int) -> list[str]:
    """Say which changes of the settings would each make a run that fits into so many seconds.

    Empty if none does. Each is one setting with its value, as the command line takes it.
    """

    def fits(**changes: object) -> bool:
        return gpu_cost(config.model_copy(update=changes), load).seconds_to_ask() <= limit

    found = []
    if config.recipe != "quick" and fits(epochs=None, **RECIPES["quick"]):
        found.append("recipe quick")
    most = min(load.train, config.max_train or load.train)
    number = _round_down(_largest(most, lambda number: fits(max_train=number)))
    if number >= _LEAST_SENTENCES and fits(max_train=number):
        found.append(f"max_train {number}")
    whole = math.ceil(gpu_cost(config, load).epochs) - 1
    if epochs := _largest(whole, lambda epochs: fits(epochs=epochs)):
        found.append(f"epochs {epochs}")
    return found


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """Give the largest number up to ``most`` that fits, where smaller ones fit too; 0 if none."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _round_down(number: int) -> int:
    """Leave two digits of a number.

    >>> _round_down(4_291), _round_down(87)
    (4200, 87)
    """
    step = int(10 ** max(0, len(str(number)) - 2))
    return number // step * step
