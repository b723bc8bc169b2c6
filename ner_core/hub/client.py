"""How the Hub is asked: no call waits for ever, and what may pass is tried once more."""

import os
import time
import warnings
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from huggingface_hub import (
    get_hf_file_metadata,
    hf_hub_url,
    is_offline_mode,
    set_client_factory,
)
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.utils import (  # type: ignore[attr-defined] # exported, but lazily
    disable_progress_bars,
    hf_raise_for_status,
    httpx,
    logging,
)

from ner_core.hub.failures import Reading, cause_of, explained, pause_asked_for, status_of
from ner_core.hub.token import current_token

ANSWER_SECONDS = 10.0
"""How long the Hub may take to say what a repository holds, or whose a token is."""
CONNECT_SECONDS = 10.0
"""How long a connection to the Hub may take."""
SILENT_SECONDS = 60.0
"""How long the Hub, or what stores its files, may be silent in the midst of a call."""
LONGEST_PAUSE_SECONDS = 60
"""The longest wait that the Hub may ask for before a call is given up instead."""
RETRY_SECONDS = 2.0
"""The pause before a call is tried once more."""
LONGEST_READING_PAUSE_SECONDS = 10
"""The longest wait that the Hub may ask for before it is asked once more for a model or data."""

_DROPPED = (httpx.NetworkError, httpx.RemoteProtocolError)

Answer = TypeVar("Answer")


@cache
def limit_waiting() -> None:
    """Set limits of time for the client of huggingface_hub in this process, which has none.

    Datasets and models are loaded by the same client, and so have the same limits.
    """
    set_client_factory(_limited_client)


def _limited_client() -> httpx.Client:
    return httpx.Client(
        event_hooks={"request": [_refuse_offline, _limit], "response": [_refuse_long_pause]},
        follow_redirects=True,
        timeout=None,
    )


def _refuse_offline(request: httpx.Request) -> None:
    """Raise in offline mode, as the own client of huggingface_hub does."""
    if is_offline_mode():
        raise OfflineModeIsEnabled(
            f"Offline (HF_HUB_OFFLINE is set): can't reach {request.url.host}."
        )


def _limit(request: httpx.Request) -> None:
    """Put a limit on each wait of a request that has none; most of them ask for none."""
    waits = {"connect": CONNECT_SECONDS, "read": SILENT_SECONDS, "write": SILENT_SECONDS}
    asked = request.extensions.get("timeout") or {}
    limits = {name: value for name, value in asked.items() if value is not None}
    request.extensions["timeout"] = {"pool": None, **waits, **limits}


def _refuse_long_pause(response: httpx.Response) -> None:
    """Raise where the Hub asks for a long pause: the client would wait without a word."""
    if response.status_code == 429 and (pause_asked_for(response) or 0) > LONGEST_PAUSE_SECONDS:
        response.read()
        hf_raise_for_status(response)


def may_pass(error: BaseException) -> bool:
    """Return whether a failure may be gone soon: a fault of the Hub, or a lost connection.

    What the Hub has not built (501) stays so.
    """
    cause = cause_of(error)
    if status_of(cause) == 429:
        return _pause_after(cause) <= RETRY_SECONDS
    dropped = isinstance(cause, _DROPPED) and not isinstance(cause, httpx.ConnectError)
    return (status_of(cause) >= 500 and status_of(cause) != 501) or dropped


def may_pass_when_reading(error: BaseException) -> bool:
    """Return whether what failed to be read may be had soon: reading again can do no harm.

    So also after no answer in time, and after a pause that the Hub asks for.
    """
    cause = cause_of(error)
    if status_of(cause) == 429:
        return _pause_after(cause) <= LONGEST_READING_PAUSE_SECONDS
    return may_pass(cause) or isinstance(cause, httpx.ReadTimeout)


def _pause_after(cause: BaseException) -> float:
    """Return for how many seconds an answer asks to wait, 0 if it does not."""
    asked = pause_asked_for(cause.response) if isinstance(cause, HfHubHTTPError) else None
    return asked or 0


def retried(
    ask: Callable[[bool], Answer], may_retry: Callable[[BaseException], bool] = may_pass
) -> Answer:
    """Return the answer to a call that is tried once more after a failure that may pass.

    ``ask`` is called with whether it is the second time. Raises what the last of them raised.
    """
    try:
        return ask(False)
    except Exception as error:
        if not may_retry(error):
            raise
        pause = max(RETRY_SECONDS, _pause_after(cause_of(error)))
    time.sleep(pause)
    return ask(True)


def read_from_hub(what: Reading, ask: Callable[[], Answer]) -> Answer:
    """Return what the Hub says of a dataset or a model.

    Raises DataError or ModelError, see ``failures.explained``.
    """
    with explained(what):
        return retried(lambda _: ask(), may_pass_when_reading)


def check_granted(what: Reading, commit: str, file: str) -> None:
    """Ask for the head of a file: of a gated repository anybody is told what files it has.

    A download asks for it too, but waits minutes for it where the Hub does not answer. Raises what
    the client raises.
    """
    url = hf_hub_url(what.repo, file, revision=commit, repo_type=what.kind)
    get_hf_file_metadata(url, timeout=ANSWER_SECONDS, token=current_token())


def be_quiet() -> None:
    """Let the client of huggingface_hub write nothing to stderr: a failure is a sentence of ours.

    Whoever asks for its log with its own environment variables gets it.
    """
    warnings.filterwarnings("ignore", module=r"huggingface_hub(\.|$)")
    disable_progress_bars()
    if not (os.environ.get("HF_HUB_VERBOSITY") or os.environ.get("HF_DEBUG")):
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]


be_quiet()
limit_waiting()
