"""The public endpoints of the page: finding the entities of texts.

Gradio offers each of them over REST, in its Python client, in ``/gradio_api/openapi.json``, and as
a tool of its MCP server. All other endpoints of the page are private.
"""

import asyncio
import inspect
import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypedDict

import anyio.to_thread
import gradio as gr
from gradio.events import api

from ner_core.errors import ConfigError, NerError
from ner_studio.highlight import reading
from ner_studio.highlight.view import MOST_CHARACTERS
from ner_studio.state import predictors

if TYPE_CHECKING:
    from ner_core.entities import Entity

MOST_AT_ONCE = 2
MOST_TEXTS = 100
MOST_TYPES = 100
LONGEST_NAME = 300
MOST_CHARACTERS_OF_ALL = 100_000
_FAULT = (
    "NER Studio could not answer because of a fault of its own. Try again; if it happens again, "
    "tell its maintainers."
)
_SURROGATE = re.compile("[\ud800-\udfff]")


class FoundEntity(TypedDict):
    """An entity: ``text[start:end]``, its type, and the model's mean probability for its words."""

    start: int
    end: int
    label: str
    score: float
    text: str


def add_endpoints() -> None:
    """Add the endpoints to the page that is being built."""
    turns = asyncio.Semaphore(MOST_AT_ONCE)
    for function in ENDPOINTS:
        api(_in_turn(function, turns), concurrency_id="api", concurrency_limit=None)


def _in_turn(function: Callable[..., Any], turns: asyncio.Semaphore) -> Callable[..., Any]:
    """Return an async function that loads the model first and then waits for its turn.

    So no call waits while the model of another call is loaded.
    """

    @wraps(function)
    async def call(*arguments: Any, **named: Any) -> Any:
        bound = inspect.signature(function).bind(*arguments, **named)
        bound.apply_defaults()
        with _errors_shown():
            model, names = _checked_model(bound.arguments["model"], bound.arguments["label_names"])
            await reading.wait_until_loaded(model, names)
            async with turns:
                return await anyio.to_thread.run_sync(partial(function, *arguments, **named))

    return call


def find_entities(
    text: str,
    model: str = predictors.STARTER,
    threshold: float = 0.0,
    labels: list[str] | None = None,
    label_names: list[str] | None = None,
) -> list[FoundEntity]:
    """Find the named entities of a text: sorted, disjoint, with offsets in characters.

    Args:
        text: The text, of at most 20,000 characters.
        model: The model: starter, the id of a finished run, or the id of a model on the Hub.
        threshold: Entities with a lower score, from 0 to 1, are left out.
        labels: Only entities of these types, at most 100; all types if it is not given.
        label_names: Names for the labels of a model that has none, in order: O, B-PER, I-PER, ...
    """
    with _errors_shown():
        _check_text(text, "text")
        return _found([text], model, threshold, labels, label_names)[0]


def find_entities_batch(
    texts: list[str],
    model: str = predictors.STARTER,
    threshold: float = 0.0,
    labels: list[str] | None = None,
    label_names: list[str] | None = None,
) -> list[list[FoundEntity]]:
    """Find the named entities of several texts: a list per text, in the same order.

    Args:
        texts: At most 100 texts of at most 20,000 characters each, 100,000 together.
        model: The model: starter, the id of a finished run, or the id of a model on the Hub.
        threshold: Entities with a lower score, from 0 to 1, are left out.
        labels: Only entities of these types, at most 100; all types if it is not given.
        label_names: Names for the labels of a model that has none, in order: O, B-PER, I-PER, ...
    """
    with _errors_shown():
        if not isinstance(texts, list) or len(texts) > MOST_TEXTS:
            raise ConfigError(
                f"texts can't be {_size(texts)}. Use a list of at most {MOST_TEXTS} texts."
            )
        for number, text in enumerate(texts, start=1):
            _check_text(text, f"number {number} of texts")
        together = sum(map(len, texts))
        if together > MOST_CHARACTERS_OF_ALL:
            raise ConfigError(
                f"texts can't have {together:,} characters together. Send at most "
                f"{MOST_CHARACTERS_OF_ALL:,} in one call."
            )
        return _found(texts, model, threshold, labels, label_names)


# Gradio reads one line for each parameter of a docstring, so none goes on in a second line.
ENDPOINTS: tuple[Callable[..., Any], ...] = (find_entities, find_entities_batch)
"""The public endpoints."""


