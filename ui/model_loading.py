"""Models on their way into memory: begun in the background, so that no answer waits for one."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from ner_core import ModelError, NerError

MOST_AT_ONCE = 8
RETRY_AFTER = 20.0
"""Seconds in which a model that could not be loaded is not asked for again with each key press."""

_log = logging.getLogger(__name__)
_Key = tuple[str, tuple[str, ...]]


class Loading:
    """Loads models in threads of their own; whoever asks for the same one shares the attempt.

    ``load`` is called with a model's name and the names of its labels; what it raises is kept for
    ``RETRY_AFTER`` seconds.
    """

    def __init__(self, load: Callable[[str, Sequence[str]], object]) -> None:
        self._load = load
        self._attempts: dict[_Key, Future[None]] = {}
        self._lock = threading.Lock()

    def begin(self, model: str, label_names: Sequence[str] = ()) -> "Future[None]":
        """Give the attempt to load a model, begun now or a moment ago.

        Raises ModelError if too many others are being loaded.
        """
        key = (model, tuple(label_names))
        with self._lock:
            if attempt := self._attempts.get(key):
                return attempt
            if sum(not other.done() for other in self._attempts.values()) >= MOST_AT_ONCE:
                raise ModelError(
                    f"Expected at most {MOST_AT_ONCE} models being loaded at once, found that "
                    "many; try again in a minute."
                )
            attempt = self._attempts[key] = Future()
            attempt.set_running_or_notify_cancel()  # a visitor who leaves cannot cancel it
        # A daemon: a download that takes long must not hold up the end of the server.
        threading.Thread(
            target=self._attempt, args=(key, attempt), name=f"load {model}", daemon=True
        ).start()
        return attempt

    def _attempt(self, key: _Key, attempt: "Future[None]") -> None:
        try:
            self._load(*key)
        except NerError as error:
            self._fail(key, attempt, error)
        except Exception:
            _log.exception("Loading %r failed.", key[0])
            sentence = f"Expected a model that can be loaded, found that {key[0][:200]} cannot be; "
            self._fail(key, attempt, ModelError(f"{sentence}the server's log says why."))
        else:
            self._forget(key)
            attempt.set_result(None)

    def _fail(self, key: _Key, attempt: "Future[None]", error: NerError) -> None:
        forget = threading.Timer(RETRY_AFTER, self._forget, [key])
        forget.daemon = True
        forget.start()
        attempt.set_exception(error)

    def _forget(self, key: _Key) -> None:
        with self._lock:
            self._attempts.pop(key, None)
