"""One commit, or one pull request, in a repository of the Hub, which is made if it is not there."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import CommitInfo, CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.utils.sha import git_hash

from ner_core.hub.cards import CARD
from ner_core.hub.client import may_pass, retried
from ner_core.hub.failures import is_answer
from ner_core.hub.sign_in import signed_in_token
from ner_core.hub.xet import with_reason_of_xet
from ner_core.publishing.outcome import Progress, Published
from ner_core.publishing.permissions import (
    Kind,
    Target,
    account_of,
    authorize,
    check_visibility,
    find_target,
)

ASKING, SENDING, COMMITTING = "asking the Hub", "sending the files", "writing the commit"
"""The phases of publishing, in their order."""
_PHASES = (ASKING, SENDING, COMMITTING)

Report = Callable[[str], None]


@dataclass(frozen=True)
class Shipment:
    """What is pushed: files or their contents by name, among them the card.

    ``kept`` are the names of the entries at the top of the card before that are taken over.
    ``outdated`` returns which of the files that are there have to go, since they would be read in
    place of what is pushed.
    """

    files: Mapping[str, Path | bytes]
    kept: tuple[str, ...]
    outdated: Callable[[Iterable[str]], list[str]]


@dataclass(frozen=True)
class Wish:
    """Where to push to, and how.

    ``private`` is whether the repository is to be private, None to leave one that is there as it
    is, and to make a new one private. ``size`` is told with the progress while files are sent.
    """

    repo: str
    kind: Kind
    message: str
    token: str | None = None
    private: bool | None = None
    pull_request: bool = False
    size: int = 0
    progress: Callable[[Progress], None] | None = None

    def report(self, what: str) -> None:
        """Report which phase is under way; what is no phase is the end."""
        phase = _PHASES.index(what) if what in _PHASES else len(_PHASES)
        if self.progress:
            size = self.size if what == SENDING else 0
            self.progress(Progress(what, phase, len(_PHASES), size))


def push(wish: Wish, compose: Callable[[Mapping[str, Any]], Shipment]) -> Published:
    """Ask whether it is allowed, then send what ``compose`` returns and commit it.

    ``compose`` gets the entries at the top of the card that is there. What the repository holds
    already makes no commit. Raises PublishError, and what the client raises.
    """
    secret = signed_in_token(wish.token)
    wish.report(ASKING)
    account = account_of(secret)
    target = find_target(wish.repo, secret, wish.kind)
    authorize(target, account, wish.pull_request)
    check_visibility(target, wish.private)
    shipment = compose(target.card or {})
    if not target.exists:
        private = wish.private is not False
        target = _create(wish, secret, private)
        check_visibility(target, private)
    done = _send(target, shipment, secret, wish)
    changed = done.oid != target.commit
    wish.report("published" if changed else "nothing changed")
    own_card = blob_id(shipment.files[CARD])
    return Published(
        target.page,
        done.oid,
        done.pr_url,
        wish.repo,
        changed,
        card_replaced=not wish.pull_request and target.card_id not in (None, own_card),
        kept=shipment.kept,
        private=target.private,
    )


def blob_id(content: Path | bytes) -> str:
    """Return what git calls a file of this content."""
    return str(git_hash(content if isinstance(content, bytes) else content.read_bytes()))


def _create(wish: Wish, secret: str, private: bool) -> Target:
    """Create the repository, and return what it begins with."""

    def create(again: bool) -> None:
        # The second time it may be there because the answer to the first was lost.
        HfApi().create_repo(
            wish.repo, repo_type=wish.kind, token=secret, private=private, exist_ok=again
        )

    retried(create)
    return find_target(wish.repo, secret, wish.kind)


def _send(target: Target, shipment: Shipment, secret: str, wish: Wish) -> CommitInfo:
    """Send what is not stored yet, then commit; all of it once more after a failure that may pass.

    The client itself tries five times to send a file, and once to commit.
    """
    api = HfApi(token=secret)
    repo, kind, pull_request = target.repo, target.kind, wish.pull_request
    committing = False

    def send(again: bool) -> CommitInfo:
        nonlocal committing
        # Described anew each time: what an earlier commit has done, though its answer was lost,
        # is then seen to be there.
        there = find_target(repo, secret, wish.kind).files if again else target.files
        additions = [_addition(name, content) for name, content in shipment.files.items()]
        deletions = [CommitOperationDelete(name) for name in shipment.outdated(there)]
        wish.report(SENDING)
        with with_reason_of_xet(repo, kind, secret, pull_request):
            api.preupload_lfs_files(repo, additions, repo_type=kind, create_pr=pull_request)
        wish.report(COMMITTING)
        committing = True
        return api.create_commit(
            repo,
            [*deletions, *additions],
            commit_message=wish.message,
            repo_type=kind,
            create_pr=pull_request,
        )

    def may_send_again(error: BaseException) -> bool:
        # A pull request whose answer was lost may be open: a second one would be too much.
        may_be_open = committing and pull_request and not is_answer(error)
        return may_pass(error) and not may_be_open

    return retried(send, may_send_again)


def _addition(name: str, content: Path | bytes) -> CommitOperationAdd:
    if isinstance(content, Path):
        content.stat()  # the client would say in words of its own that it is not there
    return CommitOperationAdd(name, content)
