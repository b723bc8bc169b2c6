"""The seconds of GPU that a run asks of ZeroGPU, and what to change if they exceed the allowance.

They are computed from the sizes of data and encoder: measuring would use up the visitor's
allowance. The constants are slow on purpose for ZeroGPU's half of an H200, where none of them was
measured: a run that asks for too many seconds loses nothing, one that asks for too few is cut off.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass

from ner_core.config import TrainConfig
from ner_core.cost.formula import Measurement, cost_of
from ner_core.data.corpus import Corpus, load_data
from ner_core.data.readers.sentence import ReadOptions
from ner_core.errors import ConfigError
from ner_core.models import hub
from ner_core.models.sources import ModelSource
from ner_core.recipes import RECIPES
from ner_core.runs import checkpoints
from ner_core.runs.run import Run
from ner_core.system import zero_gpu
from ner_core.training.learning_rate import default_learning_rate

FLOPS = 1e13  # floating-point operations per second, with small batches
STEP_SECONDS, LAYER_SECONDS = 0.02, 0.004  # of a step, however small, and of each layer in it
SENTENCES = 2500  # per second: read, cut into windows, or scored
BYTES = 4e8  # per second: written to a checkpoint
MEMORY = 70_000_000_000  # bytes
STARTING_SECONDS = 20.0
MARGIN = 1.3

_SUB_TOKENS_PER_WORD = 1.4
_SCORE_BATCH = 32
_SAMPLE = 2000  # sentences whose words are counted
_MIN_SENTENCES = 100  # the smallest max_train that is proposed


@dataclass(frozen=True)
class Sizes:
    """The sizes of data and encoder, and the learning rate that is chosen for it.

    ``train``, ``validation`` and ``scored`` (validation and test) are numbers of sentences,
    ``words`` is the mean length of a training sentence.
    """

    train: int
    validation: int
    scored: int
    words: float
    layers: int
    width: int
    vocabulary: int
    automatic_rate: float = 0.0


def sizes_of(config: TrainConfig, model: ModelSource, corpus: Corpus | None = None) -> Sizes:
    """Return the sizes; reads the data if they are not given."""
    from ner_core.models import loading  # late: loads torch

    if corpus is None:
        corpus = load_data(config.data, config.seed, ReadOptions.of_config(config))
    rows = corpus.dataset.num_rows
    train = corpus.dataset["train"]
    sample = train.shuffle(seed=0).select(range(min(_SAMPLE, train.num_rows)))
    encoder = loading.load_config(hub.located(model, weights=False))
    return Sizes(
        train=rows["train"],
        validation=rows["validation"],
        scored=rows["validation"] + rows.get("test", 0),
        words=sum(map(len, sample["tokens"])) / sample.num_rows,
        layers=int(getattr(encoder, "num_hidden_layers", 24)),
        width=int(getattr(encoder, "hidden_size", 1024)),
        vocabulary=int(getattr(encoder, "vocab_size", 250_000)),
        automatic_rate=default_learning_rate(encoder, adapter=config.lora_rank > 0),
    )


def computed(config: TrainConfig, sizes: Sizes) -> Measurement:
    """Return what would be measured on ZeroGPU, computed."""
    sentences = min(sizes.train, config.max_train or sizes.train)
    tokens = _SUB_TOKENS_PER_WORD * sizes.words + 2
    windows = sentences * max(1.0, tokens / (config.max_length - config.overlap))
    steps = math.ceil(math.ceil(windows / config.batch_size) / config.gradient_accumulation)
    weights = 12 * sizes.layers * sizes.width**2  # without the embeddings
    parameters = weights + sizes.vocabulary * sizes.width
    longest = min(config.max_length, 2 * tokens)  # a batch is as long as its longest window
    window = 2 * weights * longest / FLOPS
    launch = STEP_SECONDS + LAYER_SECONDS * sizes.layers
    batch = launch + 3 * window * config.batch_size
    scoring = launch / _SCORE_BATCH + window + 1 / SENTENCES
    reading = (sizes.train + sizes.scored + sentences) / SENTENCES
    activations = 140 * config.batch_size * longest * sizes.width * sizes.layers
    return Measurement(
        fixed=STARTING_SECONDS + reading + scoring * sizes.scored,
        epoch=steps * config.gradient_accumulation * batch,
        evaluation=scoring * sizes.validation,
        sentences=sizes.validation,
        save=16 * parameters / BYTES,  # weights, two moments, the best model
        save_every=0.0,
        memory=int(16 * parameters + activations),
        gpu_free=MEMORY,
        cpu_wait=0.0,
        steps_per_epoch=steps,
        automatic_rate=sizes.automatic_rate,
    )


def seconds_to_ask(config: TrainConfig, sizes: Sizes, done: int = 0) -> int:
    """Return the seconds to ask for, in tens, if ``done`` steps are done already."""
    measured = computed(config, sizes)
    cost = cost_of(config, measured, MEMORY)
    spared = measured.epoch * min(done, cost.steps) / measured.steps_per_epoch
    return 10 * math.ceil(MARGIN * (cost.seconds - spared) / 10)


def seconds_to_start(config: TrainConfig, corpus: Corpus, model: ModelSource) -> int:
    """Return the seconds for a new run; raises ConfigError if they exceed the allowance."""
    sizes, limit = sizes_of(config, model, corpus), zero_gpu.allowance()
    seconds = seconds_to_ask(config, sizes)
    if seconds > limit:
        changes = what_fits(config, sizes, limit) or ["a smaller encoder"]
        choice = ", ".join(changes[:-1]) + (" or " if len(changes) > 1 else "") + changes[-1]
        raise ConfigError(
            f"This run needs {seconds:,} seconds of GPU, but ZeroGPU allows {limit:,}. "
            f"Choose {choice}."
        )
    return seconds


def seconds_to_resume(run: Run, config: TrainConfig, model: ModelSource) -> int:
    """Return the seconds to go on from the last checkpoint.

    At most the allowance: when that is used up, the run can be resumed again.
    """
    last = checkpoints.newest(run.checkpoints_dir)
    seconds = seconds_to_ask(config, sizes_of(config, model), last.step if last else 0)
    return min(seconds, zero_gpu.allowance())


def what_fits(config: TrainConfig, sizes: Sizes, limit: int) -> list[str]:
    """Return the changes of one setting, such as "epochs 2", with which a run fits the limit."""

    def fits(**changes: object) -> bool:
        return seconds_to_ask(config.model_copy(update=changes), sizes) <= limit

    def largest(setting: str, most: int) -> int:
        return bisect_left(range(1, most + 1), True, key=lambda value: not fits(**{setting: value}))

    found = []
    if config.recipe != "quick" and fits(epochs=None, **RECIPES["quick"]):
        found.append("recipe quick")
    sentences = largest("max_train", min(sizes.train, config.max_train or sizes.train))
    sentences -= sentences % 10 ** max(0, len(str(sentences)) - 2)  # two digits are enough
    if sentences >= _MIN_SENTENCES and fits(max_train=sentences):
        found.append(f"max_train {sentences}")
    epochs = cost_of(config, computed(config, sizes), MEMORY).epochs
    if whole := largest("epochs", math.ceil(epochs) - 1):
        found.append(f"epochs {whole}")
    return found
