"""The texts of an annotation set that wait to be annotated.

They are kept in the set's own folder, in an append-only file of batches, so that any number of
pages and scripts work on one queue, and a restart loses nothing. A text is in the queue once. It
waits until somebody decides on it or passes it over, which the set itself knows.
"""

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from ner_core.annotations.annotation_set import AnnotationSet
from ner_core.annotations.decisions import VERSION, Contents, text_id
from ner_core.errors import AnnotationError
from ner_core.system import json_lines

MOST_TEXTS = 100_000
"""In a queue."""

_BATCH = 1000
_RECENT = 20
_CACHED = 4
"""Queues that are kept in memory."""


@dataclass(frozen=True)
class Progress:
    """How far a queue is: the texts that wait, that were decided on and that were passed over.

    ``unchanged`` is how many of the last ``recent`` texts were accepted as they were suggested.
    """

    waiting: int
    done: int
    skipped: int
    unchanged: int
    recent: int

    @property
    def added(self) -> int:
        """The texts that were ever added."""
        return self.waiting + self.done + self.skipped


class Queue:
    """The queue of a set, to go through one after the other.

    ``next`` returns the text to annotate; ``accept`` and ``skip`` decide on it and go on.

    >>> queue = Queue(made)  # doctest: +SKIP
    >>> queue.add(["Ann lives in Oslo."])  # doctest: +SKIP
    >>> while (text := queue.next()) is not None:  # doctest: +SKIP
    ...     queue.accept([(0, 3, "PER")])
    """

    def __init__(self, found: AnnotationSet) -> None:
        self.set = found
        self._current: str | None = None

    def add(self, texts: Iterable[str]) -> int:
        """Add texts, each once; return how many are new.

        Raises AnnotationError if there would be more than ``MOST_TEXTS``, or the set can't be
        written; nothing is added then.
        """
        known = self._by_id().keys() | self.set.read().decisions.keys()
        new = []
        for text in texts:
            if (own := text_id(text)) not in known:
                known.add(own)
                new.append(text)
            if len(known) > MOST_TEXTS:
                raise AnnotationError(
                    f"A set takes at most {MOST_TEXTS:,} texts. Add fewer, or begin another set."
                )
        batches = iter(new)
        with self.set.writing(self.set.queue_path) as file:
            while batch := list(islice(batches, _BATCH)):
                about = {"v": VERSION, "id": secrets.token_hex(6), "time": time.time()}
                json_lines.write_line(file, {**about, "texts": batch})
        return len(new)

    def texts(self) -> list[str]:
        """Return all texts that were ever added, in their order."""
        return list(self._by_id().values())

    def _by_id(self) -> Mapping[str, str]:
        """Return all texts by their ids. Raises AnnotationError if they can't be read."""
        path = self.set.queue_path
        try:
            state = path.stat()
            return _read(path, state.st_ino, state.st_size, state.st_mtime_ns)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise AnnotationError(
                f"Can't read the queue of {self.set.title}: {error.strerror}."
            ) from None

    def waiting(self, contents: Contents | None = None) -> list[str]:
        """Return the texts that nobody decided on or passed over, in their order."""
        contents = contents or self.set.read()
        done = contents.decisions.keys() | contents.skipped
        return [text for own, text in self._by_id().items() if own not in done]

    def next(self) -> str | None:
        """Return the first text that waits, None if none does."""
        self._current = next(iter(self.waiting()), None)
        return self._current

    def accept(
        self,
        entities: Iterable[Sequence[Any]],
        suggested: Iterable[Sequence[Any]] = (),
        model: str = "",
        complete: bool = True,
    ) -> str:
        """Save what was decided on the text of ``next``; see ``AnnotationSet.accept``."""
        return self.set.accept(self._given(), entities, suggested, model, complete)

    def skip(self) -> str:
        """Pass over the text that ``next`` returned."""
        return self.set.skip(self._given())

    def _given(self) -> str:
        if self._current is None:
            raise AnnotationError("There is no text to decide on. Call next() first.")
        return self._current

    def progress(self, contents: Contents | None = None) -> Progress:
        """Return how far the queue is."""
        contents = contents or self.set.read()
        ids = self._by_id().keys()
        done = ids & contents.decisions.keys()
        skipped = ids & contents.skipped
        last = sorted(contents.decisions.values(), key=lambda one: one.time)[-_RECENT:]
        suggested = [one for one in last if one.model]
        return Progress(
            len(ids) - len(done) - len(skipped),
            len(done),
            len(skipped),
            sum(one.unchanged for one in suggested),
            len(suggested),
        )


@lru_cache(_CACHED)  # each text that is accepted asks for it, and a queue may be long
def _read(path: Path, inode: int, size: int, changed: int) -> Mapping[str, str]:
    """Return the texts of a file by their ids; the numbers tell one state of it from others."""
    lines, _ = json_lines.read_lines(path)
    return {text_id(text): text for line in lines for text in _texts_of(line)}


def _texts_of(line: bytes) -> Iterator[str]:
    try:
        yield from [text for text in json.loads(line)["texts"] if isinstance(text, str)]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
