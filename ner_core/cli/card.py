"""The command ``card``: the model card of a run, before anybody else sees it."""

import argparse

from ner_core.cli import output
from ner_core.runs import store

PLACEHOLDER = "OWNER/NAME"


def card(options: argparse.Namespace) -> int:
    """Print the model card of a run, as publishing it would write it."""
    from ner_core.publishing.card.document import model_card

    text = model_card(store.get(options.run), options.repo, options.adapter)
    output.emit(options.json, {"run": options.run, "card": text}, lambda: text.rstrip("\n"))
    return 0


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    command.add_argument("run", metavar="RUN", help="the id of a run")
    command.add_argument(
        "--repo", metavar="OWNER/NAME", default=PLACEHOLDER, help="the repository it is to be in"
    )
    command.add_argument(
        "--adapter", action="store_true", help="the card of the LoRA adapter alone"
    )
