"""Publishing a run to the Hub: one commit, or one pull request, with all that was learned."""

from collections.abc import Callable
from pathlib import Path

from huggingface_hub import (
    CommitInfo,
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    constants,
)

from ner_core.hub.cards import CARD
from ner_core.hub.client import may_pass, retried
from ner_core.hub.failures import Writing, explained, is_answer
from ner_core.hub.repository_ids import check_repository
from ner_core.hub.sign_in import signed_in_token
from ner_core.hub.xet import with_reason_of_xet
from ner_core.publishing.card.document import taken_over
from ner_core.publishing.files import blob_id, files_to_push, model_files, outdated
from ner_core.publishing.outcome import Progress, Published
from ner_core.publishing.permissions import (
    Target,
    account_of,
    authorize,
    check_visibility,
    find_target,
)
from ner_core.runs.run import Run

ASKING, SENDING, COMMITTING = "asking the Hub", "sending the files", "writing the commit"
"""The phases of publishing, in their order."""
_PHASES = (ASKING, SENDING, COMMITTING)

Report = Callable[[str], None]


def publish(
    run: Run,
    repo: str,
    *,
    token: str | None = None,
    private: bool | None = None,
    pull_request: bool = False,
    message: str | None = None,
    adapter: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Published:
    """Push a run's model with its card and record to the Hub; the run stays as it is.

    Args:
        run: a run that has ended and has a model.
        repo: the repository, OWNER/NAME. One that is not there is made.
        token: the token to write with; None for the one that is stored on this machine.
        private: whether the repository is to be private, which is refused if it is there and is
            not so; None to leave one that is there as it is, and to make a new one private.
        pull_request: propose the commit instead, also in somebody else's repository.
        message: the commit message; None for one with the run's id.
        adapter: push the run's LoRA adapter in place of the merged model.
        progress: called with each phase, see ``Progress``.

    The README.md of a repository that is there is replaced, but what its owner wrote at its top (a
    license, languages) is taken over. What a failed call has sent is not sent again by the next
    one, and what the repository holds already makes no commit.

    Raises PublishError, with what happened and what to do, for whatever the Hub or the network
    refuses, for a run with nothing to publish, and for one whose files go meanwhile; RunError for
    a damaged run.
    """
    repo = check_repository(repo)
    with explained(Writing(repo, pull_request, f"the files of run {run.id}")):
        model = model_files(run, adapter)
        size = sum(path.stat().st_size for path in model)

        def report(what: str) -> None:
            phase = _PHASES.index(what) if what in _PHASES else len(_PHASES)
            if progress:
                progress(Progress(what, phase, len(_PHASES), size if what == SENDING else 0))

        secret = signed_in_token(token)
        report(ASKING)
        account = account_of(secret)
        target = find_target(repo, secret)
        authorize(target, account, pull_request)
        check_visibility(target, private)
        before = target.card or {}
        files = files_to_push(run, model, repo, adapter, before)
        kept = taken_over(run, repo, adapter, before)
        if not target.exists:
            wish = private is not False
            target = _create(repo, secret, wish)
            check_visibility(target, wish)
        title = (message or "").strip() or f"Publish run {run.id}"
        done = _push(target, files, secret, title, pull_request, report)
    changed = done.oid != target.commit
    report("published" if changed else "nothing changed")
    card_replaced = not pull_request and target.card_id not in (None, blob_id(files[CARD]))
    url = f"{constants.ENDPOINT}/{repo}"
    return Published(url, done.oid, done.pr_url, repo, changed, card_replaced, kept, target.private)


def _create(repo: str, secret: str, private: bool) -> Target:
    """Create the repository, and return what it begins with."""

    def create(again: bool) -> None:
        # The second time it may be there because the answer to the first was lost.
        HfApi().create_repo(repo, token=secret, private=private, exist_ok=again)

    retried(create)
    return find_target(repo, secret)


def _push(
    target: Target,
    files: dict[str, Path | bytes],
    secret: str,
    message: str,
    pull_request: bool,
    report: Report,
) -> CommitInfo:
    """Send what is not stored yet, then commit; all of it once more after a failure that may pass.

    The client itself tries five times to send a file, and once to commit.
    """
    api = HfApi(token=secret)
    committing = False

    def send(again: bool) -> CommitInfo:
        nonlocal committing
        # Described anew each time: what an earlier commit has done, though its answer was lost,
        # is then seen to be there.
        there = find_target(target.repo, secret).files if again else target.files
        additions = [_addition(name, content) for name, content in files.items()]
        deletions = [CommitOperationDelete(name) for name in outdated(there, files)]
        report(SENDING)
        with with_reason_of_xet(target.repo, "model", secret, pull_request):
            api.preupload_lfs_files(target.repo, additions, create_pr=pull_request)
        report(COMMITTING)
        committing = True
        return api.create_commit(
            target.repo,
            [*deletions, *additions],
            commit_message=message,
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
