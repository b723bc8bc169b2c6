"""The commands for data: ``check`` and ``convert``."""

import argparse
from pathlib import Path

from ner_core.cli import output
from ner_core.cli.arguments import add_columns, add_seed, read_options, seed
from ner_core.config import TrainConfig
from ner_core.errors import ConfigError
from ner_core.models.sources import find_model


def add_check_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``check``."""
    command.add_argument("data", help=TrainConfig.model_fields["data"].description)
    command.add_argument("--model", help="show how this encoder reads the data, too")
    add_columns(command)
    add_seed(command)
    command.add_argument(
        "--all", action="store_true", help="show all types and findings, however many there are"
    )
    command.add_argument(
        "--show-alignment", type=int, metavar="N", help="show the sub-tokens of training sentence N"
    )
    command.add_argument("--sub-token-labels", choices=("first", "all", "copy"), default="first")


def check(options: argparse.Namespace) -> int:
    """Show what is in the data and what is wrong with it."""
    if options.show_alignment is not None:
        return _show_alignment(options)
    from ner_core.checks.report import check_data  # late: loads datasets

    report = check_data(options.data, seed(options), read_options(options), options.model)
    output.emit(options.json, report.as_json(), lambda: output.check_text(report, options.all))
    return 0


def _show_alignment(options: argparse.Namespace) -> int:
    # Late: these load datasets, torch and transformers.
    from ner_core.data.corpus import load_data
    from ner_core.evaluation.scoring import tag_names
    from ner_core.models import loading, windows

    corpus = load_data(options.data, seed(options), read_options(options))
    split = corpus.dataset["train"]
    number = options.show_alignment
    if not 1 <= number <= split.num_rows:
        raise ConfigError(
            f"--show-alignment can't be {number}. Choose a training sentence from 1 to "
            f"{split.num_rows:,}."
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


def add_convert_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``convert``."""
    command.add_argument("data", help=TrainConfig.model_fields["data"].description)
    command.add_argument("--to", required=True, choices=("conll", "jsonl", "spans", "parquet"))
    command.add_argument(
        "--output", required=True, type=Path, help="the file, or for several splits the folder"
    )
    add_columns(command)


def convert(options: argparse.Namespace) -> int:
    """Write data in another format."""
    # Late: these load datasets.
    from ner_core.data.corpus import load_as_it_is
    from ner_core.data.writers import write_corpus

    corpus = load_as_it_is(options.data, read_options(options))
    files = write_corpus(corpus.dataset, options.to, options.output)
    sizes = {name: split.num_rows for name, split in corpus.dataset.items()}
    document = {"files": [str(file) for file in files], "sentences": sizes}
    output.emit(options.json, document, lambda: "\n".join(map(str, files)))
    return 0
