"""Publishing a run to the Hub: one commit, or one pull request, with all that was learned."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ner_core.hub.failures import Writing, explained
from ner_core.hub.repository_ids import check_repository
from ner_core.publishing.card.document import taken_over
from ner_core.publishing.commit import Shipment, Wish, push
from ner_core.publishing.files import files_to_push, model_files, outdated
from ner_core.publishing.outcome import Progress, Published
from ner_core.runs.run import Run


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

        def compose(before: Mapping[str, Any]) -> Shipment:
            files = files_to_push(run, model, repo, adapter, before)
            kept = taken_over(run, repo, adapter, before)
            return Shipment(files, kept, partial(outdated, pushed=files))

        title = (message or "").strip() or f"Publish run {run.id}"
        size = sum(path.stat().st_size for path in model)
        wish = Wish(repo, "model", title, token, private, pull_request, size, progress)
        return push(wish, compose)
