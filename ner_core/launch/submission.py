"""From settings to a run at work."""

import subprocess
from importlib.util import find_spec

from ner_core import data, runs
from ner_core.config import TrainConfig
from ner_core.errors import ConfigError, RunError
from ner_core.launch.estimation import stop_measuring
from ner_core.launch.local import start
from ner_core.model_sources import find_model


def submit(
    config: TrainConfig,
    run_id: str | None = None,
    folders: bool = True,
    owner: str | None = None,
) -> tuple[runs.Run, "subprocess.Popen[bytes]"]:
    """Check that data and model can be read, then create a run and start its worker.

    What a person got wrong is raised here, as a DataError, ModelError or ConfigError, before a run
    exists. Without ``folders`` the model's name is never taken for a path. ``owner`` as in
    ``runs.create``.
    """
    stop_measuring()
    _check_reporter(config)
    source = data.canonical_source(config.data)
    columns = (config.token_column, config.tag_column, config.label_names)
    data.load(source, config.seed, data.ReadOptions.of(*columns))
    model = find_model(config.model, folders)
    if config.lora_rank and model.base:
        raise ConfigError(
            f"lora_rank: expected 0 to go on from {config.model}, which is an adapter itself, "
            f"found {config.lora_rank}; choose 0, or the encoder {model.base.name}."
        )
    config = config.model_copy(update={"data": source, "model": model.name})
    run = runs.create(config, run_id, owner)
    return run, start(run)


def _check_reporter(config: TrainConfig) -> None:
    """Raise ConfigError if what is to show the curves is not installed."""
    packages = {"tensorboard": ("tensorboard", "tensorboardX"), "trackio": ("trackio",)}
    wanted = packages.get(config.report_to, ())
    if wanted and not any(find_spec(package) for package in wanted):
        raise ConfigError(
            f"report_to: expected {config.report_to} to be installed, found no such package; "
            f"`pip install {wanted[-1]}` installs it."
        )


def resume(run: runs.Run) -> "subprocess.Popen[bytes]":
    """Let a run that was stopped, failed or was interrupted go on from its last checkpoint.

    Raises RunError if it is at work or finished.
    """
    stop_measuring()
    status = run.status()
    if status not in runs.RESUMABLE:
        raise RunError(f"Expected a run that can go on, found {run.id}, which is {status}.")
    run.config()  # without its settings it cannot
    return start(run)
