"""Who may publish where: whose a token is, what a repository holds, and whether they fit."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from huggingface_hub import DatasetInfo, HfApi, ModelInfo, SpaceInfo, constants
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.utils import (  # type: ignore[attr-defined] # exported, but lazily
    build_hf_headers,
    get_session,
    hf_raise_for_status,
)

from ner_core.errors import PublishError
from ner_core.hub import client
from ner_core.hub.cards import CARD, CardError, read_card
from ner_core.hub.client import retried
from ner_core.hub.failures import Writing, explained
from ner_core.hub.repository_ids import check_repository
from ner_core.hub.sign_in import ONLY_FROM_HERE, missing_right, signed_in_token
from ner_core.publishing.outcome import RepoCheck, visibility
from ner_core.system.space import on_space

KNOWN_SECONDS = 60.0
"""For how long an account is not asked for again: the Hub allows few of these questions."""

Kind = Literal["model", "dataset"]
"""Of a repository with a card."""

_FOLDERS = {"model": "", "dataset": "datasets/", "space": "spaces/"}
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

    ``private`` is None where it is not there, or the Hub does not say. ``card`` are the entries at
    the top of its README.md, None where they can't be read; ``card_id`` is what git calls that
    file, None where there is none. ``kind`` is that of the repository.
    """

    repo: str
    exists: bool
    private: bool | None = None
    commit: str | None = None
    files: tuple[str, ...] = ()
    card: Mapping[str, Any] | None = field(default_factory=dict)
    card_id: str | None = None
    kind: Literal["model", "dataset", "space"] = "model"

    @property
    def visibility(self) -> str:
        """``private`` or ``public``, or that it is not known."""
        return visibility(self.private)

    @property
    def page(self) -> str:
        """The address of the page of the repository."""
        return f"{constants.ENDPOINT}/{_FOLDERS[self.kind]}{self.repo}"


def account_of(token: str) -> Account:
    """Return whose a token is, as the Hub says. Raises what the client raises."""
    now = time.monotonic()
    for other, (asked, _) in [*_known.items()]:
        if now - asked > KNOWN_SECONDS:
            _known.pop(other, None)
    if token not in _known:
        _known[token] = (now, _read_account(retried(lambda _: _whoami(token))))
    return _known[token][1]


def find_target(repo: str, token: str, kind: Kind = "model") -> Target:
    """Return what a repository with a card holds, as the Hub says. Raises what the client does."""

    def ask(_again: bool) -> ModelInfo | DatasetInfo:
        api, seconds = HfApi(token=token), client.ANSWER_SECONDS
        info = api.model_info if kind == "model" else api.dataset_info
        return info(repo, timeout=seconds, files_metadata=True)

    try:
        info = retried(ask)
    except RepositoryNotFoundError:
        return Target(repo, exists=False, kind=kind)
    files = {sibling.rfilename: sibling.blob_id for sibling in info.siblings or ()}
    card: Mapping[str, Any] | None = {}
    if info.card_data:
        card = info.card_data.to_dict()  # type: ignore[no-untyped-call]
    elif CARD in files:
        card = _read_card(kind, repo, info.sha, token)
    return Target(repo, True, info.private, info.sha, tuple(files), card, files.get(CARD), kind)


def _read_card(kind: Kind, repo: str, commit: str | None, token: str) -> Mapping[str, Any] | None:
    try:
        return retried(lambda _: read_card(kind, repo, commit, token))
    except CardError:
        return None


def find_space(repo: str, token: str) -> Target:
    """Return what a Space holds, as the Hub says. Raises what the client raises."""

    def ask(_again: bool) -> SpaceInfo:
        return HfApi().space_info(repo, timeout=client.ANSWER_SECONDS, token=token)

    try:
        info = retried(ask)
    except RepositoryNotFoundError:
        return Target(repo, exists=False, kind="space")
    files = tuple(sibling.rfilename for sibling in info.siblings or ())
    return Target(repo, True, info.private, info.sha, files, kind="space")


def check_visibility(target: Target, private: bool | None) -> None:
    """Raise PublishError if a repository is not as private, or as public, as somebody wishes.

    None is no wish. What is pushed to a repository that is there is as visible as that is.
    """
    if private is None or not target.exists or target.private is private:
        return
    wish = "private" if private else "public"
    now = f"{target.repo} is already {target.visibility}"
    if target.private is None:
        now = f"the Hub doesn't say whether {target.repo} is private or public"
    raise PublishError(
        f"Nothing sent: {now}, but you asked for {wish}. Make it {wish} at "
        f"{target.page}/settings first, or don't ask for {wish}."
    )


def authorize(target: Target, account: Account, pull_request: bool = False) -> None:
    """Raise PublishError where the Hub would refuse at the end what it is known to refuse.

    Also where the entries at the top of a card would be lost.
    """
    repo = target.repo
    owner = repo.split("/")[0]
    if pull_request:
        if not target.exists:
            raise PublishError(
                f"The Hub has no repository {repo} that you can see, so you can't open a pull "
                "request there. Publish without one to create it, or correct the name."
            )
        if not (account.may("discussion.write", repo) or account.may("repo.write", repo)):
            raise PublishError(missing_right(repo, pull_request=True))
        return
    if owner not in account.namespaces:
        yours = " or ".join(account.namespaces)
        instead = f"choose {account.name}/{repo.split('/')[1]}"
        if target.exists and target.kind != "space":
            instead += ", or open a pull request"
        raise PublishError(
            f"{repo} belongs to {owner}. Signed in as {account.name}, you can write to "
            f"repositories of {yours} only: {instead}."
        )
    if not account.may("repo.write", repo):
        raise PublishError(missing_right(repo, new=not target.exists))
    if target.card is None:
        raise PublishError(
            f"Can't read the entries at the top of the {CARD} of {repo}, so publishing would lose "
            f"them. Correct them at {target.page}/edit/main/{CARD}, then publish."
        )


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
        return True, f"{repo} is new: publishing creates it."
    there = f"{repo} is there ({target.visibility})"
    if pull_request:
        return True, f"{there}: publishing opens a pull request in it."
    adds = "publishing adds a commit to it"
    if CARD in target.files:
        adds += (
            f" and replaces its {CARD}, but keeps entries that its owner wrote at the top, such "
            "as a license"
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
