"""The command line: ``python -m ner_core COMMAND``; thin, one function a command.

Exit codes: 0 done; 2 for something the user can mend, with one sentence on stderr; 1 for a fault of
ours. With ``--json`` stdout is one JSON document (``train`` prints it last, ``predict --file`` one
a line); everything else goes to stderr.
"""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ner_core.cli import card, deploy, output, predict, publish, runs
from ner_core.config import RECIPES, TrainConfig, expectation
from ner_core.errors import ConfigError, NerError
from ner_core.runs.command import FLAGS

if TYPE_CHECKING:  # it brings datasets
    from ner_core.data.readers.sentence import ReadOptions

_SETTINGS = ("epochs", "batch_size", "learning_rate", "max_length", "seed", "max_train")
_COLUMNS = ("token_column", "tag_column", "label_names")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # half a surrogate pair must not end a command
            stream.reconfigure(errors="backslashreplace")
    try:
        options = _parser().parse_args(arguments)
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
            f"error: a fault of NER Studio ({type(error).__name__}: {error}); "
            "set NER_DEBUG=1 to see where."
        )
        return 1


def check(options: argparse.Namespace) -> int:
    """Tell what is in the data and what is wrong with it."""
    if options.show_alignment is not None:
        return _show_alignment(options)
    from ner_core.checks.report import check_data

    report = check_data(options.data, _seed(options), _read_options(options), options.model)
    output.emit(options.json, report.as_json(), lambda: output.check_text(report))
    return 0


def _show_alignment(options: argparse.Namespace) -> int:
    from ner_core.data.corpus import load_data
    from ner_core.evaluation.scoring import tag_names
    from ner_core.models import loading, windows
    from ner_core.models.sources import find_model

    corpus = load_data(options.data, _seed(options), _read_options(options))
    split = corpus.dataset["train"]
    number = options.show_alignment
    if not 1 <= number <= split.num_rows:
        raise ConfigError(
            f"--show-alignment: expected a training sentence from 1 to {split.num_rows:,}, "
            f"found {number}."
        )
    tokenizer = loading.load_tokenizer(find_model(options.model or "minilm"))
    row = split.select([number - 1])
    defaults = TrainConfig()
    rows = windows.show_alignment(
        tokenizer,
        row["tokens"][0],
        tag_names(row)[0],
        defaults.max_length,
        defaults.overlap,
        options.sub_token_labels,
    )
    document = {"sentence": number, "words": row["tokens"][0], "alignment": rows}
    output.emit(options.json, document, lambda: output.alignment_text(rows))
    return 0


def train(options: argparse.Namespace) -> int:
    """Create a run and execute it, with a progress bar; Ctrl-C stops it and keeps its best."""
    from ner_core.cli.train import follow
    from ner_core.jobs.submit import submit

    values: dict[str, Any] = {
        "data": options.data,
        "model": options.model,
        "recipe": options.recipe,
    }
    values |= {name: getattr(options, name) for name in (*_SETTINGS, *_COLUMNS)}
    for pair in options.set:
        name, separator, value = pair.partition("=")
        if not separator:
            raise ConfigError(f"--set: expected KEY=VALUE, found {pair!r}.")
        values[name.strip()] = value.strip()
    config = TrainConfig.from_values(values)
    run, process = submit(config, options.run_id)
    return follow(run, process, options.json)


def evaluate(options: argparse.Namespace) -> int:
    """Score a model on a split."""
    from ner_core.data.corpus import load_for_evaluation

    corpus = load_for_evaluation(
        options.data, options.split, _seed(options), _read_options(options)
    )
    split = corpus.dataset[options.split]
    for note in corpus.notes:
        output.say(f"note: {note}")
    from ner_core.evaluation.scoring import score_text, score_words
    from ner_core.inference.predictor import Predictor

    predictor = Predictor.load(
        options.model, predict.names(options.model_labels), options.precision
    )
    size = {"batch_size": options.batch_size} if options.batch_size else {}
    if options.from_text:
        scores = score_text(predictor, split, **size)
    else:
        scores = score_words(predictor.tagger, split, **size)
    document = {
        "model": options.model,
        "data": options.data,
        "split": options.split,
        "from_text": options.from_text,
        **scores,
    }
    output.emit(options.json, document, lambda: output.scores_text(options.split, scores))
    return 0


