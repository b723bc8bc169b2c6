"""How fast text is split into words, beside ``str.split`` and a tokenizer's own first step.

    python benchmarks/split_speed.py [--characters 2000000] [--rounds 5]

The text is the bundled sample as people write it, repeated. Each way splits it line by line, in
turns; of the rounds the fastest counts. Prints characters per second, and the ratio to
``ner_core.words.split_words``.
"""

import argparse
import sys
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tokenizers.pre_tokenizers import BertPreTokenizer

from ner_core.data.corpus import load_data, sentences
from ner_core.entities import as_written
from ner_core.words import split_words


def lines_of_sample(characters: int) -> list[str]:
    """Return sentences of the sample as text, repeated until there are so many characters."""
    texts = [
        as_written(words, [])[0] for words, _ in sentences(load_data("sample").dataset["train"])
    ]
    found: list[str] = []
    size = 0
    for text in cycle(texts):
        found.append(text)
        size += len(text)
        if size >= characters:
            return found
    return found


def seconds(split: Callable[[str], object], lines: list[str]) -> float:
    """Return how long it takes to split the lines."""
    start = time.perf_counter()
    for line in lines:
        split(line)
    return time.perf_counter() - start


def main() -> None:
    """Measure each way and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--characters", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    lines = lines_of_sample(options.characters)
    size = sum(map(len, lines))
    ways: dict[str, Callable[[str], object]] = {
        "split_words": split_words,
        "str.split": str.split,
        "BertPreTokenizer": BertPreTokenizer().pre_tokenize_str,
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(options.rounds):
        for name, split in ways.items():
            best[name] = min(best[name], seconds(split, lines))
    print(f"{size:,} characters in {len(lines):,} lines")
    for name, took in best.items():
        rate = size / took / 1e6
        print(f"{name:18} {rate:8.2f} million a second  {best['split_words'] / took:6.2f}")


if __name__ == "__main__":
    main()
