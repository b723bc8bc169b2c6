"""The program ``ner-studio``: the commands of ``python -m ner_core``, and ``serve``."""

import argparse
import os
from collections.abc import Sequence

from ner_core.cli import main as core
from ner_core.system.environment import SPIN_BRIEFLY
from ner_core.system.zero_gpu import use_zero_gpu


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    command = core.Command("serve", serve, add_arguments, prints_json=False)
    return core.main(arguments, "ner-studio", (command, *core.COMMANDS))


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``serve``."""
    command.add_argument(
        "--port", type=_port, help="default: GRADIO_SERVER_PORT, else a free one from 7860 on"
    )
    command.add_argument(
        "--host", help="the address to listen at; default: GRADIO_SERVER_NAME, else 127.0.0.1"
    )
    command.add_argument(
        "--model",
        metavar="FOLDER_OR_HUB_ID",
        help="one more model for the Highlight tab, which opens with it",
    )
    command.add_argument(
        "--share-off",
        action="store_true",
        help="make no public link, which gradio otherwise makes in a hosted notebook",
    )


def serve(options: argparse.Namespace) -> int:
    """Serve the page until it is interrupted."""
    for name, value in SPIN_BRIEFLY.items():  # before torch loads: the page shares cores with runs
        os.environ.setdefault(name, value)
    use_zero_gpu()  # before gradio and torch; on other hardware it does nothing
    from ner_studio import page  # late: loads gradio, and has to come after the two lines above

    page.serve(options.model, options.host, options.port, False if options.share_off else None)
    return 0


def _port(given: str) -> int:
    if not (given.isdecimal() and int(given) < 2**16):
        raise argparse.ArgumentTypeError(f"can't be {given[:40]!r}. Use a number from 0 to 65535")
    return int(given)
