"""The command that publishes a run to the Hub: ``publish``."""

import argparse
from typing import TYPE_CHECKING

from ner_core.cli import output
from ner_core.runs import store

if TYPE_CHECKING:  # they bring the client of the Hub
    from ner_core.publishing.outcome import Progress, Published


def publish(options: argparse.Namespace) -> int:
    """Push a run to the Hub, with the token of HF_TOKEN or of hf auth login."""
    run = store.get(options.run)
    # These bring the client of the Hub.
    from huggingface_hub.utils import logging

    from ner_core.publishing.push import publish as push

    # The client logs each retry, between the lines of the progress.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    published = push(
        run,
        options.repo,
        private=not options.public,
        pull_request=options.pr,
        message=options.message,
        adapter=options.adapter,
        progress=_show,
    )
    document = {
        "run": run.id,
        "repo": published.repo,
        "url": published.url,
        "commit": published.commit,
        "pull_request": published.pull_request,
        "changed": published.changed,
        "card_replaced": published.card_replaced,
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


def _show(progress: "Progress") -> None:
    if progress.phase < progress.phases:  # the end is told on stdout
        size = f" ({progress.size / 1e6:.1f} MB)" if progress.size else ""
        output.say(f"{progress.what}{size} …")


def _text(published: "Published") -> str:
    if not published.changed:
        return f"{published.url} holds all of it already (commit {published.commit[:8]})"
    if published.pull_request:
        return f"proposed: {published.pull_request}"
    told = f"published: {published.url} (commit {published.commit[:8]})"
    if published.card_replaced:
        told += "\nits README.md is a new one; the one before is in the history of the repository"
    return told
