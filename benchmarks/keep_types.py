"""What a model forgets of the types that it knows while it learns a new one (``keep_types``).

The starter learns one type of WNUT-17 from a hundred sentences, half of them with the type; all
other types are taken out of the data. Its F1 on the test part of the sample is that of its own
types alone: what it takes for the new type there is neither right nor wrong.

    python benchmarks/keep_types.py ../shared/data/wnut17 --types product creative-work --seeds 1 2
"""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import ner_core
from ner_core.data.corpus import gold_tags, load_data
from ner_core.evaluation.scoring import leave_out_undecided, predict_tags, score_tags, tag_names
from ner_core.inference.tagger import load_tagger

SENTENCES, VALIDATION = 100, 20

Sentences = list[tuple[list[str], list[str]]]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--types", nargs="+", required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--recipe", default="balanced")
    options = parser.parse_args()
    before = own_f1("starter", ())
    print(f"the starter before: F1 {before:.3f} on the test part of the sample")
    print("| type | seed | F1 of the new type | F1 of its own types | lost |")
    print("|---|---|---|---|---|")
    for label in options.types:
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as home:
                os.environ["NER_HOME"] = home
                data = write_data(Path(home) / "one-type", options.data, label, seed)
                run = ner_core.train(
                    data=str(data),
                    model="starter",
                    recipe=options.recipe,
                    keep_types=True,
                    seed=seed,
                )
                own = own_f1(str(run.model_dir), [label])
                new = run.report["test"]["f1"]
            print(f"| {label} | {seed} | {new:.3f} | {own:.3f} | {before - own:.3f} |", flush=True)


def own_f1(model: str, others: Sequence[str]) -> float:
    """Return the F1 of a model on the sample's test part, without what it finds of other types."""
    split = load_data("sample").dataset["test"]
    gold = tag_names(split)
    predicted, _ = predict_tags(load_tagger(model), split["tokens"][:], gold)
    return float(score_tags(*leave_out_undecided(gold, predicted, others))["f1"])


def write_data(folder: Path, source: str, label: str, seed: int) -> Path:
    """Write a hundred sentences with one type of a corpus, and the test part with that type."""
    corpus = load_data(source)
    parts: dict[str, Sentences] = {}
    for part in ("train", "test"):
        rows = corpus.dataset[part][:]
        names = gold_tags(rows, corpus.label_names)
        parts[part] = [
            (words, [tag if tag[2:] == label else "O" for tag in tags])
            for words, tags in zip(rows["tokens"], names, strict=True)
        ]
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose, no secret
    chance.shuffle(parts["train"])
    having = [row for row in parts["train"] if set(row[1]) != {"O"}]
    others = [row for row in parts["train"] if set(row[1]) == {"O"}]
    half = (SENTENCES + VALIDATION) // 2
    mixed = [row for pair in zip(having[:half], others[:half], strict=False) for row in pair]
    write(folder / "validation.conll", mixed[:VALIDATION])
    write(folder / "train.conll", mixed[VALIDATION:])
    write(folder / "test.conll", parts["test"])
    return folder


def write(path: Path, sentences: Sentences) -> None:
    """Write sentences as two columns."""
    path.parent.mkdir(exist_ok=True)
    blocks = (
        "".join(f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True))
        for words, tags in sentences
    )
    path.write_text("\n".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    main()
