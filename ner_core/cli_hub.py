"""The command that publishes a run to the Hub: ``publish``."""

import argparse
import logging
import sys
from typing import TYPE_CHECKING

from tqdm import tqdm

from ner_core import cli_output as output
from ner_core import runs

if TYPE_CHECKING:  # they bring the client of the Hub
    from ner_core.publication import Progress, Published


def publish(options: argparse.Namespace) -> int:
    """Push a run to the Hub, with the token of HF_TOKEN or of hf auth login."""
    run = runs.get(options.run)
    from huggingface_hub.utils.logging import set_verbosity

    from ner_core.publishing import publish as push

    set_verbosity(logging.ERROR)  # each retry of the client would break the line of progress
    # Drawn once there is something to show: a refusal before that is a line of its own.
    bar = tqdm(unit="B", unit_scale=True, file=sys.stderr, leave=False, delay=1e-9)
    with bar:

        def show(progress: "Progress") -> None:
            bar.total = progress.total
            bar.set_description(progress.what, refresh=False)
            bar.n = progress.done
            bar.refresh()

        published = push(
            run,
            options.repo,
            private=not options.public,
            pull_request=options.pr,
            message=options.message,
            adapter=options.adapter,
            progress=show,
        )
    document = {
        "run": run.id,
        "repo": published.repo,
        "url": published.url,
        "commit": published.commit,
        "pull_request": published.pull_request,
        "changed": published.changed,
    }
    output.emit(options.json, document, lambda: _text(published))
    return 0


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what ``publish`` takes; no token, which others would see in the list of processes."""
    command.add_argument("run", metavar="RUN", help="the id of a run")
    command.add_argument("--repo", required=True, metavar="OWNER/NAME", help="the repository")
    seen = command.add_mutually_exclusive_group()
    seen.add_argument(
        "--private", action="store_true", help="a new repository is private (the default)"
    )
    seen.add_argument("--public", action="store_true", help="a new repository is public")
    command.add_argument("--pr", action="store_true", help="open a pull request")
    command.add_argument(
        "--adapter", action="store_true", help="push the LoRA adapter, not the merged model"
    )
    command.add_argument("--message", metavar="TEXT", help="the commit message")


def _text(published: "Published") -> str:
    if not published.changed:
        return f"{published.url} holds all of it already (commit {published.commit[:8]})"
    if published.pull_request:
        return f"proposed: {published.pull_request}"
    return f"published: {published.url} (commit {published.commit[:8]})"
