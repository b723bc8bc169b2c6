"""ZeroGPU, the hardware of a free Space: a GPU that is lent to one function for some seconds.

The seconds come out of the allowance of the visitor whose request calls the function. It runs in a
process forked from the page, in a thread there that is not the first. Only there is a GPU: in the
page itself the package ``spaces`` makes torch say that there is one, so that code which puts models
on it at start-up works; computing there would be on the CPU all the same, and slow.
"""

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from ner_core.errors import ConfigError

USUAL_ALLOWANCE = 300
"""Seconds of GPU a day that ZeroGPU gives to visitors with a free account."""

_lent: Callable[..., int] | None = None
_has_gpu = False


def is_here() -> bool:
    """Tell whether this is a Space on ZeroGPU, as the package ``spaces`` does."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in {"1", "t", "true"}


def has_gpu() -> bool:
    """Tell whether this process is one that ZeroGPU has lent a GPU to."""
    return _has_gpu


def is_ready() -> bool:
    """Tell whether runs can be given to ZeroGPU from this process: it is a page on such a Space."""
    return _lent is not None


def use_zero_gpu() -> None:
    """Make the function that ZeroGPU lends its GPU to, if this is a Space with it.

    For a page, before it loads gradio or torch. Elsewhere nothing happens: ``spaces`` is not even
    looked for.
    """
    global _lent
    if is_here() and _lent is None:
        _lent = import_module("spaces").GPU(duration=_duration)(_with_gpu)


def allowance() -> int:
    """Give the seconds of GPU that a run may ask for: ``NER_GPU_SECONDS``, or a free visitor's day.

    Raises ConfigError if the setting is no positive number.
    """
    chosen = os.environ.get("NER_GPU_SECONDS", "").strip()
    if not chosen:
        return USUAL_ALLOWANCE
    if not (chosen.isdecimal() and int(chosen)):
        raise ConfigError(
            f"NER_GPU_SECONDS: expected the seconds of GPU that a run may take, found {chosen!r}; "
            f"set a whole number such as {USUAL_ALLOWANCE}."
        )
    return int(chosen)


def call(work: Callable[..., int], seconds: int, *arguments: Any) -> int:
    """Call a function of a module in a process with a GPU lent for so many seconds.

    To be called in the context of the visitor's request; function and arguments are pickled. Raises
    what ``spaces`` raises when there is no GPU, or when it was taken away.
    """
    if _lent is None:
        raise RuntimeError("use_zero_gpu was not called")
    return _lent(work, seconds, *arguments)


def _duration(_work: Callable[..., int], seconds: int, *_arguments: Any) -> int:
    return seconds


def _with_gpu(work: Callable[..., int], _seconds: int, *arguments: Any) -> int:
    """Do the work, in the process that has the GPU; it may be one that had it before."""
    global _has_gpu
    _has_gpu = True
    return work(*arguments)
