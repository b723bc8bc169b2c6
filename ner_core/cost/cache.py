"""What was measured before, kept in ``$NER_HOME/cache/estimates``; a file a kind of run."""

import contextlib
import hashlib
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ner_core.config import TrainConfig
from ner_core.cost.formula import Measurement
from ner_core.data.sources import SAMPLE
from ner_core.hub.repository_ids import has_hub_prefix
from ner_core.models.sources import ModelSource
from ner_core.runs import store
from ner_core.system import atomic, paths

FORMAT = 1
"""Part of the key: what an older version measured is not used."""
MOST_KEPT = 200
MOST_WAITED = 0.15
DOUBTFUL_SECONDS = 600.0
"""How long a measurement counts whose process waited for a core for more than ``MOST_WAITED``."""

NO_MATTER = frozenset(
    {
        *("recipe", "epochs", "auto_steps", "learning_rate", "head_rate", "schedule", "warmup"),
        *("early_stopping", "weight_decay", "evaluations", "eval_sentences", "seed", "report_to"),
    }
)
"""Settings that do not change how long a step or an evaluation takes: the rest is arithmetic."""


def folder() -> Path:
    """Give the folder of the measurements."""
    return store.home() / "cache" / "estimates"


def key(config: TrainConfig, model: ModelSource, asker: str = "") -> str:
    """Give the name under which a measurement is kept: all that it depends on, as a hash.

    That is the settings without those in ``NO_MATTER``, what data and model are now, and what
    computes. ``config.data`` is a source in its canonical form. Of the Hub only names are known,
    and not who may see what they name: ``asker`` is whom it was measured for, "" for all.
    """
    about = {
        "format": FORMAT,
        "asker": asker,
        "settings": config.model_dump(exclude=set(NO_MATTER)),
        "data": _state(_data_path(config.data)),
        "model": [_state(Path(place)) for place in (model.location, model.weights)],
        "machine": [_processor(), _cores(), _gpus()],
        "chosen": [os.environ.get(name) for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")],
        "versions": [platform.python_version(), version("torch"), version("transformers")],
    }
    text = json.dumps(about, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:32]


def read(name: str) -> Measurement | None:
    """Read a measurement; None if there is none, or its file is damaged.

    One that was made while the machine was busy is soon forgotten: it held for that time.
    """
    path = folder() / f"{name}.json"
    try:
        measured = Measurement.from_json(json.loads(path.read_text(encoding="utf-8")))
        age = time.time() - path.stat().st_mtime
    except (OSError, ValueError, RecursionError):
        return None
    return None if measured.waited > MOST_WAITED and age > DOUBTFUL_SECONDS else measured


def keep(name: str, measured: Measurement) -> None:
    """Keep a measurement, and only the newest of all; where nothing can be written, do nothing."""
    with contextlib.suppress(OSError):
        atomic.write_text(
            folder() / f"{name}.json", json.dumps(measured.as_json(), indent=2) + "\n"
        )
        found = sorted(folder().glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        for path in found[:-MOST_KEPT]:
            path.unlink(missing_ok=True)


def _data_path(source: str) -> Path | None:
    if source == "sample":
        return SAMPLE
    return None if has_hub_prefix(source) else Path(source)


def _state(path: Path | None) -> list[tuple[str, int, int]]:
    """Say of a file, or the files of a folder, how large each is and when it was changed."""
    if path is None or not paths.exists(path):  # on the Hub
        return []
    files = [path] if path.is_file() else sorted(file for file in path.iterdir() if file.is_file())
    states = [(file.name, file.stat()) for file in files]
    return [(name, state.st_size, state.st_mtime_ns) for name, state in states]


def _cores() -> int:
    usable: Any = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def _gpus() -> list[str]:
    """Name the GPUs of Nvidia as their driver does, without torch."""
    found = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    names = []
    for path in found:
        with contextlib.suppress(OSError):
            names.append(path.read_text(encoding="utf-8", errors="replace").splitlines()[0])
    return names


def _processor() -> str:
    """Name the processor; ``platform.processor`` is empty on Linux."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
