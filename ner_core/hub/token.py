"""With whose token the Hub is asked: a visitor's, or the one that is stored on this machine.

A page that answers many people asks with the token of each, for as long as it works for them. What
works for them in another process gets it through a pipe, which is read once: so it stands in no
file, no argument list and no environment, which others could read.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ner_core.system.space import on_space

FD_VARIABLE = "NER_TOKEN_FD"
"""Names the pipe that a process reads the token from."""

_MOST_BYTES = 4096  # so much fits into a pipe that nobody reads yet
_given: ContextVar[str | None] = ContextVar("token", default=None)


@contextmanager
def using_token(token: str | None) -> Iterator[None]:
    """Ask the Hub with this token for as long as the block lasts, in this thread or task.

    None means without a visitor: on a Space the Hub is asked as anybody, since the token stored
    there is its owner's, who does not mean to show private repositories to visitors.
    """
    before = _given.set(token or None)
    try:
        yield
    finally:
        _given.reset(before)


def current_token() -> str | bool | None:
    """Give what huggingface_hub takes for a token: None for the one that is stored here."""
    return _given.get() or (False if on_space() else None)


def visitors_token() -> str | None:
    """Give the visitor's token, for what works for them elsewhere; None without a visitor."""
    return _given.get()


@contextmanager
def handed_over() -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
    """Put the visitor's token into a pipe for a process that is started within the block.

    Gives environment variables for it, and the open files that it needs; none without a visitor.
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
    """Ask the Hub, in this process from now on, with the token that it was started with, if any."""
    end = os.environ.pop(FD_VARIABLE, None)
    if end is not None:
        with os.fdopen(int(end), "rb") as pipe:
            _given.set(pipe.read().decode() or None)


def sign_in() -> str:
    """Say how to become somebody who may see more."""
    if not on_space():
        return "log in with hf auth login or set HF_TOKEN"
    if _given.get():
        return "sign in as somebody who may see it"
    return "sign in with Hugging Face"
