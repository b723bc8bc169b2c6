"""One run for one wish: a second press of the button within seconds starts no second run."""

import threading
import time
from collections.abc import Callable
from typing import Any

SECONDS = 5.0
"""For so long the same form of the same visitor means the run that it has started."""


class Starts:
    """The runs that were started a moment ago, by visitor and form."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[Any, _Start] = {}

    def once(self, key: Any, start: Callable[[], str]) -> str:
        """Return the id of the run that ``start`` starts, or of the one just started for this key.

        Raises what ``start`` raises; then the next call tries again.
        """
        with self._lock:
            now = time.monotonic()
            for old in [k for k, s in self._started.items() if s.is_over(now)]:
                del self._started[old]
            mine = self._started.setdefault(key, _Start(now))
        with mine.lock:  # a second press waits for what the first one starts
            if mine.run is None or time.monotonic() - mine.at > SECONDS:
                mine.run = start()
                mine.at = time.monotonic()
            return mine.run


class _Start:
    def __init__(self, now: float) -> None:
        self.lock = threading.Lock()
        self.run: str | None = None
        self.at = now

    def is_over(self, now: float) -> bool:
        return now - self.at > SECONDS and not self.lock.locked()
