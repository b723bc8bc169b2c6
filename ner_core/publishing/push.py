"""Publishing a run to the Hub: one commit, or one pull request, with all that was learned."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from huggingface_hub import CommitInfo, CommitOperationDelete, HfApi, constants

from ner_core.hub import client
from ner_core.hub.repository_ids import check_repository
from ner_core.publishing.files import outdated, published_card, published_files
from ner_core.publishing.outcome import Progress, Published
from ner_core.publishing.permissions import CARD, Target, account_of, authorize, find_target
from ner_core.publishing.upload import CountedFile, Tally, counted
from ner_core.runs.store import Run


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
    visibility. Its README.md is replaced, but what only that says at its top (a license, languages)
    is taken over. With ``pull_request`` the commit is proposed instead, also in somebody else's.
    With ``adapter`` the run's LoRA adapter is pushed in place of the merged model. ``progress`` is
    told how far it is, in bytes, from threads of the client too.

    What a failed call has sent is not sent again by the next one, and what the repository holds
    already makes no commit. Raises PublishError, one sentence with its remedy, for whatever the Hub
    or the network refuses, for a run with nothing to publish, and for one whose files go meanwhile;
    RunError for a damaged run.
    """
    repo = check_repository(repo)
    record = f"the files of run {run.id}"
    with client.staying(record):
        files = published_files(run, repo, adapter)
        tally = Tally(sum(map(_size, files.values())), progress)
    secret = client.signed_in_token(token)
    message = (message or "").strip() or f"Publish run {run.id}"
    with client.explained(repo, pull_request), client.staying(record):
        tally.phase("asking the Hub")
        account = account_of(secret)
        target = find_target(repo, secret)
        authorize(target, account, pull_request)
        if not target.exists:
            target = _make(repo, secret, private)
        if target.card:
            files[CARD] = published_card(run, repo, adapter, target.card).encode()
        done, card_replaced = _push(target, files, secret, message, pull_request, tally)
    changed = done.oid != target.commit
    tally.finish("published" if changed else "nothing had changed")
    url = f"{constants.ENDPOINT}/{repo}"
    return Published(url, done.oid, done.pr_url, repo, changed, card_replaced)


def _make(repo: str, secret: str, private: bool) -> Target:
    """Make the repository, and see what it begins with."""

    def make(again: bool) -> None:
        # The second time it may be there because the answer to the first was lost.
        HfApi().create_repo(repo, token=secret, private=private, exist_ok=again)

    client.persist(make)
    made = find_target(repo, secret)
    return replace(made, exists=True)


def _push(
    target: Target,
    files: dict[str, Path | bytes],
    secret: str,
    message: str,
    pull_request: bool,
    tally: Tally,
) -> tuple[CommitInfo, bool]:
    """Send what is not stored yet, then commit; all of it once more after a failure that may pass.

    The client itself tries five times to send a file, and once to commit. Also tells whether the
    commit puts the card in place of another one.
    """
    committing = replaces_card = False
    api = HfApi(token=secret)

    def send(there: tuple[str, ...]) -> CommitInfo:
        nonlocal committing, replaces_card
        # Described anew each time: what an earlier commit has done, though its answer was lost,
        # is then seen to be there.
        additions = [CountedFile.of(name, content, tally) for name, content in files.items()]
        deletions = [CommitOperationDelete(name) for name in outdated(there, files)]
        tally.phase("comparing with the Hub")
        with counted(tally):
            api.preupload_lfs_files(target.repo, additions, create_pr=pull_request)
        replaces_card |= any(file.path_in_repo == CARD and file.replaces for file in additions)
        tally.phase("writing the commit")
        committing = True
        return api.create_commit(
            target.repo,
            [*deletions, *additions],
            commit_message=message,
            create_pr=pull_request,
        )

    try:
        done = send(target.files)
    except Exception as error:
        lost = not client.answered(error)
        # A pull request whose answer was lost may be open: a second one would be too much.
        if not client.passes(error) or (committing and pull_request and lost):
            raise
        time.sleep(client.RETRY_SECONDS)
        done = send(find_target(target.repo, secret).files)
    return done, replaces_card and not pull_request


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size
