"""Signing in to the Hub: the token to write with, and what to do where one lacks a right."""

import re

from huggingface_hub import constants, get_token
from huggingface_hub.errors import LocalTokenNotFoundError

from ner_core.errors import PublishError
from ner_core.hub.token import visitors_token
from ner_core.system.space import on_space

ONLY_FROM_HERE = "signing in here lets you write only to repositories made from here"
"""What the scope of visitors of a Space, contribute-repos, allows."""

_TOKEN = re.compile(r"[!-~]+")


def signed_in_token(token: str | None = None) -> str:
    """Return the token to write with: the one that is passed, or that of this machine's owner.

    On a Space the machine's own is its owner's, and no visitor's. Raises PublishError if there is
    none, or it cannot be one.
    """
    if token is None and not on_space():
        try:
            token = get_token()
        except (LocalTokenNotFoundError, OSError):
            token = None
    if not token:
        remedy = "Sign in on the page" if on_space() else "Run `hf auth login` or set HF_TOKEN"
        raise PublishError(f"Not signed in. {remedy}.")
    if not _TOKEN.fullmatch(token):
        raise PublishError("Your Hub token has characters that no token has. Copy it again.")
    return token


def missing_right(repo: str, pull_request: bool = False, new: bool = False) -> str:
    """Return which right a token lacks, and what to do; ``new`` if the repository is to be made."""
    owner, action = repo.split("/")[0], "open pull requests in" if pull_request else "write to"
    if on_space() and not (pull_request or new):
        return (
            f"{repo} wasn't made from here, and {ONLY_FROM_HERE}. Choose a new name, or open a "
            "pull request."
        )
    if on_space():
        scope = "write-discussions" if pull_request else f"contribute-repos for {owner}"
        remedy = f"Sign out and in again, and grant {scope}"
    else:
        right = "discussion.write" if pull_request else "repo.write"
        remedy = (
            f"Make a write token at {constants.ENDPOINT}/settings/tokens, or a fine-grained one "
            f"with {right} for {owner}"
        )
    return f"Your token can't {action} {repo}. {remedy}."


def how_to_renew_token() -> str:
    """Return how to get a token that the Hub accepts."""
    return "sign out and in again" if on_space() else "run hf auth login, or set HF_TOKEN"


def how_to_sign_in() -> str:
    """Return how to become somebody who may see more."""
    if not on_space():
        return "log in with hf auth login or set HF_TOKEN"
    if visitors_token():
        return "sign in as someone who can see it"
    return "sign in with Hugging Face"
