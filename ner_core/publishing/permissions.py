"""Who may publish where: whose a token is, what a repository holds, and whether they fit."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from huggingface_hub import HfApi, ModelInfo, constants
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.utils import (  # type: ignore[attr-defined] # exported, but lazily
    build_hf_headers,
    get_session,
    hf_raise_for_status,
)

from ner_core.errors import PublishError
from ner_core.hub import client
from ner_core.hub.client import retried
from ner_core.hub.failures import Writing, explained
from ner_core.hub.repository_ids import check_repository
from ner_core.hub.sign_in import ONLY_FROM_HERE, missing_right, signed_in_token
from ner_core.publishing.files import CARD
from ner_core.publishing.outcome import RepoCheck
from ner_core.system.space import on_space

KNOWN_SECONDS = 60.0
"""For how long an account is not asked for again: the Hub allows few of these questions."""

_known: dict[str, tuple[float, "Account"]] = {}  # by token, in memory only


@dataclass(frozen=True)
class Account:
    """A person on the Hub, and what the token that was asked with is for.

    ``orgs`` maps organisations to the person's role in each. ``role`` is read, write or
    fineGrained; None where the Hub does not say, as for somebody signed in on a page. ``grants``
    are the permissions of a fine-grained token by the name of an account or a repository, those for
    everything under the empty name.
    """

    name: str
    orgs: Mapping[str, str] = field(default_factory=dict)
    role: str | None = None
    grants: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The accounts whose repositories this person can make and change."""
        return (self.name, *(name for name, role in self.orgs.items() if role != "read"))

    def may(self, permission: str, repo: str) -> bool:
        """Return whether the token allows ``repo.write`` or ``discussion.write`` in ``repo``."""
        if self.role != "fineGrained":
            return self.role != "read"
        owner = repo.split("/")[0]
        return any(permission in self.grants.get(name, ()) for name in ("", owner, repo))


@dataclass(frozen=True)
class Target:
    """A repository to publish to: whether it is there, its commit, its files.

    ``card`` are the entries at the top of its README.md, as the Hub reads them, ``card_id`` is what
    git calls that file; None where there is no README.md.
    """

    repo: str
    exists: bool
    private: bool | None = None
    commit: str | None = None
    files: tuple[str, ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict)
    card_id: str | None = None


def account_of(token: str) -> Account:
    """Return whose a token is, as the Hub says. Raises what the client raises."""
    now = time.monotonic()
    for other, (asked, _) in [*_known.items()]:
        if now - asked > KNOWN_SECONDS:
            _known.pop(other, None)
    if token not in _known:
        _known[token] = (now, _read_account(retried(lambda _: _whoami(token))))
    return _known[token][1]


def find_target(repo: str, token: str) -> Target:
    """Return what a repository holds, as the Hub says. Raises what the client raises."""

    def ask(_again: bool) -> ModelInfo:
        seconds = client.ANSWER_SECONDS
        return HfApi().model_info(repo, timeout=seconds, files_metadata=True, token=token)

    try:
        info = retried(ask)
    except RepositoryNotFoundError:
        return Target(repo, exists=False)
    files = {sibling.rfilename: sibling.blob_id for sibling in info.siblings or ()}
    card = info.card_data.to_dict() if info.card_data else {}  # type: ignore[no-untyped-call]
    return Target(repo, True, info.private, info.sha, tuple(files), card, files.get(CARD))


def authorize(target: Target, account: Account, pull_request: bool = False) -> None:
    """Raise PublishError where the Hub would refuse at the end what it is known to refuse."""
    repo = target.repo
    owner = repo.split("/")[0]
    if pull_request:
        if not target.exists:
            raise PublishError(
                f"The Hub has no repository {repo} that you may see, so no pull request can be "
                "opened in it. Publish without a pull request, which makes it, or correct the name."
            )
        if not (account.may("discussion.write", repo) or account.may("repo.write", repo)):
            raise PublishError(missing_right(repo, pull_request=True))
        return
    if owner not in account.namespaces:
        yours = " or ".join(account.namespaces)
        instead = f"Choose {account.name}/{repo.split('/')[1]}"
        if target.exists:
            instead += ", or open a pull request"
        raise PublishError(
            f"{repo} is somebody else's: you can write to repositories of {yours}. {instead}."
        )
    if not account.may("repo.write", repo):
        raise PublishError(missing_right(repo, new=not target.exists))


def suggest_repo(name: str, token: str | None = None) -> str:
    """Return OWNER/NAME with this name and the owner of the token as OWNER.

    Raises PublishError if nobody is signed in, or the Hub does not say who.
    """
    with explained(Writing(name)):
        return f"{account_of(signed_in_token(token)).name}/{name}"


def check_repo(repo: str, token: str | None = None, pull_request: bool = False) -> RepoCheck:
    """Return whether a model can be published under this name, and what would happen.

    ``token`` is a visitor's; without one it is that of this machine's owner, except on a Space.
    With ``pull_request`` it is whether the model can be proposed, also in a repository of somebody
    else's. The Hub has ``client.ANSWER_SECONDS`` for each of two answers. Raises nothing: where the
    Hub does not answer, or the answer is no, ``can_write`` is False and ``message`` says why. On a
    Space it is None for a repository of the visitor's that is there: it can be written to only if
    it was made from that Space, and only the attempt shows that.
    """
    target = Target(repo, exists=False)
    try:
        repo = check_repository(repo)
        with explained(Writing(repo, pull_request)):
            secret = signed_in_token(token)
            account = account_of(secret)
            target = find_target(repo, secret)
            authorize(target, account, pull_request)
    except PublishError as error:
        return RepoCheck(repo, target.exists, target.private, False, str(error))
    return RepoCheck(repo, target.exists, target.private, *_outlook(target, pull_request))


def _outlook(target: Target, pull_request: bool) -> tuple[bool | None, str]:
    """Return whether what nothing speaks against can be done, and what would happen."""
    repo = target.repo
    if not target.exists:
        return True, f"{repo} is new: publishing makes it."
    there = f"{repo} is there ({'private' if target.private else 'public'})"
    if pull_request:
        return True, f"{there}: publishing opens a pull request in it."
    adds = "publishing adds a commit to it"
    if CARD in target.files:
        adds += (
            f" and replaces its {CARD}; entries at its top that the new one lacks, such as a "
            "license, stay"
        )
    if not on_space():
        return True, f"{there} and yours to write: {adds}."
    return None, (
        f"{there} and yours. If it was made from here, {adds}. But {ONLY_FROM_HERE}: for any other "
        "choose a new name, or open a pull request."
    )


def _whoami(token: str) -> Any:
    # HfApi.whoami takes no time limit, and compares the token with this machine's own.
    url = f"{constants.ENDPOINT}/api/whoami-v2"
    answer = get_session().get(
        url, headers=build_hf_headers(token=token), timeout=client.ANSWER_SECONDS
    )
    hf_raise_for_status(answer)
    return answer.json()


def _read_account(told: Mapping[str, Any]) -> Account:
    """Return the account in an answer of the Hub; where it names no rights, all are assumed."""
    access = (told.get("auth") or {}).get("accessToken") or {}
    fine = access.get("fineGrained") or {}
    grants = {"": frozenset(fine.get("global") or ())}
    for scope in fine.get("scoped") or ():
        name = str((scope.get("entity") or {}).get("name"))
        grants[name] = grants.get(name, frozenset()) | frozenset(scope.get("permissions") or ())
    orgs = {str(org["name"]): str(org.get("roleInOrg")) for org in told.get("orgs") or ()}
    return Account(str(told["name"]), orgs, access.get("role"), grants)
