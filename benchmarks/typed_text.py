"""Strict F1 of text as typed against words, on the same model and data, in points.

    python benchmarks/typed_text.py [--model starter] [--data sample ...]

"words" scores the tags as the model predicts them, as training and ``evaluate`` do. "repaired"
first turns them into valid entities, as the page does. "typed" is ``--from-text``: the words of
each sentence are joined by blanks, split again and read as on the page, also repaired. The
difference between words and repaired words comes from the repair, the rest of the difference to
typed text from the splitting.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from ner_core import tags
from ner_core.data.corpus import load_for_evaluation
from ner_core.evaluation.scoring import predict_tags, score_tags, score_text, tag_names
from ner_core.inference.predictor import Predictor


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--data", nargs="+", default=["sample"])
    parser.add_argument("--split", default="test")
    options = parser.parse_args()
    predictor = Predictor.load(options.model, precision="fp32")
    print("| data | words | repaired | typed | typed - words | typed - repaired |")
    print("|---|---|---|---|---|---|")
    for name in options.data:
        split = load_for_evaluation(name, options.split).dataset[options.split]
        gold = tag_names(split)
        found, _ = predict_tags(predictor.tagger, split["tokens"][:], gold)
        read = tags.decode_predicted if predictor.tagger.iob2 else tags.decode
        repaired = [tags.encode(read(row), len(row)) for row in found]
        words, valid = (100 * score_tags(gold, rows)["f1"] for rows in (found, repaired))
        typed = 100 * score_text(predictor, split)["f1"]
        print(
            f"| {name}, {len(gold):,} sentences | {words:.2f} | {valid:.2f} | {typed:.2f} "
            f"| {typed - words:+.2f} | {typed - valid:+.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
