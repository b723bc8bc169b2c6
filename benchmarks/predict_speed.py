"""How fast entities are found, against transformers' own ``ner`` pipeline.

    python benchmarks/predict_speed.py

Both run the same model on the same sentences in this process, in turns, so that other work of the
machine slows down both. One sentence: the median time of each. A thousand sentences: sentences a
second; the pipeline by itself (a list in, one sentence after the other) and with several batch
sizes. The entities are compared with each other and with the gold ones.
"""

import argparse
import itertools
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import pipeline

sys.path.insert(0, str(Path(__file__).parent.parent))

from ner_core.data.corpus import load_data
from ner_core.evaluation.metrics import span_scores
from ner_core.evaluation.scoring import as_typed
from ner_core.inference.predictor import Predictor
from ner_core.models.loading import load_trained

BATCH_SIZES = (4, 8, 16, 32, 64)
TURNS = 3


def seconds(call: Callable[[], Any]) -> float:
    """Return the time of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--sentences", type=int, default=1000)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)

    split = load_data("sample", 0).dataset["test"]
    texts, gold = as_typed(split)
    many = list(itertools.islice(itertools.cycle(texts), options.sentences))
    predictor = Predictor.load(options.model)
    # Cached windows cost nothing, which is not what this measures.
    predictor.tagger.cache = None
    model, tokenizer = load_trained(options.model)
    plain = pipeline("ner", model=model, tokenizer=tokenizer, aggregation_strategy="first")

    once: dict[str, list[float]] = {"pipeline": [], "predictor": []}
    calls = {"pipeline": plain, "predictor": predictor.predict}
    for _ in range(TURNS):
        for name, call in calls.items():
            for text in texts[:20]:
                call(text)
            once[name] += [seconds(lambda call=call, text=text: call(text)) for text in texts]
    rates: dict[str, list[float]] = {}
    for _ in range(TURNS):
        for size in (None, *BATCH_SIZES):
            name = f"pipeline, batches of {size}" if size else "pipeline, alone"
            took = seconds(lambda size=size: plain(many, batch_size=size))
            rates.setdefault(name, []).append(len(many) / took)
        took = seconds(lambda: predictor.predict_all(many))
        rates.setdefault("predictor", []).append(len(many) / took)

    found = {
        "pipeline": [
            [(e["start"], e["end"], e["entity_group"]) for e in entities]
            for entities in plain(texts)
        ],
        "predictor": [
            [(e.start, e.end, e.label) for e in entities]
            for entities in predictor.predict_all(texts)
        ],
    }
    medians = {name: statistics.median(values) for name, values in once.items()}
    print(f"{options.model}, {next(predictor.tagger.model.parameters()).dtype}, ", end="")
    print(f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}\n")
    print("| one sentence, ms (median) | | ratio |\n|---|---|---|")
    for name, value in medians.items():
        print(f"| {name} | {1000 * value:.2f} | {value / medians['pipeline']:.2f} |")
    print(f"\n| {len(many):,} sentences, a second (median of {TURNS}) | | ratio |\n|---|---|---|")
    alone = statistics.median(rates["pipeline, alone"])
    for name, values in rates.items():
        rate = statistics.median(values)
        print(f"| {name} | {rate:.0f} | {rate / alone:.2f} |")
    same = sum(one == other for one, other in zip(*found.values(), strict=True))
    print(f"\nThe same entities in {same:,} of {len(texts):,} sentences. Strict F1 of characters:")
    for name, entities in found.items():
        print(f"{name} {span_scores(gold, entities)['f1']:.3f}")


if __name__ == "__main__":
    main()
