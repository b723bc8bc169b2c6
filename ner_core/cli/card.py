"""The command ``card``: the model card of a run, to read before it is published."""

import argparse

from ner_core.cli import output
from ner_core.runs import store

PLACEHOLDER = "OWNER/NAME"


def card(options: argparse.Namespace) -> int:
    """Print the model card of a run as ``publish`` writes it."""
    from ner_core.publishing.card.document import model_card  # late: loads huggingface_hub

    text = model_card(store.get(options.run), options.repo, options.adapter)
    output.emit(options.json, {"run": options.run, "card": text}, lambda: text.rstrip("\n"))
    return 0


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``card``."""
    command.add_argument("run", metavar="RUN", help="the id of a run")
    command.add_argument(
        "--repo", metavar="OWNER/NAME", default=PLACEHOLDER, help="the repository it is to be in"
    )
    command.add_argument(
        "--adapter", action="store_true", help="the card of the LoRA adapter alone"
    )
