"""How often each open page asks what is new, so that many of them cost no more than some."""

import threading
import time


class Viewers:
    """Counts the pages that poll, and tells each how long to wait before it asks again.

    A poll costs the server some milliseconds, mostly Gradio's. Up to 18 pages ask every second;
    more of them share 18 polls a second, down to one poll in 4 s each: a worker that died is still
    shown within 5 s.
    """

    POLLS_A_SECOND = 18
    LEAST, MOST, IDLE = 1.0, 4.0, 5.0
    _GONE_AFTER = 15.0

    def __init__(self) -> None:
        self._last_seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def interval(self, session: str | None, at_work: bool) -> float:
        """Note that this page asked, and give the seconds until it should again."""
        now = time.monotonic()
        with self._lock:
            if session:
                self._last_seen[session] = now
            for gone in [s for s, at in self._last_seen.items() if now - at > self._GONE_AFTER]:
                del self._last_seen[gone]
            count = len(self._last_seen)
        if not at_work:
            return self.IDLE
        # In whole halves of a second: a page that comes or goes changes nothing for the others.
        shared = -(-2 * count // self.POLLS_A_SECOND) / 2
        return min(max(shared, self.LEAST), self.MOST)
