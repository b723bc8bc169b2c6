"""What bfloat16 costs in F1 against float32, on the same model and data.

    python benchmarks/precision_drift.py [--model starter] [--data sample ...]

The Predictor computes in bfloat16 where the processor does that natively. A processor that does not
gives the same numbers slowly, so that this can be measured anywhere. Prints strict F1 of each split
in both formats, and how many words get another tag.
"""

import argparse
from typing import Any

from datasets import Dataset

from ner_core import data
from ner_core.evaluation import predict_tags, score_tags, tag_names
from ner_core.tagging import load_tagger


def scores(model: str, precision: Any, split: Dataset) -> tuple[list[list[str]], float]:
    """Give the tags that a model predicts in a number format, and their strict F1."""
    gold = tag_names(split)
    tags, _ = predict_tags(load_tagger(model, precision=precision), split["tokens"][:], gold)
    return tags, 100 * score_tags(gold, tags)["f1"]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--data", nargs="+", default=["sample"])
    options = parser.parse_args()
    print("| data | F1 in float32 | in bfloat16 | drift, points | other tags |")
    print("|---|---|---|---|---|")
    for name in options.data:
        for part, split in data.load(name, 0).dataset.items():
            if part == "train" and name == "sample":  # the starter learned from it
                continue
            exact, f1 = scores(options.model, "fp32", split)
            drifted, lower = scores(options.model, "bf16", split)
            words = [
                a != b
                for wanted, found in zip(exact, drifted, strict=True)
                for a, b in zip(wanted, found, strict=True)
            ]
            print(
                f"| {name}, {part}, {split.num_rows:,} sentences | {f1:.2f} | {lower:.2f} "
                f"| {lower - f1:+.2f} | {sum(words):,} of {len(words):,} words |",
                flush=True,
            )


if __name__ == "__main__":
    main()
