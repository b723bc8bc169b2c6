"""Models on their way into memory: begun in the background, so that no answer waits for one.

Those on the Hub have places of their own, and each visitor some of them: a Hub that does not answer
holds up neither what is here nor, with one visitor's models, those of others.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import copy_context

from ner_core.errors import ModelError, NerError

MOST_AT_ONCE = 8
MOST_OF_ONE = 3
"""Models on the Hub for one visitor; on one's own machine all are one, who has all places."""
RETRY_AFTER = 20.0
"""Seconds in which a model that could not be loaded is not asked for again with each key press."""
MOST_FAILURES = 200
"""Failures that are kept for so long; of more, the oldest are forgotten sooner."""

_log = logging.getLogger(__name__)
_Key = tuple[str, tuple[str, ...], str | None]


class Loading:
    """Loads models in threads of their own; whoever asks for the same one shares the attempt.

    ``load`` is called with a model's name and the names of its labels, as if by the handler that
    asked first; what it raises is kept for ``RETRY_AFTER`` seconds.
    """

    def __init__(self, load: Callable[[str, Sequence[str]], object]) -> None:
        self._load = load
        self._attempts: dict[_Key, Future[None]] = {}
        self._failed: dict[_Key, float] = {}  # when, the oldest first
        self._lock = threading.Lock()

    def begin(
        self, model: str, label_names: Sequence[str] = (), asker: str | None = None
    ) -> "Future[None]":
        """Give the attempt to load a model, begun now or a moment ago.

        ``asker`` tells visitors apart where the model is on the Hub ("" where there is only one):
        attempts, and failures, are not shared between them. Raises ModelError if too many others
        are being loaded.
        """
        key = (model, tuple(label_names), asker)
        with self._lock:
            self._forget_failures()
            if attempt := self._attempts.get(key):
                return attempt
            self._check_room(asker)
            attempt = self._attempts[key] = Future()
            attempt.set_running_or_notify_cancel()  # a visitor who leaves cannot cancel it
        # A daemon: a download that takes long must not hold up the end of the server.
        threading.Thread(
            target=copy_context().run,
            args=(self._attempt, key, attempt),
            name=f"load {model}",
            daemon=True,
        ).start()
        return attempt

    def _check_room(self, asker: str | None) -> None:
        """Raise ModelError if there is no place left for one more."""
        askers = [other for (*_, other), attempt in self._attempts.items() if not attempt.done()]
        if asker and askers.count(asker) >= MOST_OF_ONE:
            raise ModelError(
                f"Expected at most {MOST_OF_ONE} models of the Hub being loaded for you at once, "
                "found that many; try again in a minute."
            )
        if sum((other is None) == (asker is None) for other in askers) >= MOST_AT_ONCE:
            raise ModelError(
                f"Expected at most {MOST_AT_ONCE} models being loaded at once, found that "
                "many; try again in a minute."
            )

    def _attempt(self, key: _Key, attempt: "Future[None]") -> None:
        try:
            self._load(*key[:2])
        except NerError as error:
            self._fail(key, attempt, error)
        except Exception:
            _log.exception("Loading %r failed.", key[0])
            sentence = f"Expected a model that can be loaded, found that {key[0][:200]} cannot be; "
            self._fail(key, attempt, ModelError(f"{sentence}the server's log says why."))
        else:
            with self._lock:
                del self._attempts[key]
            attempt.set_result(None)

    def _fail(self, key: _Key, attempt: "Future[None]", error: NerError) -> None:
        with self._lock:
            self._failed[key] = time.monotonic()
        attempt.set_exception(error)

    def _forget_failures(self) -> None:
        """Forget the failures that are long ago, and of too many the oldest."""
        long_ago = time.monotonic() - RETRY_AFTER
        for key, when in list(self._failed.items()):
            if when > long_ago and len(self._failed) <= MOST_FAILURES:
                break
            del self._failed[key], self._attempts[key]
