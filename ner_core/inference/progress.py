"""Finding the entities of many texts in steps of about the same time.

Whoever shows progress, or may be asked to stop, has to be given a word now and then, on a slow
machine as on a fast one.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ner_core.entities import Entity
from ner_core.errors import NerError

if TYPE_CHECKING:  # it brings torch
    from ner_core.inference.predictor import Predictor

STEP_SECONDS = 0.5

_LEAST_CHARACTERS = 8000
"""Fewer would leave cores idle, and so look slower than the machine is."""

_GROWTH = 4


class Step(NamedTuple):
    """The texts that were read to their end, with their entities; none yet within a long text.

    ``found`` are the entities that were found meanwhile, also in a text that goes on;
    ``characters`` is how many were read, with one more for the end of each text.
    """

    texts: list[tuple[str, list[Entity]]]
    found: list[Entity]
    characters: int


def predict_in_steps(
    predictor: "Predictor",
    texts: Iterable[str],
    threshold: float = 0.0,
    labels: Collection[str] | None = None,
    batch_size: int | None = None,
    seconds: float = STEP_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Step]:
    """Give texts with their entities, in their order, in steps that took about ``seconds`` each.

    The first step is short; then each has as many characters as the one before lets expect, a few
    thousand or more. A text that is longer is read in several steps. An error of ``texts`` comes
    after the entities of those before it. Raises what ``Predictor.stream`` raises, at once.
    """
    options = {} if batch_size is None else {"batch_size": batch_size}
    predictor.stream((), threshold, labels, **options)  # the settings, before any text is read
    return _steps(
        texts,
        lambda taken: predictor.stream(taken, threshold, labels, **options),
        lambda text: predictor.read(text, threshold, labels, **options),
        seconds,
        clock,
    )


def _steps(
    texts: Iterable[str],
    find: Callable[[list[str]], Iterator[list[Entity]]],
    read: Callable[[str], Iterator[tuple[int, list[Entity]]]],
    seconds: float,
    clock: Callable[[], float],
) -> Iterator[Step]:
    remaining = iter(texts)
    budget = _LEAST_CHARACTERS
    while True:
        taken, size, failure = _take(remaining, budget)
        # Whatever is longer than a step comes last.
        long = taken.pop() if taken and len(taken[-1]) > budget else None
        if taken:
            size -= 0 if long is None else len(long) + 1
            began = clock()
            done = list(zip(taken, find(taken), strict=True))
            spent = max(clock() - began, 1e-6)
            budget = max(round(min(size * seconds / spent, budget * _GROWTH)), _LEAST_CHARACTERS)
            yield Step(done, [entity for _, found in done for entity in found], size)
        if long is not None:
            yield from _in_steps(long, read(long), seconds, clock)
        if failure:
            raise failure
        if not taken and long is None:
            return


def _in_steps(
    text: str,
    parts: Iterator[tuple[int, list[Entity]]],
    seconds: float,
    clock: Callable[[], float],
) -> Iterator[Step]:
    """Read one text; the last step gives it with its entities."""
    entities: list[Entity] = []
    began, begin, known = clock(), 0, 0
    for end, found in parts:
        entities += found
        if clock() - began >= seconds:
            yield Step([], entities[known:], end - begin)
            began, begin, known = clock(), end, len(entities)
    yield Step([(text, entities)], entities[known:], len(text) + 1 - begin)


def _take(remaining: Iterator[str], budget: int) -> tuple[list[str], int, NerError | None]:
    """Take texts until they have so many characters; give them, their size, and what failed."""
    taken: list[str] = []
    size = 0
    try:
        for text in remaining:
            taken.append(text)
            size += len(text) + 1
            if size >= budget:
                break
    except NerError as error:
        return taken, size, error
    return taken, size, None