def arguments_of(function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for each parameter of an endpoint, in order: those given and the defaults.

    Raises ConfigError for a name that is no parameter, and for a text that is missing.
    """
    parameters = inspect.signature(function).parameters
    for name in given:
        if name not in parameters:
            raise ConfigError(
                f"{function.__name__} has no parameter {name[:60]!r}. Its parameters are "
                f"{', '.join(parameters)}."
            )
    for name, parameter in parameters.items():
        if name not in given and parameter.default is parameter.empty:
            raise ConfigError(f"{function.__name__} needs {name}, which is missing.")
    return {name: given.get(name, parameter.default) for name, parameter in parameters.items()}


def _found(
    texts: Sequence[str], model: Any, threshold: Any, labels: Any, label_names: Any
) -> list[list[FoundEntity]]:
    """Find the entities, after checking values that may have any type."""
    model, names = _checked_model(model, label_names)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise ConfigError(f"threshold can't be {_size(threshold)}. Use a number from 0 to 1.")
    if labels is not None:
        _check_names(labels, "labels", "entity types", MOST_TYPES)
    found = predictors.MODELS.predict_all(
        predictors.name_for_visitor(model), texts, threshold, labels, names
    )
    return [[_as_dict(entity) for entity in entities] for entities in found]


def _checked_model(model: Any, label_names: Any) -> tuple[str, tuple[str, ...]]:
    """Return a model's name and the names of its labels, which lose the spaces around them."""
    if not isinstance(model, str):
        raise ConfigError(f"model can't be {_size(model)}. Use a model's name.")
    if len(model) > LONGEST_NAME:
        raise ConfigError(
            f"model can't have {len(model):,} characters. Use a model's name of at most "
            f"{LONGEST_NAME}."
        )
    if label_names is None:
        return model, ()
    _check_names(label_names, "label_names", "names of labels", predictors.MAX_LABELS)
    return model, tuple(name.strip() for name in label_names)


def _check_names(names: Any, parameter: str, what: str, most: int) -> None:
    """Raise ConfigError unless ``names`` is a list of a bounded number of short texts."""
    if not isinstance(names, list):
        raise ConfigError(f"{parameter} can't be {_size(names)}. Use a list of {what}.")
    for name in names:
        if not isinstance(name, str):
            raise ConfigError(f"{parameter} can't hold {_size(name)}. Use a list of {what}.")
    if len(names) > most:
        raise ConfigError(f"{parameter} can't be {_size(names)}. Use at most {most:,} {what}.")
    longest = max(map(len, names), default=0)
    if longest > predictors.MAX_LABEL_LENGTH:
        raise ConfigError(
            f"{parameter} can't hold a name of {longest:,} characters. Use {what} of at most "
            f"{predictors.MAX_LABEL_LENGTH} characters."
        )


def _as_dict(entity: "Entity") -> FoundEntity:
    return FoundEntity(
        start=entity.start,
        end=entity.end,
        label=entity.label,
        score=entity.score,
        text=_SURROGATE.sub("\ufffd", entity.text),  # a lone surrogate cannot be sent
    )


def _check_text(text: Any, name: str) -> None:
    if not isinstance(text, str):
        raise ConfigError(f"{name} can't be {_size(text)}. Use a text.")
    if len(text) > MOST_CHARACTERS:
        raise ConfigError(
            f"{name} can't have {len(text):,} characters. Use at most {MOST_CHARACTERS:,}, or "
            "`python -m ner_core predict --file`, which reads texts of any length."
        )


def _size(value: object) -> str:
    """Return what kind of value it is, without its content.

    >>> _size(["a", "b"]), _size(None), _size(1.5)
    ('a list of 2', 'nothing', 'a float')
    """
    if value is None:
        return "nothing"
    kind = type(value).__name__
    size = f" of {len(value):,}" if isinstance(value, list | dict) else ""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}{size}"


@contextmanager
def _errors_shown() -> Iterator[None]:
    """Raise what goes wrong as ``gr.Error``, since callers see the message of no other exception.

    A fault of ours is printed here and is one general sentence for the caller.
    """
    try:
        yield
    except gr.Error:
        raise
    except NerError as error:
        raise gr.Error(str(error), print_exception=False) from None
    except Exception:
        traceback.print_exc()
        raise gr.Error(_FAULT, print_exception=False) from None
