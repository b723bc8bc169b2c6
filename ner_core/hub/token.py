"""The token that the Hub is asked with: a visitor's, or the one that is stored on this machine.

A page with many visitors asks with the token of each while it works for them. A process that works
for a visitor gets the token through a pipe, which is read once: so it is in no file, no argument
list and no environment, which others could read.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ner_core.system.space import on_space

FD_VARIABLE = "NER_TOKEN_FD"
"""The environment variable with the number of the pipe that a process reads the token from."""

_MOST_BYTES = 4096  # so much fits into a pipe that is not read yet
_given: ContextVar[str | None] = ContextVar("token", default=None)


@contextmanager
def using_token(token: str | None) -> Iterator[None]:
    """Ask the Hub with this token inside the block, in this thread or task.

    None means without a visitor. On a Space the Hub is then asked without a token: the one that is
    stored there is its owner's, and would show the owner's private repositories to visitors.
    """
    before = _given.set(token or None)
    try:
        yield
    finally:
        _given.reset(before)


def current_token() -> str | bool | None:
    """Return what huggingface_hub takes for a token: None for the one that is stored here."""
    return _given.get() or (False if on_space() else None)


def visitors_token() -> str | None:
    """Return the visitor's token, for what works for them elsewhere; None without a visitor."""
    return _given.get()


@contextmanager
def handed_over() -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
    """Write the visitor's token to a pipe, for a process that is started inside the block.

    Yields environment variables for it, and the open files that it needs; none without a visitor.
    """
    token = (_given.get() or "").encode()[:_MOST_BYTES]
    if not token:
        yield {}, ()
        return
    end, begin = os.pipe()
    try:
        with os.fdopen(begin, "wb") as pipe:
            pipe.write(token)
        yield {FD_VARIABLE: str(end)}, (end,)
    finally:
        os.close(end)


def take_over() -> None:
    """Use the token that this process was started with, if any, from now on."""
    end = os.environ.pop(FD_VARIABLE, None)
    if end is not None:
        with os.fdopen(int(end), "rb") as pipe:
            _given.set(pipe.read().decode() or None)
