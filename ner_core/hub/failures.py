"""What can go wrong with the Hub, as a sentence each: one table, and one function that applies it.

No sentence holds a token: the words of others lose what looks like one.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from huggingface_hub import constants
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import (  # type: ignore[attr-defined] # exported, but lazily
    httpx,
    parse_ratelimit_headers,
)

from ner_core.errors import DataError, ModelError, NerError, PublishError
from ner_core.hub.sign_in import how_to_renew_token, how_to_sign_in, missing_right

_SECRET = re.compile(r"\b(?:hf|api_org)_\w+|(?<=[Bb]earer )\S+")
_INSTEAD = {"dataset": "a file or a folder", "model": "minilm, starter or a folder"}
_STORED = "files already stored aren't sent again"


@dataclass(frozen=True)
class Reading:
    """What is asked of the Hub: a dataset or a model. Failures are a DataError or a ModelError."""

    kind: Literal["dataset", "model"]
    repo: str


@dataclass(frozen=True)
class Writing:
    """What is done on the Hub: a repository is written to. Failures are a PublishError.

    ``files`` names what is sent, for the case that one of them goes meanwhile.
    """

    repo: str
    pull_request: bool = False
    files: str = "the files"


class NoAnswerError(Exception):
    """The cause of an error that is no answer of the Hub: it may still be asked later."""


def _is(*classes: type[BaseException]) -> Callable[[BaseException], bool]:
    return lambda error: isinstance(error, classes)


def _status(*numbers: int) -> Callable[[BaseException], bool]:
    return lambda error: status_of(error) in numbers


def _is_local_file(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.filename is not None


# The first row that fits counts: a gated repository, for one, is also "not found".
_TABLE: list[tuple[Callable[[BaseException], bool], str | None, str | None]] = [
    # what happened, the sentence when reading, the sentence when writing; None: go on to the next
    (
        _is(OfflineModeIsEnabled),
        "Offline: can't get the {kind} {repo} from the Hub. Unset HF_HUB_OFFLINE, {instead}.",
        "Offline: can't reach {repo} on the Hub. Unset HF_HUB_OFFLINE.",
    ),
    (
        _is(GatedRepoError),
        "Access to the {kind} {repo} is by request. Ask its owners at {page}, then {sign_in}.",
        None,
    ),
    (
        _is(DisabledRepoError),
        "The Hub has disabled the {kind} {repo}. Choose another one.",
        None,
    ),
    (
        _is(RepositoryNotFoundError),
        "The Hub has no {kind} {repo} that you can see. Check the name, or if it is private, "
        "{sign_in}.",
        "The Hub has no repository {repo} that you can see. Check its name.",
    ),
    (
        lambda error: is_of_xet(error) and status_of(error) not in (401, 403, 429),
        None,
        "Xet storage can't be used at {endpoint} ({status_and_reason}). Set HF_HUB_DISABLE_XET=1 "
        "to send the files without it, and try again.",
    ),
    (
        _status(401),
        "The {kind} {repo} needs a valid log-in (401): {sign_in}.",
        "The Hub doesn't accept your token (401): {renew}.",
    ),
    (
        _status(403),
        "You can't read the {kind} {repo} with this log-in (403): {sign_in}.",
        "{forbidden}",
    ),
    (_status(409, 412), None, "{conflict}"),
    (
        _status(429),
        "Too many requests to the Hub (429): can't read the {kind} {repo} now. Try again {when}, "
        "{instead}.",
        "Too many requests to the Hub (429): can't write to {repo} now. Try again {when}.",
    ),
    (_status(501), None, "{not_built}"),
    (
        lambda error: status_of(error) >= 500,
        None,
        "The Hub failed with error {status} while writing to {repo}. Try again in a few minutes: "
        "{stored}.",
    ),
    (
        _is(HfHubHTTPError),
        "The Hub answered with error {status} when asked for the {kind} {repo}. Try again in a "
        "few minutes, {instead}.",
        "The Hub refused the files for {repo} ({status_and_reason}). Correct that, or choose "
        "another repository.",
    ),
    (
        _is(httpx.ConnectError, httpx.ConnectTimeout),
        "Can't connect to {endpoint} to get the {kind} {repo}. Check your network and try again, "
        "{instead}.",
        "Can't connect to {endpoint}, where {repo} is. Check your network and try again.",
    ),
    (
        _is(httpx.TimeoutException),
        "{endpoint} did not answer about the {kind} {repo} within {seconds} seconds. Check your "
        "network and try again, {instead}.",
        "{host} did not answer within {seconds} seconds while writing to {repo}. Try again later: "
        "{stored}.",
    ),
    (
        _is(httpx.TransportError),
        "Lost the connection to {endpoint} while getting the {kind} {repo}. Check your network "
        "and try again, {instead}.",
        "Lost the connection each time while writing to {repo}. Try again: {stored}.",
    ),
    (
        _is_local_file,
        None,
        "A file went missing while writing to {repo} ({strerror}). If you renamed or deleted "
        "{files}, put them back and try again.",
    ),
    (
        _is(Exception),
        "Can't use the answer of {endpoint} about the {kind} {repo} ({short}). Check your network "
        "and try again, {instead}.",
        "Can't write to {repo} ({short}). Try again.",
    ),
]


@contextmanager
def explained(task: Reading | Writing) -> Iterator[None]:
    """Raise whatever fails in the block as a NerError with one sentence, see ``_TABLE``.

    A NerError goes through as it is. When reading, the cause of the error is a NoAnswerError if it
    was no answer of the Hub.
    """
    try:
        yield
    except NerError:
        raise
    except Exception as error:
        cause = cause_of(error)
        said = sentence(cause, task)
        if isinstance(task, Writing):
            raise PublishError(said) from None
        answered = is_answer(cause) and status_of(cause) < 500 and status_of(cause) != 429
        kind = DataError if task.kind == "dataset" else ModelError
        raise kind(said) from (None if answered else NoAnswerError())


def sentence(error: BaseException, task: Reading | Writing) -> str:
    """Return what happened and what to do, in one or two sentences."""
    column, fields = (
        (1, _reading(error, task)) if isinstance(task, Reading) else (2, _writing(error, task))
    )
    texts = (row[column] for row in _TABLE if row[0](error))
    return next(text for text in texts if isinstance(text, str)).format_map(fields)


def _reading(error: BaseException, task: Reading) -> dict[str, object]:
    folder = "datasets/" if task.kind == "dataset" else ""
    return {
        "kind": task.kind,
        "repo": task.repo,
        "page": f"{constants.ENDPOINT}/{folder}{task.repo}",
        "instead": f"or choose {_INSTEAD[task.kind]}",
        "sign_in": how_to_sign_in(),
        **_of_error(error),
    }


def _writing(error: BaseException, task: Writing) -> dict[str, object]:
    answer = error.response if isinstance(error, HfHubHTTPError) else None
    creating = answer is not None and answer.url.path == "/api/repos/create"
    said = _answer_text(error)
    forbidden = missing_right(task.repo, task.pull_request, creating)
    if task.pull_request and "disabled" in said:
        forbidden = (
            f"{task.repo} doesn't take pull requests. Publish without one, or ask its owner to "
            "turn them on."
        )
    conflict = f"Someone else changed {task.repo} meanwhile. Try again."
    if creating:
        conflict = f"The name {task.repo} is taken. Choose another one."
    reason = f"{status_of(error)}: {said}" if said else str(status_of(error))
    lacks = f"can't take files for {task.repo} ({reason}). Ask whoever runs it."
    if task.pull_request:
        lacks = f"can't open pull requests ({reason}). Publish without one."
    return {
        "repo": task.repo,
        "files": task.files,
        "stored": _STORED,
        "renew": how_to_renew_token(),
        "forbidden": forbidden,
        "conflict": conflict,
        "not_built": f"{constants.ENDPOINT} {lacks}",
        "status_and_reason": reason,
        **_of_error(error),
    }


def _of_error(error: BaseException) -> dict[str, object]:
    request = error.request if isinstance(error, httpx.TimeoutException) else None
    waited = request.extensions["timeout"]["read"] if request else 0
    pause = pause_asked_for(error.response) if isinstance(error, HfHubHTTPError) else None
    return {
        "when": f"in {pause} seconds" if pause else "in a few minutes",
        "endpoint": constants.ENDPOINT,
        "status": status_of(error),
        "short": shortened(error),
        "strerror": getattr(error, "strerror", None),
        "host": request.url.host if request else "",
        "seconds": f"{waited:g}",
    }


def cause_of(error: BaseException) -> BaseException:
    """Return what an upload or a download failed for; the client wraps it in errors of its own."""
    wrappers = (RuntimeError, LocalEntryNotFoundError)
    while isinstance(error, wrappers) and error.__cause__ is not None:
        error = error.__cause__
    return error


def is_answer(error: BaseException) -> bool:
    """Return whether a failure is an answer of the Hub, so that the Hub has done nothing."""
    return isinstance(cause_of(error), HfHubHTTPError)


def is_of_xet(error: BaseException) -> bool:
    """Return whether a failure is an answer to the question for a token of the Xet storage."""
    cause = cause_of(error)
    return isinstance(cause, HfHubHTTPError) and "/xet-write-token/" in cause.response.url.path


def status_of(error: BaseException) -> int:
    """Return the status of an answer of the Hub, 0 of any other failure."""
    cause = cause_of(error)
    return cause.response.status_code if isinstance(cause, HfHubHTTPError) else 0


def pause_asked_for(response: httpx.Response) -> int | None:
    """Return how many seconds the Hub asks to wait; None if it does not say."""
    limit = parse_ratelimit_headers(response.headers)
    if limit is not None and limit.remaining == 0:
        return int(limit.reset_in_seconds)
    asked = response.headers.get("Retry-After", "").strip()
    return int(asked) if asked.isdecimal() else None


def shortened(error: BaseException) -> str:
    """Return the name of an error that nobody foresaw and a few of its words, without a secret."""
    text = _SECRET.sub("…", " ".join(str(error).split()))[:80]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _answer_text(error: BaseException) -> str:
    text = (error.server_message or "") if isinstance(error, HfHubHTTPError) else ""
    return _SECRET.sub("…", " ".join(text.split()))[:120]
