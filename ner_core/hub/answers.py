"""Asking the Hub for what is read from it: short waits, and each failure one sentence."""

import time
from collections.abc import Callable
from typing import Literal, TypeVar

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils.tqdm import disable_progress_bars

from ner_core.errors import DataError, ModelError, NerError
from ner_core.hub.client import no_answer
from ner_core.hub.token import current_token, sign_in

ANSWER_SECONDS = 10.0
"""How long the Hub may take for an answer. The client of huggingface_hub itself has no limit."""
RETRY_SECONDS = 1.0
"""The pause before the one repetition, where the Hub fails or asks to wait."""

Kind = Literal["dataset", "model"]
Answer = TypeVar("Answer")

_INSTEAD: dict[Kind, str] = {
    "dataset": "or choose a file or a folder",
    "model": "or choose minilm, starter or a folder",
}
_ERRORS: dict[Kind, type[NerError]] = {"dataset": DataError, "model": ModelError}

disable_progress_bars()


class NoAnswerError(Exception):
    """The cause of an error that is no answer of the Hub: it may still be asked later."""


def asked(kind: Kind, repo: str, ask: Callable[[], Answer]) -> Answer:
    """Ask, and once more if the Hub fails.

    Raises DataError or ModelError for what cannot be had; its cause is a NoAnswerError if the Hub
    did not say so.
    """
    error_of = _ERRORS[kind]
    try:
        try:
            return ask()
        except HfHubHTTPError as error:
            if error.response.status_code < 500 and error.response.status_code != 429:
                raise
        time.sleep(RETRY_SECONDS)
        return ask()
    except NerError:
        raise
    except HfHubHTTPError as error:
        failed = error.response.status_code >= 500 or error.response.status_code == 429
        cause = NoAnswerError() if failed else None
        raise error_of(_refusal(kind, repo, error)) from cause
    # Whatever else goes wrong on the way: transport, Xet, the disk, an answer that is no JSON.
    except Exception as error:
        raise error_of(_failure(kind, repo, error)) from NoAnswerError()


def check_granted(kind: Kind, repo: str, commit: str, file: str) -> None:
    """Ask for the head of a file: of a gated repository anybody is told what files it has.

    Also, a download asks for it, but waits minutes for it where the Hub does not answer. Raises
    what the client raises.
    """
    url = hf_hub_url(repo, file, revision=commit, repo_type=kind)
    get_hf_file_metadata(url, timeout=ANSWER_SECONDS, token=current_token())


def _refusal(kind: Kind, repo: str, error: HfHubHTTPError) -> str:
    """Say what the Hub answered. The order matters: a gated repository is also one not found."""
    status = error.response.status_code
    if isinstance(error, GatedRepoError):
        page = f"{constants.ENDPOINT}/{'datasets/' if kind == 'dataset' else ''}{repo}"
        return (
            f"Expected access to the {kind} {repo}, found that its owners grant it on request; "
            f"ask for it at {page}, then {sign_in()}."
        )
    if isinstance(error, DisabledRepoError):
        return (
            f"Expected access to the {kind} {repo}, found that the Hub has disabled it; "
            "choose another one."
        )
    if isinstance(error, RepositoryNotFoundError):
        return (
            f"Expected a {kind} {repo} on the Hub, found none that you may see; "
            f"check the name, and if it is private, {sign_in()}."
        )
    if status in (401, 403):
        found = "no valid log-in" if status == 401 else "a log-in without the right to read it"
        return f"Expected access to the {kind} {repo}, found {found} ({status}); {sign_in()}."
    return (
        f"Expected an answer from the Hub about the {kind} {repo}, found the error {status}; "
        f"try again in a few minutes, {_INSTEAD[kind]}."
    )


def _failure(kind: Kind, repo: str, error: Exception) -> str:
    """Say why there was no answer, or none that can be used."""
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    if isinstance(error, OfflineModeIsEnabled) or isinstance(cause, OfflineModeIsEnabled):
        return (
            f"Expected to ask the Hub for the {kind} {repo}, found offline mode; "
            f"unset HF_HUB_OFFLINE, {_INSTEAD[kind]}."
        )
    wanted = f"Expected an answer from {constants.ENDPOINT} about the {kind} {repo}"
    found = no_answer(error, cause, seconds=ANSWER_SECONDS)
    return f"{wanted}, found {found}; check the network and try again, {_INSTEAD[kind]}."
