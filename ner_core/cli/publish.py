"""The command that publishes a run to the Hub: ``publish``."""

import argparse
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from ner_core.cli import output
from ner_core.runs import store

if TYPE_CHECKING:  # they bring the client of the Hub
    from ner_core.publishing.outcome import Progress, Published


def publish(options: argparse.Namespace) -> int:
    """Push a run to the Hub, with the token of HF_TOKEN or of hf auth login."""
    run = store.get(options.run)
    from huggingface_hub.utils import logging

    from ner_core.publishing.push import publish as push

    # Each retry of the client would break the line of progress.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    with ExitStack() as drawn:
        bar: tqdm[Any] | None = None

        def show(progress: "Progress") -> None:
            nonlocal bar
            if bar is None:  # a refusal before there is anything to show is a line of its own
                how = {"unit": "B", "unit_scale": True, "file": sys.stderr, "leave": False}
                bar = drawn.enter_context(tqdm(total=progress.total, **how))
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


def _text(published: "Published") -> str:
    if not published.changed:
        return f"{published.url} holds all of it already (commit {published.commit[:8]})"
    if published.pull_request:
        return f"proposed: {published.pull_request}"
    told = f"published: {published.url} (commit {published.commit[:8]})"
    if published.card_replaced:
        told += "\nits README.md is a new one; the one before is in the history of the repository"
    return told
