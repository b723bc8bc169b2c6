"""What a run leaves behind in figures: its report, and what computed it."""

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from ner_core.system import atomic, resources


def versions() -> dict[str, str]:
    """Name the versions of what computed a run."""
    names = ("transformers", "torch", "datasets", "evaluate", "seqeval", "accelerate", "peft")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def hardware(device: torch.device) -> dict[str, Any]:
    """Describe the device that a run computes on."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {"device": device.type, "name": name, "cpus": os.cpu_count()}


def memory_peak(device: torch.device) -> int:
    """Give the most bytes of memory that the run took where it is scarce: on the GPU, or here."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_reserved(device))
    return resources.memory_peak()


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file so that it is there whole or not at all."""
    atomic.write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
