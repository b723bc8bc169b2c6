"""Start and resume: from settings, or a run that has ended, to a run with a worker."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Protocol

from ner_core.checks import before_training
from ner_core.config import TrainConfig
from ner_core.cost import zero_gpu_seconds
from ner_core.cost.estimate import stop_measuring
from ner_core.data.corpus import Corpus, load_data
from ner_core.data.readers.sentence import ReadOptions
from ner_core.data.sources import canonical_source
from ner_core.errors import ConfigError
from ner_core.jobs.process import start_process
from ner_core.jobs.worker import not_resumable
from ner_core.jobs.zero_gpu import start_on_zero_gpu
from ner_core.models.sources import ModelSource, find_model
from ner_core.runs import store
from ner_core.runs.run import Run
from ner_core.runs.status import RESUMABLE
from ner_core.system import zero_gpu


class Worker(Protocol):
    """What executes a run: a process on this machine, or a call on ZeroGPU."""

    def poll(self) -> int | None:
        """Return the exit code, None until the worker has ended."""


def submit(
    config: TrainConfig,
    run_id: str | None = None,
    folders: bool = True,
    owner: str | None = None,
    warn: Callable[[str], object] | None = None,
) -> tuple[Run, Worker]:
    """Check that data and model can be read, then create a run and start its worker.

    Raises DataError, ModelError or ConfigError, before a run exists, for what a user can mend; on
    ZeroGPU also if the run needs more than the allowance. Without ``folders`` the model's name is
    never read as a path. ``owner`` as in ``runs.store.create``. ``warn`` is called
    with each sentence of ``before_training.warnings``, before the run is created.

    On ZeroGPU the seconds are those of the visitor whose request calls this.
    """
    config, corpus, model = checked(config, folders)
    say_warnings(config, corpus, model, warn)
    if zero_gpu.is_ready():
        seconds = zero_gpu_seconds.seconds_to_start(config, corpus, model)
        run = store.create(config, run_id, owner)
        return run, start_on_zero_gpu(run, seconds)
    run = store.create(config, run_id, owner)
    return run, start_process(run)


def checked(config: TrainConfig, folders: bool = True) -> tuple[TrainConfig, Corpus, ModelSource]:
    """Return the settings with the full names of data and model, the data, and the model.

    Raises DataError, ModelError or ConfigError if a run could not start; ``folders`` as in
    ``submit``.
    """
    stop_measuring()
    _check_reporter(config)
    source = canonical_source(config.data)
    corpus = load_data(source, config.seed, ReadOptions.of_config(config))
    model = find_model(config.model, folders)
    if config.lora_rank and model.base:
        raise ConfigError(
            f"{config.model} is already an adapter and can't get another one (lora_rank is "
            f"{config.lora_rank}). Set lora_rank to 0, or choose the encoder {model.base.name}."
        )
    config = config.model_copy(update={"data": source, "model": model.name})
    return config, corpus, model


def say_warnings(
    config: TrainConfig,
    corpus: Corpus,
    model: ModelSource,
    warn: Callable[[str], object] | None,
) -> None:
    """Call ``warn``, if it is given, with each sentence of ``before_training.warnings``."""
    if warn is not None:
        for sentence in before_training.warnings(corpus, model, config.keep_types):
            warn(sentence)


def resume(run: Run) -> Worker:
    """Resume a run that was stopped, failed or was interrupted, from its last checkpoint.

    Raises RunError if it is running or finished.
    """
    config = check_resumable(run)
    if zero_gpu.is_ready():
        seconds = zero_gpu_seconds.seconds_to_resume(run, config, find_model(config.model))
        return start_on_zero_gpu(run, seconds)
    return start_process(run)


def check_resumable(run: Run) -> TrainConfig:
    """Return the settings of a run that can be resumed. Raises RunError for any other run."""
    stop_measuring()
    if (status := run.status()) not in RESUMABLE:
        raise not_resumable(run, status)
    return run.config()


def _check_reporter(config: TrainConfig) -> None:
    packages = {"tensorboard": ("tensorboard", "tensorboardX"), "trackio": ("trackio",)}
    needed = packages.get(config.report_to, ())
    if needed and not any(find_spec(package) for package in needed):
        raise ConfigError(
            f"{config.report_to} (report_to) isn't installed. Run `pip install {needed[-1]}`, or "
            "set report_to to none."
        )
