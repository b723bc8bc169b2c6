"""Of several requests of one page that run at once, the one that was started last."""

import contextlib
import itertools

from gradio.context import LocalContext

_MOST_PAGES = 1000


class LatestOfPage:
    """The number of the last request of each open page. May be used from several threads."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._last: dict[str | None, int] = {}

    def start(self) -> int:
        """Return a number for a request, which is now the last one of its page."""
        number, page = next(self._numbers), _page()
        self._last.pop(page, None)
        self._last[page] = number
        while len(self._last) > _MOST_PAGES:
            with contextlib.suppress(KeyError, StopIteration):
                del self._last[next(iter(self._last))]
        return number

    def is_last(self, number: int) -> bool:
        """Return whether no other request of this page was started after the one of this number."""
        return self._last.get(_page()) == number


def _page() -> str | None:
    return getattr(LocalContext.request.get(None), "session_hash", None)
