"""From settings to a run at work."""

import subprocess

from ner_core import data, runs
from ner_core.config import TrainConfig
from ner_core.launch.local import start
from ner_core.model_sources import find_model


def submit(
    config: TrainConfig, run_id: str | None = None, folders: bool = True
) -> tuple[runs.Run, "subprocess.Popen[bytes]"]:
    """Check that data and model can be read, then create a run and start its worker.

    What a person got wrong is raised here, as a DataError, ModelError or ConfigError, before a run
    exists. Without ``folders`` the model's name is never taken for a path.
    """
    source = data.canonical_source(config.data)
    data.load(source, config.seed)
    model = find_model(config.model, folders).name
    run = runs.create(config.model_copy(update={"data": source, "model": model}), run_id)
    return run, start(run)
