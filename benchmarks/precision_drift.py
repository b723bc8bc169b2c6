"""The F1 of a model in bfloat16 against float32, on the same data.

    python benchmarks/precision_drift.py [--model starter] [--data sample ...]

The Predictor computes in bfloat16 if the processor does that natively. Other processors compute the
same numbers more slowly, so this can be measured anywhere. Prints strict F1 of each split in both
formats, and how many words get another tag. The last line is all data together: the F1 of a split
with few entities changes by a third of a point if a single one changes.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from datasets import Dataset

sys.path.insert(0, str(Path(__file__).parent.parent))

from ner_core.data.corpus import load_data
from ner_core.evaluation.scoring import predict_tags, score_tags, tag_names
from ner_core.inference.tagger import load_tagger

Tags = list[list[str]]


def tags(model: str, split: Dataset, precision: Any) -> Tags:
    """Return the tags that a model predicts in a number format."""
    return predict_tags(
        load_tagger(model, precision=precision), split["tokens"][:], tag_names(split)
    )[0]


def print_row(name: str, gold: Tags, exact: Tags, drifted: Tags) -> None:
    """Print how two predictions for the same sentences compare."""
    f1, lower = (100 * score_tags(gold, found)["f1"] for found in (exact, drifted))
    words = [
        a != b
        for one, other in zip(exact, drifted, strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    print(
        f"| {name}, {len(gold):,} sentences | {f1:.2f} | {lower:.2f} "
        f"| {lower - f1:+.2f} | {sum(words):,} of {len(words):,} words |",
        flush=True,
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--data", nargs="+", default=["sample"])
    options = parser.parse_args()
    print("| data | F1 in float32 | in bfloat16 | drift, points | other tags |")
    print("|---|---|---|---|---|")
    everything: tuple[Tags, Tags, Tags] = ([], [], [])
    for name in options.data:
        for part, split in load_data(name, 0).dataset.items():
            if part == "train" and name == "sample":  # the starter was trained on it
                continue
            of_split = tag_names(split), *(tags(options.model, split, p) for p in ("fp32", "bf16"))
            print_row(f"{name}, {part}", *of_split)
            for all_tags, some in zip(everything, of_split, strict=True):
                all_tags.extend(some)
    print_row("all of them", *everything)


if __name__ == "__main__":
    main()
