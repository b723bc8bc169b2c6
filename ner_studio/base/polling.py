"""How often an open page asks the server for news: all poll intervals of the page, in seconds."""

import threading
import time

SHORTEST, LONGEST = 1.0, 4.0
"""Between two polls of the watched run while any run is at work; see ``RunPolls``."""
IDLE = 5.0
"""Between two polls of the watched run while no run is at work."""
LOG = 2.0
"""Between two polls of an open log."""
RUNS_TABLE = 20.0
"""Between two polls of the table of runs, which is also updated when the watched run changes."""
UPLOAD = 0.7
"""Between two polls of an upload to the Hub."""
HUB = 60.0
"""Between two checks whether the Hub can be reached."""

POLLS_A_SECOND = 18
_GONE_AFTER = 15.0


class RunPolls:
    """Counts the pages that poll and returns the interval that each of them should keep.

    A poll costs the server a few milliseconds, most of them in Gradio. Up to ``POLLS_A_SECOND``
    pages poll once a second. More pages share that number of polls, down to one poll in
    ``LONGEST`` seconds each, so that a worker that died is shown within 5 seconds.
    """

    def __init__(self) -> None:
        self._last_seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def interval(self, page: str | None, at_work: bool) -> float:
        """Record a poll of this page and return the seconds until its next one."""
        now = time.monotonic()
        with self._lock:
            if page:
                self._last_seen[page] = now
            for gone in [p for p, at in self._last_seen.items() if now - at > _GONE_AFTER]:
                del self._last_seen[gone]
            count = len(self._last_seen)
        if not at_work:
            return IDLE
        # Rounded up to half seconds, so that one page more or less rarely changes the interval.
        shared = -(-2 * count // POLLS_A_SECOND) / 2
        return min(max(shared, SHORTEST), LONGEST)
