"""Arguments that several commands have."""

import argparse
from typing import get_args

from ner_core.config import READ_SETTINGS, Precision, TrainConfig
from ner_core.data.readers.sentence import ReadOptions, split_names
from ner_core.setting_values import expectation

MODEL = "starter, a run, a folder or a Hub id"


def add_run(command: argparse.ArgumentParser) -> None:
    """Add the id of a run."""
    command.add_argument("run", metavar="RUN", help="the id of a run")


def add_columns(command: argparse.ArgumentParser) -> None:
    """Add the settings that say how data is read; see ``read_options``."""
    for name in READ_SETTINGS:
        field = TrainConfig.model_fields[name]
        text = str(field.description)
        if name == "span_offsets":
            text += f" Takes {expectation(field)}."
        command.add_argument("--" + name.replace("_", "-"), help=text)


def read_options(options: argparse.Namespace) -> ReadOptions:
    """Return how data is to be read. Raises ConfigError if a setting cannot work."""
    return ReadOptions.of(**{name: getattr(options, name) for name in READ_SETTINGS})


def add_seed(command: argparse.ArgumentParser) -> None:
    """Add the seed of a missing validation part; see ``seed``."""
    command.add_argument("--seed", help="seed for choosing a validation part if the data have none")


def seed(options: argparse.Namespace) -> int:
    """Return the seed. Raises ConfigError if it is no seed."""
    return TrainConfig.from_values({"seed": options.seed}).seed


def add_model_settings(command: argparse.ArgumentParser) -> None:
    """Add what ``predict`` and ``evaluate`` take beside the name of a model."""
    command.add_argument(
        "--model-labels",
        metavar="O,B-PER,...",
        help="the model's tags from number 0 on, if the model doesn't name them",
    )
    command.add_argument(
        "--batch-size", type=positive, metavar="N", help="windows to compute at once"
    )
    command.add_argument(
        "--precision",
        choices=get_args(Precision),
        default="auto",
        help="auto: bf16 where the device supports it; fp32: the same on every machine",
    )


def positive(given: str) -> int:
    """Return a whole number from 1 on. Raises ArgumentTypeError for anything else."""
    try:
        number = int(given)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"can't be {given[:40]!r}. Use a whole number from 1 on")
    return number


def names(given: str | None) -> list[str] | None:
    """Return names that commas separate; None if none were given. Quotation marks keep a comma.

    >>> names("PER, ORG"), names(None)
    (['PER', 'ORG'], None)
    >>> names('"PER,old", ORG')
    ['PER,old', 'ORG']
    """
    return split_names(given) if given else None
