"""The command ``evaluate``: the scores of a model on annotated data."""

import argparse

from ner_core.cli import output
from ner_core.cli.arguments import (
    MODEL,
    add_columns,
    add_model_settings,
    add_seed,
    names,
    read_options,
    seed,
)
from ner_core.config import TrainConfig


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``evaluate``."""
    command.add_argument("--model", required=True, help=MODEL)
    add_model_settings(command)
    command.add_argument("--data", required=True, help=TrainConfig.model_fields["data"].description)
    add_columns(command)
    command.add_argument("--split", choices=("train", "validation", "test"), default="test")
    add_seed(command)
    command.add_argument(
        "--from-text", action="store_true", help="score the sentences as if someone had typed them"
    )


def evaluate(options: argparse.Namespace) -> int:
    """Score a model on a split."""
    from ner_core.data.corpus import load_for_evaluation  # late: loads datasets

    corpus = load_for_evaluation(options.data, options.split, seed(options), read_options(options))
    for note in corpus.notes:
        output.say(f"note: {note}")
    # Late: these load torch, and only after the data was found to be readable.
    from ner_core.evaluation.scoring import score
    from ner_core.inference.predictor import Predictor

    predictor = Predictor.load(options.model, names(options.model_labels), options.precision)
    split = corpus.dataset[options.split]
    scores = score(predictor, split, options.from_text, options.batch_size)
    document = {
        "model": options.model,
        "data": options.data,
        "split": options.split,
        "from_text": options.from_text,
        **scores,
    }
    output.emit(options.json, document, lambda: output.scores_text(options.split, scores))
    return 0
