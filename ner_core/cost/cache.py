"""The cache of measurements in ``$NER_HOME/cache/estimates``: one file per kind of run."""

import contextlib
import hashlib
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

from ner_core.config import TrainConfig
from ner_core.cost.formula import Measurement
from ner_core.data.sources import SAMPLE
from ner_core.models.sources import ModelSource
from ner_core.runs import store
from ner_core.system import atomic, paths, zero_gpu

FORMAT = 2
"""Part of the key. Increase it when the fields of ``Measurement`` or their meaning change."""
MAX_FILES = 200
BUSY_WAIT = 0.15
BUSY_SECONDS = 600.0
"""How long a measurement is used if its thread waited for the CPU for more than ``BUSY_WAIT``."""

NOT_IN_KEY = frozenset(
    {
        *("recipe", "epochs", "auto_steps", "learning_rate", "head_rate", "schedule", "warmup"),
        *("early_stopping", "weight_decay", "evaluations", "eval_sentences", "seed", "report_to"),
    }
)
"""Settings that do not change how long a step or an evaluation takes."""


def folder() -> Path:
    """Return the folder of the measurements."""
    return store.home() / "cache" / "estimates"


def key(config: TrainConfig, model: ModelSource, visitor: str = "") -> str:
    """Return the name of a measurement: a hash of all that it depends on.

    ``config.data`` is a source in its canonical form. Data and models on the Hub may be private to
    the ``visitor`` who asked; "" stands for everybody.
    """
    data = SAMPLE if config.data == "sample" else Path(config.data)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpus = sorted(path.name for path in Path("/proc/driver/nvidia/gpus").glob("*"))
    parts = {
        "format": FORMAT,
        "visitor": visitor,
        "settings": config.model_dump(exclude=set(NOT_IN_KEY)),
        "files": [_files(path) for path in (data, Path(model.location), Path(model.weights))],
        "hardware": [platform.node(), platform.machine(), cores, gpus, zero_gpu.is_ready()],
        "chosen": [os.environ.get(name) for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")],
        "versions": [platform.python_version(), version("torch"), version("transformers")],
    }
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def read(name: str) -> Measurement | None:
    """Return a measurement; None if there is none, if its file is damaged, or if it is too old.

    Only a measurement that was made while the CPU was busy gets too old.
    """
    path = folder() / f"{name}.json"
    try:
        measured = Measurement.model_validate_json(path.read_bytes())
        age = time.time() - path.stat().st_mtime
    except (OSError, ValueError):
        return None
    return None if measured.cpu_wait > BUSY_WAIT and age > BUSY_SECONDS else measured


def write(name: str, measured: Measurement) -> None:
    """Write a measurement and delete the oldest ones; do nothing if the disk cannot be written."""
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        atomic.write_text(folder() / f"{name}.json", measured.model_dump_json(indent=2) + "\n")
        found = sorted(folder().glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        for path in found[:-MAX_FILES]:
            path.unlink(missing_ok=True)


def _files(path: Path) -> list[tuple[str, int, int]]:
    """Return name, size and time of change of a file, or of a folder's files; [] if on the Hub."""
    if not paths.exists(path):
        return []
    files = [path] if path.is_file() else sorted(file for file in path.iterdir() if file.is_file())
    return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
