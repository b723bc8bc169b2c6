"""The command line: ``python -m ner_core COMMAND``.

Exit codes: 0 done; 2 for something the user can fix, with one sentence on stderr; 1 for a fault of
ours. With ``--json`` stdout is one JSON document (``train`` prints it last, ``predict --file`` one
a line); everything else goes to stderr.
"""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from ner_core.cli import annotations, data, evaluate, output, predict, publish, runs, train
from ner_core.cli import arguments as shared
from ner_core.errors import NerError


class Command(NamedTuple):
    """One command: what runs it returns the exit code; its docstring is the help text."""

    name: str
    run: Callable[[argparse.Namespace], int]
    add_arguments: Callable[[argparse.ArgumentParser], None]
    prints_json: bool = True


COMMANDS = (
    Command("check", data.check, data.add_check_arguments),
    Command("convert", data.convert, data.add_convert_arguments),
    Command("train", train.train, train.add_arguments),
    Command("evaluate", evaluate.evaluate, evaluate.add_arguments),
    Command("predict", predict.predict, predict.add_arguments),
    Command("runs", runs.list_runs, lambda _: None),
    Command("show", runs.show, shared.add_run),
    Command("stop", runs.stop, shared.add_run),
    Command("resume", train.resume, shared.add_run),
    Command("delete", runs.delete, shared.add_run),
    Command("annotations", annotations.annotations, annotations.add_arguments),
    Command("card", publish.card, publish.add_card_arguments),
    Command("publish", publish.publish, publish.add_publish_arguments),
    Command("deploy", publish.deploy, publish.add_deploy_arguments),
    Command("worker", train.worker, train.add_worker_arguments, prints_json=False),
)


def main(
    arguments: Sequence[str] | None = None,
    program: str = "python -m ner_core",
    commands: Sequence[Command] = COMMANDS,
) -> int:
    """Run one command and return the exit code; ``program`` is the name in the help texts."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # half a surrogate pair must not end a command
            stream.reconfigure(errors="backslashreplace")
    try:
        options = parser(program, commands).parse_args(arguments)
        command: Callable[[argparse.Namespace], int] = options.run_command
        return command(options)
    except NerError as error:
        output.say(f"error: {error}")
        return 2
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("NER_DEBUG"):
            traceback.print_exc()
        output.say(
            f"error: something went wrong in NER Studio ({type(error).__name__}: {error}). Set "
            "NER_DEBUG=1 to see where."
        )
        return 1


class _Parser(argparse.ArgumentParser):
    """A parser that says in one sentence what is wrong with the arguments."""

    def error(self, message: str) -> NoReturn:
        output.say(f"error: {message}. Run `{self.prog} --help` to see the options.")
        sys.exit(2)


def parser(program: str, commands: Sequence[Command]) -> argparse.ArgumentParser:
    """Return the parser of all commands; ``run_command`` of its result is the chosen one's."""
    parser = _Parser(prog=program, description="NER Studio on the command line.")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for command in commands:
        text = (command.run.__doc__ or "").strip()
        added = subparsers.add_parser(command.name, help=text, description=text)
        added.set_defaults(run_command=command.run)
        if command.prints_json:
            added.add_argument(
                "--json", action="store_true", help="print one JSON document on stdout"
            )
        command.add_arguments(added)
    return parser
