"""Publishing a run to the Hub: one commit, or one pull request, with all that was learned."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from huggingface_hub import CommitInfo, CommitOperationDelete, HfApi, constants

from ner_core import hub_access
from ner_core.hub_account import Target, account_of, authorize, check_name, find_target
from ner_core.hub_upload import CountedFile, Tally, counted
from ner_core.publication import Progress, Published
from ner_core.published_files import outdated, published_files
from ner_core.runs import Run


def publish(
    run: Run,
    repo: str,
    *,
    token: str | None = None,
    private: bool = True,
    pull_request: bool = False,
    message: str | None = None,
    adapter: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Published:
    """Push a run's model with its card and record to ``repo`` (OWNER/NAME); the run stays as it is.

    ``token`` is a visitor's; without one it is that of this machine's owner, except on a Space.
    A repository that is not there is made, ``private`` or public; one that is there keeps its
    visibility. With ``pull_request`` the commit is proposed instead, also in somebody else's. With
    ``adapter`` the run's LoRA adapter is pushed in place of the merged model. ``progress`` is told
    how far it is, in bytes, from threads of the client too.

    What a failed call has sent is not sent again by the next one, and what the repository holds
    already makes no commit. Raises PublishError, one sentence with its remedy, for whatever the Hub
    or the network refuses and for a run with nothing to publish; RunError for a damaged run.
    """
    repo = check_name(repo)
    files = published_files(run, repo, adapter)
    secret = hub_access.signed_in_token(token)
    message = (message or "").strip() or f"Publish run {run.id}"
    tally = Tally(sum(map(_size, files.values())), progress)
    with hub_access.explained(repo, pull_request):
        tally.phase("asking the Hub")
        account = account_of(secret)
        target = find_target(repo, secret)
        authorize(target, account, pull_request)
        if not target.exists:
            target = _make(repo, secret, private)
        done = _push(target, files, secret, message, pull_request, tally)
    changed = done.oid != target.commit
    tally.finish("published" if changed else "nothing had changed")
    return Published(f"{constants.ENDPOINT}/{repo}", done.oid, done.pr_url, repo, changed)


def _make(repo: str, secret: str, private: bool) -> Target:
    """Make the repository, and see what it begins with."""

    def make(again: bool) -> None:
        # The second time it may be there because the answer to the first was lost.
        HfApi().create_repo(repo, token=secret, private=private, exist_ok=again)

    hub_access.persist(make)
    made = find_target(repo, secret)
    return replace(made, exists=True)


def _push(
    target: Target,
    files: dict[str, Path | bytes],
    secret: str,
    message: str,
    pull_request: bool,
    tally: Tally,
) -> CommitInfo:
    """Send what is not stored yet, then commit; all of it once more after a failure that may pass.

    The client itself tries five times to send a file, and once to commit.
    """
    committing = False
    api = HfApi(token=secret)

    def send() -> CommitInfo:
        nonlocal committing
        # Described anew each time: what an earlier commit has done, though its answer was lost,
        # is then seen to be there.
        additions = [CountedFile.of(name, content, tally) for name, content in files.items()]
        deletions = [CommitOperationDelete(name) for name in outdated(target.files, files)]
        tally.phase("comparing with the Hub")
        with counted(tally):
            api.preupload_lfs_files(target.repo, additions, create_pr=pull_request)
        tally.phase("writing the commit")
        committing = True
        return api.create_commit(
            target.repo,
            [*deletions, *additions],
            commit_message=message,
            create_pr=pull_request,
        )

    try:
        return send()
    except Exception as error:
        lost = not hub_access.answered(error)
        # A pull request whose answer was lost may be open: a second one would be too much.
        if not hub_access.passes(error) or (committing and pull_request and lost):
            raise
    time.sleep(hub_access.RETRY_SECONDS)
    return send()


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size
