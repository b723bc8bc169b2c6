"""Asking the Hugging Face Hub about a dataset, and downloading its files."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import (
    HfApi,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import RevisionNotFoundError

from ner_core.errors import DataError
from ner_core.hub import client
from ner_core.hub.cards import CARD, CardError, read_card
from ner_core.hub.client import check_granted, read_from_hub
from ner_core.hub.failures import Reading
from ner_core.hub.token import current_token


@dataclass(frozen=True)
class Repository:
    """A dataset repository at one revision: its commit, its files, the YAML part of its card."""

    commit: str
    files: tuple[str, ...]
    card: dict[str, Any]


def repository(repo: str, revision: str | None) -> Repository | None:
    """Return what a dataset repository on the Hub holds, None if it has no such revision.

    The Hub is asked each time, so that a repository that has gone is never read from a cache in
    silence, and what somebody else downloaded is not read for those who may not see it. Raises
    DataError if there is no such repository, or no answer.
    """

    what = Reading("dataset", repo)

    def ask() -> Repository | None:
        seconds, token = client.ANSWER_SECONDS, current_token()
        try:
            info = HfApi().dataset_info(repo, revision=revision, timeout=seconds, token=token)
        except RevisionNotFoundError:
            return None
        files = tuple(sibling.rfilename for sibling in info.siblings or ())
        if info.gated and files:
            check_granted(what, info.sha or "main", files[0])
        card: dict[str, Any] = {}
        if info.card_data:
            card = dict(vars(info.card_data))
        elif CARD in files:  # some servers do not read it for their API
            with contextlib.suppress(CardError):
                card = read_card("dataset", repo, info.sha or revision, token)
        return Repository(info.sha or "", files, card)

    return read_from_hub(what, ask)


def size_of(repo: str, commit: str, file: str) -> int:
    """Return the bytes of a dataset's file at a commit. Raises DataError if the Hub doesn't say."""
    url = hf_hub_url(repo, file, revision=commit, repo_type="dataset")

    def ask() -> int:
        token = current_token()
        size = get_hf_file_metadata(url, timeout=client.ANSWER_SECONDS, token=token).size
        if size is None:
            raise DataError(f"The Hub doesn't say how large {file} of {repo} is. Try again later.")
        return size

    return read_from_hub(Reading("dataset", repo), ask)


def download(repo: str, commit: str, file: str) -> Path:
    """Return the path of a dataset's file at a commit, downloaded into huggingface_hub's cache.

    The Hub is not asked for a file that is there already: ``repository`` has asked. Raises
    DataError if it cannot be had.
    """
    cached = try_to_load_from_cache(repo, file, revision=commit, repo_type="dataset")
    if isinstance(cached, str):
        return Path(cached)

    what = Reading("dataset", repo)

    def fetch() -> Path:
        check_granted(what, commit, file)
        token = current_token()
        return Path(hf_hub_download(repo, file, revision=commit, repo_type="dataset", token=token))

    return read_from_hub(what, fetch)
