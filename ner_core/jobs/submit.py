"""From settings to a run at work."""

from importlib.util import find_spec
from typing import Protocol

from ner_core.config import TrainConfig
from ner_core.cost import zero_gpu_estimate
from ner_core.cost.estimate import stop_measuring
from ner_core.data.corpus import Corpus, load_data
from ner_core.data.readers.sentence import ReadOptions
from ner_core.data.sources import canonical_source
from ner_core.errors import ConfigError, RunError
from ner_core.jobs import zero_gpu as lent_gpu
from ner_core.jobs.process import start
from ner_core.models.sources import ModelSource, find_model
from ner_core.runs import store
from ner_core.system import zero_gpu


class Worker(Protocol):
    """What executes a run: a process on this machine, or a call of ZeroGPU."""

    def poll(self) -> int | None:
        """Give the exit code, None while the run is at work."""


def submit(
    config: TrainConfig,
    run_id: str | None = None,
    folders: bool = True,
    owner: str | None = None,
) -> tuple[store.Run, Worker]:
    """Check that data and model can be read, then create a run and start its worker.

    What a person got wrong is raised here, as a DataError, ModelError or ConfigError, before a run
    exists; on ZeroGPU also that the run would take more than the visitor's allowance. Without
    ``folders`` the model's name is never taken for a path. ``owner`` as in ``runs.create``.

    On ZeroGPU the visitor whose request calls this lends the run the GPU.
    """
    config, corpus, model = checked(config, folders)
    if zero_gpu.is_ready():
        seconds = zero_gpu_estimate.seconds_for(config, corpus, model)
        run = store.create(config, run_id, owner)
        return run, lent_gpu.start(run, seconds)
    run = store.create(config, run_id, owner)
    return run, start(run)


def checked(config: TrainConfig, folders: bool = True) -> tuple[TrainConfig, Corpus, ModelSource]:
    """Return the settings with the full names of data and model, and these two.

    Raise DataError, ModelError or ConfigError for what keeps a run from starting; ``folders`` as in
    ``submit``.
    """
    stop_measuring()
    _check_reporter(config)
    source = canonical_source(config.data)
    columns = (config.token_column, config.tag_column, config.label_names)
    corpus = load_data(source, config.seed, ReadOptions.of(*columns))
    model = find_model(config.model, folders)
    if config.lora_rank and model.base:
        raise ConfigError(
            f"lora_rank: expected 0 to go on from {config.model}, which is an adapter itself, "
            f"found {config.lora_rank}; choose 0, or the encoder {model.base.name}."
        )
    config = config.model_copy(update={"data": source, "model": model.name})
    return config, corpus, model


def _check_reporter(config: TrainConfig) -> None:
    """Raise ConfigError if what is to show the curves is not installed."""
    packages = {"tensorboard": ("tensorboard", "tensorboardX"), "trackio": ("trackio",)}
    wanted = packages.get(config.report_to, ())
    if wanted and not any(find_spec(package) for package in wanted):
        raise ConfigError(
            f"report_to: expected {config.report_to} to be installed, found no such package; "
            f"`pip install {wanted[-1]}` installs it."
        )


def resume(run: store.Run) -> Worker:
    """Let a run that was stopped, failed or was interrupted go on from its last checkpoint.

    Raises RunError if it is at work or finished.
    """
    config = check_resumable(run)
    if zero_gpu.is_ready():
        seconds = zero_gpu_estimate.seconds_to_go_on(run, config, find_model(config.model))
        return lent_gpu.start(run, seconds)
    return start(run)


def check_resumable(run: store.Run) -> TrainConfig:
    """Return the settings of a run that can be resumed. Raise RunError for any other run."""
    stop_measuring()
    status = run.status()
    if status not in store.RESUMABLE:
        raise RunError(f"Expected a run that can go on, found {run.id}, which is {status}.")
    return run.config()
