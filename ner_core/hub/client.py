"""How the project speaks to the Hub: nothing waits for ever, and each failure is one sentence.

The token is passed from call to call in memory. It is in no message: what is said about a failure
is made here, of its kind, and other texts lose what looks like a token.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from huggingface_hub import constants, get_token, set_client_factory
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import httpx  # type: ignore[attr-defined] # exported, but lazily
from huggingface_hub.utils._http import (
    default_client_factory,
    hf_raise_for_status,
    parse_ratelimit_headers,
)

from ner_core.errors import NerError, PublishError
from ner_core.system.space import on_space as on_space

CONNECT_SECONDS = 10.0
"""How long a connection to the Hub may take."""
SILENT_SECONDS = 60.0
"""How long the Hub, or what stores its files, may be silent in the midst of a call."""
LONGEST_PAUSE_SECONDS = 60
"""The longest wait that the Hub may ask for before a call is given up instead."""
RETRY_SECONDS = 2.0
"""The pause before the one repetition of what the client itself does not repeat, or in vain."""

_TOKEN = re.compile(r"[!-~]+")
_SECRET = re.compile(r"\b(?:hf|api_org)_\w+|(?<=[Bb]earer )\S+")
_STORED = "what is stored already is not sent again"
_DROPPED = (httpx.NetworkError, httpx.RemoteProtocolError)

Answer = TypeVar("Answer")


@cache
def limit_waiting() -> None:
    """Give the client of huggingface_hub, in this process, the limits that it lacks.

    Also what asks for no limit gets one: datasets and models are loaded by the same client.
    """
    set_client_factory(_limited_client)


def _limited_client() -> httpx.Client:
    client = default_client_factory()
    hooks = client.event_hooks
    client.event_hooks = {
        "request": [*hooks.get("request", ()), _limit],
        "response": [*hooks.get("response", ()), _refuse_long_pause],
    }
    return client


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


def pause_asked_for(response: httpx.Response) -> int | None:
    """Give how many seconds the Hub asks to wait; None if it does not say."""
    limit = parse_ratelimit_headers(response.headers)
    if limit is not None and limit.remaining == 0:
        return limit.reset_in_seconds
    asked = response.headers.get("Retry-After", "").strip()
    return int(asked) if asked.isdecimal() else None


def signed_in_token(token: str | None = None) -> str:
    """Give the token to write with: the one that is passed, or that of this machine's owner.

    On a Space the machine's own is its owner's, and no visitor's. Raises PublishError if there is
    none, or it cannot be one.
    """
    if token is None and not on_space():
        try:
            token = get_token()
        except (LocalTokenNotFoundError, OSError):
            token = None
    if not token:
        remedy = "sign in on the page" if on_space() else "run hf auth login, or set HF_TOKEN"
        raise PublishError(
            f"Expected somebody who is signed in to the Hub, found no token; {remedy}."
        )
    if not _TOKEN.fullmatch(token):
        raise PublishError(
            "Expected a token of the Hub, found one with characters that none has; copy it again."
        )
    return token


def passes(error: BaseException) -> bool:
    """Tell whether a failure may be gone next time: a fault of the Hub, or a lost connection."""
    error = cause_of(error)
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code >= 500
    return isinstance(error, _DROPPED) and not isinstance(error, httpx.ConnectError)


def answered(error: BaseException) -> bool:
    """Tell whether a failure is an answer of the Hub, so that it has done nothing."""
    return isinstance(cause_of(error), HfHubHTTPError)


def persist(ask: Callable[[bool], Answer]) -> Answer:
    """Ask, and once more after a failure that may pass; ``ask`` is told if it is the second time.

    Raises what the last of them raised.
    """
    try:
        return ask(False)
    except Exception as error:
        if not passes(error):
            raise
    time.sleep(RETRY_SECONDS)
    return ask(True)


@contextmanager
def explained(repo: str, pull_request: bool = False) -> Iterator[None]:
    """Turn whatever fails while a repository is written to into one sentence: PublishError."""
    try:
        yield
    except NerError:
        raise
    except Exception as error:
        found = cause_of(error)
        if isinstance(found, HfHubHTTPError):
            raise PublishError(_refusal(repo, found, pull_request)) from None
        raise PublishError(_failure(repo, found)) from None


@contextmanager
def staying(files: str) -> Iterator[None]:
    """Turn a file that goes, or cannot be read, while it is sent into one sentence: PublishError.

    ``files`` says what the files are; the path of the one that went is in no message. Within
    ``explained``, which would take the Hub to be at fault.
    """
    try:
        yield
    except Exception as error:
        found = cause_of(error)
        if not isinstance(found, OSError) or found.filename is None:
            raise
        raise PublishError(
            f"Expected {files} to stay where they are, found {found.strerror}; look whether they "
            "were renamed or deleted, and try again."
        ) from None


def cause_of(error: BaseException) -> BaseException:
    """Find what a failed upload was raised for; the client wraps it in a RuntimeError."""
    while isinstance(error, RuntimeError) and error.__cause__ is not None:
        error = error.__cause__
    return error


ONLY_FROM_HERE = "a sign-in here writes only to repositories that were made from here"
"""What the scope of visitors of a Space, contribute-repos, is for."""


def missing_right(repo: str, pull_request: bool = False, new: bool = False) -> str:
    """Say which right a token lacks, and what to do; ``new`` if the repository is to be made."""
    owner, action = repo.split("/")[0], "open pull requests in" if pull_request else "write to"
    if on_space() and not (pull_request or new):
        return (
            f"Expected a repository that was made from here, found {repo}: {ONLY_FROM_HERE}; "
            "choose a new name, or open a pull request."
        )
    if on_space():
        scope = "write-discussions" if pull_request else f"contribute-repos for {owner}"
        remedy = f"sign out and in again, and grant {scope}"
    else:
        right = "discussion.write" if pull_request else "repo.write"
        remedy = (
            f"make one of the type write at {constants.ENDPOINT}/settings/tokens, or a "
            f"fine-grained one with {right} for {owner}"
        )
    return f"Expected a token that may {action} {repo}, found one without that right; {remedy}."


def shortened(error: BaseException) -> str:
    """Name an error that nobody foresaw, in a few words without a secret."""
    text = _SECRET.sub("…", " ".join(str(error).split()))[:80]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def no_answer(*errors: BaseException, seconds: float) -> str:
    """Say in a few words what was found instead of an answer: of an error, and what it came of."""
    if any(isinstance(error, httpx.TimeoutException) for error in errors):
        return f"none within {seconds:g} seconds"
    if any(isinstance(error, httpx.TransportError) for error in errors):
        return "no connection"
    return shortened(errors[0])


def _refusal(repo: str, error: HfHubHTTPError, pull_request: bool) -> str:
    """Say what the Hub answered instead of taking what was written."""
    status = error.response.status_code
    said = _SECRET.sub("…", " ".join((error.server_message or "").split()))[:120]
    if isinstance(error, RepositoryNotFoundError):
        return (
            f"Expected a repository {repo} on the Hub, found none that you may see; check its name."
        )
    if status == 401:
        remedy = "sign out and in again" if on_space() else "run hf auth login, or set HF_TOKEN"
        return f"Expected a token that the Hub knows, found one that it refuses (401); {remedy}."
    if status == 403 and pull_request and "disabled" in said:
        return (
            f"Expected pull requests to be open in {repo}, found that they are disabled there; "
            "publish without one, or ask its owner to turn them on."
        )
    creating = error.response.url.path == "/api/repos/create"
    if status == 403:
        return missing_right(repo, pull_request, creating)
    if status == 429:
        pause = pause_asked_for(error.response)
        when = f"in {pause} seconds" if pause else "in a few minutes"
        return (
            f"Expected the Hub to let {repo} be written, found that too much was asked of it "
            f"lately (429); try again {when}."
        )
    if status == 409 and creating:
        return f"Expected a name that is free, found that {repo} is taken; choose another one."
    if status in (409, 412):
        return f"Expected {repo} to be left alone meanwhile, found another change; try again."
    if status >= 500:
        return (
            f"Expected the Hub to take what is written to {repo}, found its error {status}; try "
            f"again in a few minutes: {_STORED}."
        )
    reason = f"{status}: {said}" if said else str(status)
    return (
        f"Expected the Hub to take what is written to {repo}, found that it refuses it "
        f"({reason}); mend that, or choose another repository."
    )


def _failure(repo: str, error: BaseException) -> str:
    """Say why there was no answer, or none that can be used."""
    endpoint = constants.ENDPOINT
    if isinstance(error, OfflineModeIsEnabled):
        return f"Expected to ask the Hub for {repo}, found offline mode; unset HF_HUB_OFFLINE."
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        return (
            f"Expected a connection to {endpoint} to write to {repo}, found none; check the "
            "network and try again."
        )
    if isinstance(error, httpx.TimeoutException):
        waited = error.request.extensions["timeout"]["read"]
        return (
            f"Expected an answer from {error.request.url.host} while {repo} is written to, found "
            f"{no_answer(error, seconds=waited)}; try again later: {_STORED}."
        )
    if isinstance(error, httpx.TransportError):
        return (
            f"Expected the connection to hold while {repo} is written to, found that it breaks off "
            f"each time; try again: {_STORED}."
        )
    return (
        f"Expected the Hub to take what is written to {repo}, found {shortened(error)}; try again."
    )


limit_waiting()
