"""What a model says of a text, without waiting for one that is not loaded yet."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from concurrent import futures

from ner_core.errors import ModelError, NerError
from ner_studio.base import rights
from ner_studio.highlight.view import Reading
from ner_studio.state.model_loading import Loading
from ner_studio.state.predictors import (
    check_name,
    find_entities,
    first_answer,
    is_loaded,
    load_predictor,
    named,
    on_hub,
    sub_tokens,
)

MOMENT = 0.3
"""Seconds in which a small model is loaded, or a name refused: so long an answer waits."""
LONGEST_WAIT = 600.0

Wanted = tuple[str, tuple[str, ...]]
"""A model's name, and the names of its labels if it has none of its own."""

_loading = Loading(load_predictor)
_log = logging.getLogger(__name__)


def read(wanted: Wanted, text: str, tokens: bool) -> Reading | NerError | None:
    """Give what a model says of a text, or why it says nothing; None while it is being loaded."""
    shown, names = wanted
    model = named(shown)
    try:
        if not tokens and (quick := first_answer(model, text)):
            return Reading(shown, *quick)
        if not is_loaded(model, names):
            attempt = _begin(model, names)
            if futures.wait([attempt], MOMENT).not_done:
                return None
            attempt.result()
        types, entities = find_entities(model, text, names)
        return Reading(shown, types, entities, sub_tokens(model, text, names) if tokens else ())
    except NerError as error:
        return error
    except Exception:  # whatever a model of strangers does with a text
        _log.exception("Reading a text with %r failed.", model)
        return ModelError(
            f"Expected entities from {shown[:200]}, found that it cannot read this text; choose "
            "another model, the server's log says why."
        )


async def wait_for(all_wanted: Iterable[Wanted]) -> None:
    """Wait until one of the models is loaded, or cannot be; no thread waits."""
    attempts = []
    for shown, names in all_wanted:
        model = named(shown)
        with contextlib.suppress(NerError):  # said when the text is read again
            if not is_loaded(model, names):
                attempts.append(asyncio.wrap_future(_begin(model, names)))
    await _ended(attempts)


async def loaded(shown: str, names: Sequence[str] = ()) -> None:
    """Wait until a model is loaded; no thread waits. Raises a NerError if it cannot be."""
    model = named(shown)
    if not is_loaded(model, names):
        attempt = _begin(model, names)
        await _ended([asyncio.wrap_future(attempt)])
        attempt.result(0)


def check(model: str, names: Sequence[str] = ()) -> None:
    """Raise the NerError of a model on the Hub that could not be loaded a moment ago, or now."""
    if on_hub(model) is not None and not is_loaded(model, names):
        _begin(model, names).result()


def _begin(model: str, names: Sequence[str]) -> "futures.Future[None]":
    """Begin to load a model for the visitor who asks, unless that was done.

    Raises ModelError for names that need no attempt: a thread is only for what may succeed.
    """
    check_name(model, names)
    asker = None if on_hub(model) is None else rights.visitor_key()
    return _loading.begin(model, names, asker)


async def _ended(attempts: "Sequence[asyncio.Future[None]]") -> None:
    if attempts:
        done, _ = await asyncio.wait(
            attempts, timeout=LONGEST_WAIT, return_when=asyncio.FIRST_COMPLETED
        )
        for attempt in done:
            attempt.exception()  # asyncio complains of one that nobody has looked at
