"""Asking the Hugging Face Hub about a dataset: short waits, and each failure one sentence."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from huggingface_hub import (
    HfApi,
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.tqdm import disable_progress_bars

from ner_core.errors import DataError
from ner_core.hub_access import no_answer, on_space

ANSWER_SECONDS = 10.0
"""How long the Hub may take for an answer. The client of huggingface_hub itself has no limit."""
RETRY_SECONDS = 1.0
"""The pause before the one repetition, where the Hub fails or asks to wait."""

_INSTEAD = "or choose a file or a folder"
_LOG_IN = "log in with hf auth login or set HF_TOKEN"

Answer = TypeVar("Answer")

disable_progress_bars()


@dataclass(frozen=True)
class Repository:
    """A dataset repository at one revision: its commit, its files, the YAML part of its card."""

    commit: str
    files: tuple[str, ...]
    card: dict[str, Any]


def repository(repo: str, revision: str | None) -> Repository | None:
    """Ask the Hub what a dataset repository holds; None if it has no such revision.

    The Hub is asked each time, so that a repository that has gone is never read from a cache in
    silence. Raises DataError if there is no such repository, or no answer.
    """

    def ask() -> Repository | None:
        try:
            info = HfApi().dataset_info(
                repo, revision=revision, timeout=ANSWER_SECONDS, token=_token()
            )
        except RevisionNotFoundError:
            return None
        files = tuple(sibling.rfilename for sibling in info.siblings or ())
        card = dict(vars(info.card_data)) if info.card_data else {}
        return Repository(info.sha or "", files, card)

    return _asked(repo, ask)


def download(repo: str, commit: str, file: str) -> Path:
    """Give a file of a dataset at a commit, downloaded into the cache of huggingface_hub.

    A file that is there already is given without asking the Hub. Raises DataError if it cannot be
    had.
    """
    cached = try_to_load_from_cache(repo, file, revision=commit, repo_type="dataset")
    if isinstance(cached, str):
        return Path(cached)

    def fetch() -> Path:
        # hf_hub_download asks for this too, but waits minutes for it where the Hub does not answer.
        url = hf_hub_url(repo, file, revision=commit, repo_type="dataset")
        get_hf_file_metadata(url, timeout=ANSWER_SECONDS, token=_token())
        return Path(
            hf_hub_download(repo, file, revision=commit, repo_type="dataset", token=_token())
        )

    return _asked(repo, fetch)


def _token() -> bool | None:
    """Give what huggingface_hub takes for a token: on one's own machine the one stored there.

    On a Space it would be the owner's, who does not mean to show private datasets to visitors.
    """
    return False if on_space() else None


def _asked(repo: str, ask: Callable[[], Answer]) -> Answer:
    """Ask, and once more if the Hub fails; raise DataError for what cannot be had."""
    try:
        try:
            return ask()
        except HfHubHTTPError as error:
            if error.response.status_code < 500 and error.response.status_code != 429:
                raise
        time.sleep(RETRY_SECONDS)
        return ask()
    except HfHubHTTPError as error:
        raise DataError(_refusal(repo, error)) from None
    # Whatever else goes wrong on the way: transport, Xet, the disk, an answer that is no JSON.
    except Exception as error:
        raise DataError(_failure(repo, error)) from None


def _refusal(repo: str, error: HfHubHTTPError) -> str:
    """Say what the Hub answered. The order matters: a gated repository is also one not found."""
    status = error.response.status_code
    if isinstance(error, GatedRepoError):
        return (
            f"Expected access to the dataset {repo}, found that its owners grant it on request; "
            f"ask for it at {constants.ENDPOINT}/datasets/{repo}, then {_LOG_IN}."
        )
    if isinstance(error, DisabledRepoError):
        return (
            f"Expected access to the dataset {repo}, found that the Hub has disabled it; "
            "choose another one."
        )
    if isinstance(error, RepositoryNotFoundError):
        return (
            f"Expected a dataset {repo} on the Hub, found none that you may see; "
            f"check the name, and if it is private, {_LOG_IN}."
        )
    if status in (401, 403):
        found = "no valid log-in" if status == 401 else "a log-in without the right to read it"
        return f"Expected access to the dataset {repo}, found {found} ({status}); {_LOG_IN}."
    return (
        f"Expected an answer from the Hub about the dataset {repo}, found the error {status}; "
        f"try again in a few minutes, {_INSTEAD}."
    )


def _failure(repo: str, error: Exception) -> str:
    """Say why there was no answer, or none that can be used."""
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    if isinstance(error, OfflineModeIsEnabled) or isinstance(cause, OfflineModeIsEnabled):
        return (
            f"Expected to ask the Hub for the dataset {repo}, found offline mode; "
            f"unset HF_HUB_OFFLINE, {_INSTEAD}."
        )
    wanted = f"Expected an answer from {constants.ENDPOINT} about the dataset {repo}"
    found = no_answer(error, cause, seconds=ANSWER_SECONDS)
    return f"{wanted}, found {found}; check the network and try again, {_INSTEAD}."
