"""The entries at the top of a repository's README.md, where the Hub's API does not give them."""

from typing import Any

from huggingface_hub import RepoCard, hf_hub_url
from huggingface_hub.utils import (  # type: ignore[attr-defined] # exported, but lazily
    build_hf_headers,
    get_session,
    hf_raise_for_status,
)

from ner_core.hub import client

CARD = "README.md"
"""The file with the card of a repository."""


class CardError(ValueError):
    """Raised when the entries of a card are no YAML, or no mapping."""


def entries_of(content: str) -> dict[str, Any]:
    """Return the entries at the top of a card, empty if it has none.

    Raises CardError if they can't be read.

    >>> entries_of("---\\nlicense: mit\\n---\\n# A model")
    {'license': 'mit'}
    >>> entries_of("# A model")
    {}
    """
    content = content.removeprefix("\ufeff")
    if not content.lstrip().startswith("---"):
        return {}
    try:
        data = RepoCard(content).data
    except Exception as error:  # a card is written by strangers, and parsed by two libraries
        raise CardError(type(error).__name__) from error
    return {name: value for name, value in vars(data).items() if value is not None}


def read_card(kind: str, repo: str, commit: str | None, token: str | bool | None) -> dict[str, Any]:
    """Return the entries of a repository's README.md; ``kind`` is ``model`` or ``dataset``.

    Raises CardError if they can't be read, and what the client raises.
    """
    answer = get_session().get(
        hf_hub_url(repo, CARD, revision=commit, repo_type=kind),
        headers=build_hf_headers(token=token),
        timeout=client.ANSWER_SECONDS,
    )
    hf_raise_for_status(answer)
    return entries_of(answer.text)
