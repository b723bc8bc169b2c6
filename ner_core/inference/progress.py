"""Find the entities of many texts in steps that take about the same time each.

Between two steps the caller can show its progress or stop, on slow machines as on fast ones.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ner_core.entities import Entity
from ner_core.errors import NerError

if TYPE_CHECKING:  # imports torch
    from ner_core.inference.predictor import Predictor

STEP_SECONDS = 0.5

_MIN_CHARACTERS = 8000
"""Of a step. Shorter ones would leave cores idle."""

_MAX_GROWTH = 4
"""Of the number of characters, from one step to the next."""


class Step(NamedTuple):
    """The texts that a step has finished, with their entities; none inside of a long text.

    ``found`` are the entities found in this step, also those in a text that is not finished.
    ``characters`` is the number of characters read in this step, plus one for the end of each text.
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
    """Yield the entities of texts, in their order, in steps that take about ``seconds`` each.

    The first step is short. The size of each further step follows from the speed of the one before;
    it is a few thousand characters or more. A longer text is read in several steps. An error of
    ``texts`` is raised after the entities of the texts before it. Raises ConfigError at once if the
    threshold, the labels or the batch size are not valid; see ``Predictor.stream``.
    """
    options = {} if batch_size is None else {"batch_size": batch_size}
    predictor.stream((), threshold, labels, **options)  # check the settings before any text is read
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
    budget = _MIN_CHARACTERS
    while True:
        taken, size, failure = _take(remaining, budget)
        # A text that is longer than a step can only be the last one.
        long = taken.pop() if taken and len(taken[-1]) > budget else None
        if taken:
            size -= 0 if long is None else len(long) + 1
            began = clock()
            done = list(zip(taken, find(taken), strict=True))
            spent = max(clock() - began, 1e-6)
            budget = max(round(min(size * seconds / spent, budget * _MAX_GROWTH)), _MIN_CHARACTERS)
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
    """Read one long text; only the last step has the text and all its entities."""
    entities: list[Entity] = []
    began, begin, known = clock(), 0, 0
    for end, found in parts:
        entities += found
        if clock() - began >= seconds:
            yield Step([], entities[known:], end - begin)
            began, begin, known = clock(), end, len(entities)
    yield Step([(text, entities)], entities[known:], len(text) + 1 - begin)


def _take(remaining: Iterator[str], budget: int) -> tuple[list[str], int, NerError | None]:
    """Return the next ``budget`` characters of texts, their size, and the error that ended them."""
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
