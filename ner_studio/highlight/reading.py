"""The entities that a model finds in a text, or why there are none yet."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from concurrent import futures

from ner_core.errors import ModelError, NerError
from ner_studio.highlight.view import Reading
from ner_studio.state.predictors import (
    MODELS,
    is_loaded,
    name_for_visitor,
    on_hub,
    predict_with_numpy,
    start_loading,
)

SHORT_WAIT = 0.3
"""Seconds that an answer waits for a model: enough to load a small one, or to refuse a name."""
LONGEST_WAIT = 600.0

Wanted = tuple[str, tuple[str, ...]]
"""The name of a model, and the names of its labels if it has none of its own."""

_log = logging.getLogger(__name__)


def read(wanted: Wanted, text: str, tokens: bool) -> Reading | NerError | None:
    """Return what a model finds in a text, or the error; None while the model is being loaded."""
    shown, names = wanted
    model = name_for_visitor(shown)
    try:
        if not tokens and (found := predict_with_numpy(model, text)):
            return Reading(shown, *found)
        if not is_loaded(model, names):
            loading = start_loading(model, names)
            if futures.wait([loading], SHORT_WAIT).not_done:
                return None
            loading.result()
        types, entities = MODELS.find_entities(model, text, names)
        sub_tokens = MODELS.sub_tokens(model, text, names) if tokens else ()
        return Reading(shown, types, entities, sub_tokens, MODELS.threshold(model, names))
    except NerError as error:
        return error
    except Exception:  # models from the Hub may fail in any way
        _log.exception("Reading a text with %r failed.", model)
        return ModelError(
            f"{shown[:200]} can't read this text, and the server's log says why. Choose another "
            "model."
        )


async def wait_for_any(all_wanted: Iterable[Wanted]) -> None:
    """Wait, without a thread, until one of the models is loaded or has failed."""
    loading = []
    for shown, names in all_wanted:
        model = name_for_visitor(shown)
        with contextlib.suppress(NerError):  # it is shown when the text is read again
            if not is_loaded(model, names):
                loading.append(asyncio.wrap_future(start_loading(model, names)))
    await _first_done(loading)


async def wait_until_loaded(shown: str, names: Sequence[str] = ()) -> None:
    """Wait, without a thread, until a model is loaded. Raises NerError if it can't be."""
    model = name_for_visitor(shown)
    if not is_loaded(model, names):
        loading = start_loading(model, names)
        await _first_done([asyncio.wrap_future(loading)])
        loading.result(0)


def check_hub_model(model: str, names: Sequence[str] = ()) -> None:
    """Raise the NerError of a model from the Hub that can't be loaded."""
    if on_hub(model) is not None and not is_loaded(model, names):
        start_loading(model, names).result()


async def _first_done(loading: "Sequence[asyncio.Future[None]]") -> None:
    if loading:
        done, _ = await asyncio.wait(
            loading, timeout=LONGEST_WAIT, return_when=asyncio.FIRST_COMPLETED
        )
        for one in done:
            one.exception()  # asyncio warns about an exception that was never retrieved
