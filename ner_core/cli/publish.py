"""The commands that send something to the Hub: ``publish`` and ``deploy``; and ``card``."""

import argparse
from typing import TYPE_CHECKING, Any

from ner_core.cli import output
from ner_core.cli.arguments import add_run
from ner_core.hub.repository_ids import check_repository
from ner_core.runs import store

if TYPE_CHECKING:  # these load huggingface_hub
    from ner_core.publishing.outcome import Progress, Published


def add_card_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``card``."""
    add_run(command)
    command.add_argument(
        "--repo", metavar="OWNER/NAME", default="OWNER/NAME", help="the repository it will go to"
    )
    command.add_argument(
        "--adapter", action="store_true", help="the card of the LoRA adapter alone"
    )


def card(options: argparse.Namespace) -> int:
    """Print the model card of a run as ``publish`` writes it."""
    from ner_core.publishing.card.document import model_card  # late: loads huggingface_hub

    text = model_card(store.get(options.run), options.repo, options.adapter)
    output.emit(options.json, {"run": options.run, "card": text}, lambda: text.rstrip("\n"))
    return 0


def add_publish_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``publish``."""
    add_run(command)
    add_destination(command)
    command.add_argument(
        "--adapter", action="store_true", help="push the LoRA adapter, not the merged model"
    )


def add_destination(command: argparse.ArgumentParser) -> None:
    """Add where to publish to, and how; see ``destination``.

    There is no token, which others would see in the list of processes.
    """
    command.add_argument("--repo", required=True, metavar="OWNER/NAME", help="the repository")
    seen = command.add_mutually_exclusive_group()
    new = "sets up a new repository; an existing one must match"
    seen.add_argument(
        "--private", action="store_true", help=f"be private: {new} (default for a new one)"
    )
    seen.add_argument("--public", action="store_true", help=f"be public: {new}")
    command.add_argument("--pr", action="store_true", help="open a pull request")
    command.add_argument("--message", metavar="TEXT", help="the commit message")


def destination(options: argparse.Namespace) -> dict[str, Any]:
    """Return what was said of where to publish to, and how, as arguments of ``push.publish``."""
    return {
        "repo": options.repo,
        "private": True if options.private else False if options.public else None,
        "pull_request": options.pr,
        "message": options.message,
        "progress": _show,
    }


def publish(options: argparse.Namespace) -> int:
    """Push a run to the Hub, with the token of HF_TOKEN or of hf auth login."""
    run = store.get(options.run)
    from ner_core.publishing.push import publish as push  # late: loads huggingface_hub

    published = push(run, adapter=options.adapter, **destination(options))
    emit_published(options, {"run": run.id}, published)
    return 0


def emit_published(
    options: argparse.Namespace, what: dict[str, Any], published: "Published"
) -> None:
    """Print what was published, and where."""
    document = {
        **what,
        "repo": published.repo,
        "url": published.url,
        "commit": published.commit,
        "pull_request": published.pull_request,
        "changed": published.changed,
        "card_replaced": published.card_replaced,
        "card_kept": list(published.kept),
        "private": published.private,
    }
    output.emit(options.json, document, lambda: _text(published))


def _show(progress: "Progress") -> None:
    if progress.phase < progress.phases:  # the end is told on stdout
        size = f" ({progress.size / 1e6:.1f} MB)" if progress.size else ""
        output.say(f"{progress.what}{size} …")


def _text(published: "Published") -> str:
    seen = f"{published.visibility}, commit {published.commit[:8]}"
    if not published.changed:
        return f"{published.url} already has all of it ({seen})"
    if published.pull_request:
        told = f"proposed: {published.pull_request} ({published.visibility})"
    else:
        told = f"published: {published.url} ({seen})"
    if published.card_replaced:
        told += "\nits README.md is new; the old one is in the repository's history"
    if published.kept:
        told += f"\nkept from the old README.md: {', '.join(published.kept)}"
    return told


def add_deploy_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``deploy``."""
    command.add_argument("space", metavar="OWNER/NAME", help="the Space to create or to update")
    command.add_argument(
        "--public",
        action="store_true",
        help="make a new Space public (it is private otherwise); an existing one must be public",
    )
    command.add_argument(
        "--dry-run", action="store_true", help="only list the files, without asking the Hub"
    )


def deploy(options: argparse.Namespace) -> int:
    """Create a Space from this repository, or update it; its settings stay as they are."""
    from ner_core.publishing import space as deployment  # late: loads huggingface_hub

    if options.dry_run:
        space = check_repository(options.space, "a Space")
        files = deployment.files_of(deployment.REPOSITORY)
        output.emit(options.json, {"repo": space, "files": files}, lambda: "\n".join(files))
        return 0
    done = deployment.deploy(options.space, options.public)
    document = {
        "repo": done.repo,
        "url": done.url,
        "created": done.created,
        "commit": done.commit,
        "files": len(done.files),
        "removed": list(done.removed),
        "private": done.private,
    }
    output.emit(options.json, document, lambda: f"{done.url} ({done.visibility})")
    return 0
