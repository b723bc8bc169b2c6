"""The command ``deploy``: this repository as a Space."""

import argparse

from ner_core.cli import output
from ner_core.hub.repository_ids import check_repository


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``deploy`` to its parser."""
    command.add_argument("space", metavar="OWNER/NAME", help="the Space to create or to update")
    command.add_argument(
        "--public", action="store_true", help="make a new Space public; without, it is private"
    )
    command.add_argument(
        "--dry-run", action="store_true", help="only list the files; the Hub is not asked"
    )


def deploy(options: argparse.Namespace) -> int:
    """Create a Space from this repository, or update it; its settings stay as they are."""
    from ner_core.publishing import space as deployment  # brings the client of the Hub

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
    }
    output.emit(options.json, document, lambda: done.url)
    return 0
