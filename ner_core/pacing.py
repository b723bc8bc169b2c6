"""Finding the entities of many texts in steps of about the same time.

Whoever shows progress, or may be asked to stop, has to be given a word now and then, on a slow
machine as on a fast one.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from ner_core.entities import Entity
from ner_core.errors import NerError

if TYPE_CHECKING:  # it brings torch
    from ner_core.predict import Predictor

STEP_SECONDS = 0.5

_LEAST_CHARACTERS = 8000
"""Fewer would leave cores idle, and so look slower than the machine is."""

_GROWTH = 4


def predict_in_steps(
    predictor: "Predictor",
    texts: Iterable[str],
    threshold: float = 0.0,
    labels: Collection[str] | None = None,
    batch_size: int | None = None,
    seconds: float = STEP_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[list[tuple[str, list[Entity]]]]:
    """Give texts with their entities, in their order, in lists that took about ``seconds`` each.

    The first step is short; then each has as many characters as the one before lets expect, a few
    thousand or more, in one text at least. An error of ``texts`` comes after the entities of those
    before it. Raises what ``Predictor.stream`` raises, at once.
    """
    options = {} if batch_size is None else {"batch_size": batch_size}
    predictor.stream((), threshold, labels, **options)  # the settings, before any text is read
    return _steps(
        texts, lambda taken: predictor.stream(taken, threshold, labels, **options), seconds, clock
    )


def _steps(
    texts: Iterable[str],
    find: Callable[[list[str]], Iterator[list[Entity]]],
    seconds: float,
    clock: Callable[[], float],
) -> Iterator[list[tuple[str, list[Entity]]]]:
    remaining = iter(texts)
    budget = _LEAST_CHARACTERS
    while True:
        taken, size, failure = _take(remaining, budget)
        if taken:
            began = clock()
            found = list(zip(taken, find(taken), strict=True))
            spent = max(clock() - began, 1e-6)
            budget = max(round(min(size * seconds / spent, budget * _GROWTH)), _LEAST_CHARACTERS)
            yield found
        if failure:
            raise failure
        if not taken:
            return


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
