"""Whether the Hub can be reached: asked in the background, at most once a minute."""

import asyncio
import threading
import time
from typing import Literal

from huggingface_hub import constants
from huggingface_hub.utils import get_session, httpx  # type: ignore[attr-defined] # lazily

from ner_core.hub import client

Reach = Literal["reachable", "unreachable", "offline"]

ASK_EVERY = 60.0
"""For how many seconds an answer counts, whichever it is."""
ANSWER_SECONDS = 4.0
"""How many seconds the Hub may take, which includes finding its address."""

_lock = threading.Lock()
_state: "tuple[float, Reach] | None" = None
_asking = threading.Event()
_POLL_SECONDS = 0.05

client.limit_waiting()


async def hub_reach() -> Reach:
    """Return whether the Hub answers. No thread waits for it; in offline mode it is not asked."""
    if constants.HF_HUB_OFFLINE:
        return "offline"
    _ask_unless_known()
    waited = time.monotonic()
    while (state := _fresh()) is None and time.monotonic() - waited < ANSWER_SECONDS + 1:
        await asyncio.sleep(_POLL_SECONDS)
    return state or "unreachable"


def known_reach() -> "Reach | None":
    """Return whether the Hub answered in the last minute, None if nobody asked; it is not asked."""
    return "offline" if constants.HF_HUB_OFFLINE else _fresh()


def _fresh() -> "Reach | None":
    return _state[1] if _state and time.monotonic() - _state[0] < ASK_EVERY else None


def _ask_unless_known() -> None:
    with _lock:
        if _fresh() is None and not _asking.is_set():
            _asking.set()
            threading.Thread(target=_ask, name="hub-reach", daemon=True).start()


def _ask() -> None:
    global _state
    found: Reach = "unreachable"
    try:
        # Without a token, and without a body: any answer but a failure will do.
        answer = get_session().head(
            constants.ENDPOINT, timeout=ANSWER_SECONDS, follow_redirects=False
        )
        found = "reachable" if answer.status_code < 500 else "unreachable"
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        pass
    finally:
        with _lock:
            _state = time.monotonic(), found
            _asking.clear()
