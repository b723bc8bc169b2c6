"""What computed a run: versions of libraries, device and memory."""

import os
import platform
from importlib.metadata import version
from typing import Any

import torch

from ner_core.system import resources


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute a run."""
    names = ("transformers", "torch", "datasets", "evaluate", "seqeval", "accelerate", "peft")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def hardware(device: torch.device) -> dict[str, Any]:
    """Return what kind of device computes a run, its name, and how many CPUs there are."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {"device": device.type, "name": name, "cpus": os.cpu_count()}


def memory_peak(device: torch.device) -> int:
    """Return the most memory in bytes that this process took: on the GPU, or else in RAM."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_reserved(device))
    return resources.memory_peak()
