"""ZeroGPU, the hardware of a free Space: it gives a GPU to one function for some seconds.

The seconds are part of the daily allowance of the visitor whose request calls the function. The
function runs in a process forked from the page, not in its main thread. Only that process has a
GPU. In the page itself the package ``spaces`` lets torch report one, so that models can be moved to
it at start-up, but computing there would use the CPU and be slow.
"""

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from ner_core.errors import ConfigError

USUAL_ALLOWANCE = 300
"""Seconds of GPU per day that ZeroGPU gives to visitors with a free account."""

_call_with_gpu: Callable[..., int] | None = None
_has_gpu = False


def is_here() -> bool:
    """Return whether this is a Space on ZeroGPU, as the package ``spaces`` finds out."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in {"1", "t", "true"}


def has_gpu() -> bool:
    """Return whether this process is one that ZeroGPU gave a GPU."""
    return _has_gpu


def is_ready() -> bool:
    """Return whether this process can train on ZeroGPU: it is the page of such a Space."""
    return _call_with_gpu is not None


def use_zero_gpu() -> None:
    """Register the function that ZeroGPU gives a GPU, if this is a Space on ZeroGPU.

    A page calls this before it loads gradio or torch. Elsewhere nothing happens: ``spaces`` is not
    even looked for.
    """
    global _call_with_gpu
    if is_here() and _call_with_gpu is None:
        _call_with_gpu = import_module("spaces").GPU(duration=_duration)(_with_gpu)


def allowance() -> int:
    """Return the seconds of GPU that a run may ask for: ``NER_GPU_SECONDS``, or a free account's.

    Raises ConfigError if the variable is not a positive integer.
    """
    chosen = os.environ.get("NER_GPU_SECONDS", "").strip()
    if not chosen:
        return USUAL_ALLOWANCE
    if not (chosen.isdecimal() and int(chosen)):
        raise ConfigError(
            f"NER_GPU_SECONDS can't be {chosen!r}. Set it to the GPU seconds a run may take, a "
            f"whole number such as {USUAL_ALLOWANCE}."
        )
    return int(chosen)


def call(work: Callable[..., int], seconds: int, *arguments: Any) -> int:
    """Call a function in a process that has a GPU for so many seconds, and return its result.

    Call this in the context of the visitor's request. Function and arguments are pickled. Raises
    what ``spaces`` raises if there is no GPU, or if it is taken away.
    """
    if _call_with_gpu is None:
        raise RuntimeError("use_zero_gpu was not called")
    return _call_with_gpu(work, seconds, *arguments)


def _duration(_work: Callable[..., int], seconds: int, *_arguments: Any) -> int:
    return seconds


def _with_gpu(work: Callable[..., int], _seconds: int, *arguments: Any) -> int:
    """Call ``work`` in the process that has the GPU, which may have had it before."""
    global _has_gpu
    _has_gpu = True
    return work(*arguments)