def worker(options: argparse.Namespace) -> int:
    """Execute one run (internal)."""
    from ner_core.jobs.worker import main as work

    return work(options.run_dir)


def convert(options: argparse.Namespace) -> int:
    """Write data out again in another format."""
    from ner_core.data.corpus import load_as_it_is
    from ner_core.data.writers import write_corpus

    corpus = load_as_it_is(options.data, _read_options(options))
    files = write_corpus(corpus.dataset, options.to, options.output)
    sizes = {name: split.num_rows for name, split in corpus.dataset.items()}
    document = {"files": [str(file) for file in files], "sentences": sizes}
    output.emit(options.json, document, lambda: "\n".join(map(str, files)))
    return 0


def _read_options(options: argparse.Namespace) -> "ReadOptions":
    from ner_core.data.readers.sentence import ReadOptions

    return ReadOptions.of(options.token_column, options.tag_column, options.label_names)


def _seed(options: argparse.Namespace) -> int:
    return TrainConfig.from_values({"seed": options.seed}).seed


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one sentence."""

    def error(self, message: str) -> NoReturn:
        output.say(f"error: {message}; `{self.prog} --help` shows what there is.")
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m ner_core", description="NER Studio on the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    fields = TrainConfig.model_fields

    def add(name: str, function: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        text = (function.__doc__ or "").strip()
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run_command=function)
        if function is not worker:
            command.add_argument(
                "--json", action="store_true", help="print one JSON document on stdout"
            )
        return command

    def add_columns(command: argparse.ArgumentParser) -> None:
        for name in _COLUMNS:
            command.add_argument("--" + name.replace("_", "-"), help=fields[name].description)

    command = add("check", check)
    command.add_argument("data", help=fields["data"].description)
    command.add_argument("--model", help="also tell how this encoder reads the data")
    add_columns(command)
    command.add_argument("--seed", help="which sentences a missing validation part is made of")
    command.add_argument(
        "--show-alignment", type=int, metavar="N", help="lay out training sentence N by sub-tokens"
    )
    command.add_argument("--sub-token-labels", choices=("first", "all", "copy"), default="first")

    command = add("convert", convert)
    command.add_argument("data", help=fields["data"].description)
    command.add_argument("--to", required=True, choices=("conll", "jsonl", "spans", "parquet"))
    command.add_argument(
        "--output", required=True, type=Path, help="the file, or for several splits the folder"
    )
    add_columns(command)

    command = add("train", train)
    command.add_argument("--data", required=True, help=fields["data"].description)
    command.add_argument("--model", default="minilm", help=fields["model"].description)
    add_columns(command)
    command.add_argument("--recipe", default="balanced", help=f"one of {', '.join(RECIPES)}")
    for name in _SETTINGS:
        text = f"{fields[name].description} Expects {expectation(fields[name])}."
        command.add_argument("--" + name.replace("_", "-"), help=text)
    others = ", ".join(name for name in fields if name not in FLAGS)
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=f"any other setting: {others}",
    )
    command.add_argument("--run-id", metavar="ID", help="a name of your own for the run")

    command = add("evaluate", evaluate)
    command.add_argument("--model", required=True, help=predict.MODEL)
    predict.add_model_arguments(command)
    command.add_argument("--data", required=True, help=fields["data"].description)
    add_columns(command)
    command.add_argument("--split", choices=("train", "validation", "test"), default="test")
    command.add_argument("--seed", help="which sentences a missing validation part is made of")
    command.add_argument(
        "--from-text", action="store_true", help="score sentences as if they had been typed"
    )

    predict.add_arguments(add("predict", predict.predict))

    add("runs", runs.list_runs)
    for function in (runs.show, runs.stop, runs.resume, runs.delete):
        add(function.__name__, function).add_argument("run", metavar="RUN", help="the id of a run")
    card.add_arguments(add("card", card.card))
    publish.add_arguments(add("publish", publish.publish))
    deploy.add_arguments(add("deploy", deploy.deploy))
    add("worker", worker).add_argument("run_dir", metavar="RUN_DIR")
    return parser
