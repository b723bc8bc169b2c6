"""What a run would take of a lent GPU: data and encoder are looked at, the rest is computed."""

from typing import TYPE_CHECKING

from ner_core.config import TrainConfig
from ner_core.cost.formula import Cost
from ner_core.cost.zero_gpu import MEMORY, Workload, gpu_cost, what_fits
from ner_core.data.corpus import Corpus, load_data
from ner_core.data.readers.sentence import ReadOptions
from ner_core.errors import ConfigError
from ner_core.models.sources import ModelSource
from ner_core.runs import checkpoints
from ner_core.runs.run import Run
from ner_core.system import zero_gpu

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

_LOOKED_AT = 2000
"""Sentences whose words are counted; where there are more, they stand for all."""
_MOST_REMEMBERED = 50

_remembered: dict[tuple[object, ...], tuple[Workload, float]] = {}


def cost_on_lent_gpu(
    config: TrainConfig, model: ModelSource, look: bool = True, asker: str = ""
) -> Cost | None:
    """Tell what a run takes on ZeroGPU; None if that needs a look at the data, unless ``look``.

    ``config.data`` is a source in its canonical form. What was seen is remembered for ``asker``
    alone. Raises a NerError for data or a model that cannot be read.
    """
    key = (asker, config.data, *_columns(config), config.seed, bool(config.lora_rank), model)
    if key not in _remembered:
        if not look:
            return None
        load = workload(_read(config), model)
        _remembered[key] = load, _automatic_rate(model, config.lora_rank > 0)
        if len(_remembered) > _MOST_REMEMBERED:
            del _remembered[next(iter(_remembered))]
    load, rate = _remembered[key]
    cost = gpu_cost(config, load)
    return Cost(
        seconds=cost.seconds,
        memory_bytes=cost.memory_bytes,
        memory_free=MEMORY,
        steps=cost.steps,
        epochs=cost.epochs,
        learning_rate=config.learning_rate or rate,
    )


def seconds_for(config: TrainConfig, corpus: Corpus, model: ModelSource) -> int:
    """Give the seconds of GPU that a new run asks for.

    Raises ConfigError if the allowance is smaller; its sentence says what would fit.
    """
    load, limit = workload(corpus, model), zero_gpu.allowance()
    seconds = gpu_cost(config, load).seconds_to_ask()
    if seconds > limit:
        ways = what_fits(config, load, limit) or ["a smaller encoder"]
        choice = ", ".join(ways[:-1]) + (" or " if len(ways) > 1 else "") + ways[-1]
        raise ConfigError(
            f"Expected a run for the {limit:,} seconds of GPU that ZeroGPU allows, found one that "
            f"asks for {seconds:,}; choose {choice}."
        )
    return seconds


def seconds_to_go_on(run: Run, config: TrainConfig, model: ModelSource) -> int:
    """Give the seconds of GPU that a run asks for to go on from its last checkpoint.

    At most the allowance: what is then still to be done is done when the run is resumed again.
    """
    last = checkpoints.newest(run.checkpoints_dir)
    cost = gpu_cost(config, workload(_read(config), model))
    return min(cost.seconds_to_ask(last.step if last else 0), zero_gpu.allowance())


def workload(corpus: Corpus, model: ModelSource) -> Workload:
    """Look at the sizes of data and encoder."""
    sizes = {name: split.num_rows for name, split in corpus.dataset.items()}
    train = corpus.dataset["train"]
    some = train.shuffle(seed=0).select(range(min(_LOOKED_AT, train.num_rows)))
    encoder = _config(model)
    return Workload(
        train=sizes["train"],
        validation=sizes["validation"],
        scored=sizes["validation"] + sizes.get("test", 0),
        words=sum(map(len, some["tokens"])) / some.num_rows,
        layers=int(getattr(encoder, "num_hidden_layers", 24)),
        width=int(getattr(encoder, "hidden_size", 1024)),
        vocabulary=int(getattr(encoder, "vocab_size", 250_000)),
    )


def _automatic_rate(model: ModelSource, adapter: bool) -> float:
    from ner_core.training.learning_rate import default_learning_rate

    return default_learning_rate(_config(model), adapter)


def _config(model: ModelSource) -> "PreTrainedConfig":
    from ner_core.models import hub, loading  # torch and transformers

    return loading.load_config(hub.located(model, weights=False))


def _columns(config: TrainConfig) -> tuple[str | None, str | None, str | None]:
    return config.token_column, config.tag_column, config.label_names


def _read(config: TrainConfig) -> Corpus:
    return load_data(config.data, config.seed, ReadOptions.of(*_columns(config)))
