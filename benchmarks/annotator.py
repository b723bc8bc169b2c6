"""Annotate as a person would who always knows the answer, and measure what it brings.

The texts of a corpus wait in the queue of an annotation set. A simulated annotator takes the next
one, is shown suggestions, mends them until they are the corpus's own annotation, and accepts. After
each batch a run learns from the set, from the model before if there is one, and its model suggests
from then on. For each order of the queue, at each size: F1 on the test part of the corpus, the
entities in the annotated texts (what marking everything by hand takes), and the edits that were
needed with suggestions: entities added, removed or changed.

    python benchmarks/annotator.py sample ../shared/data/wnut17 --orders random unsure --seeds 1 2 3

Everything goes through the store, the queue, the suggestions and the training that people use.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import ner_core
from ner_core.annotations import store
from ner_core.annotations.decisions import Suggestion
from ner_core.data.corpus import gold_tags, load_as_it_is
from ner_core.entities import as_written
from ner_core.evaluation.scoring import score_words
from ner_core.inference.predictor import Predictor
from ner_core.tags import decode
from ner_core.teaching.ordering import ORDERS, Order, Read, ordered
from ner_core.teaching.queue import Queue
from ner_core.teaching.word_lists import WordLists, examples_of, merged
from ner_core.words import split_words

POOL = 1000  # texts in a queue
TEST = 500  # sentences of the test part


def corpus_of(source: str, seed: int):
    """Return texts with their entities, and a test part in the canonical shape."""
    corpus = load_as_it_is(source)
    train, test = corpus.dataset["train"], corpus.dataset.get("test")
    if test is None:
        parts = train.train_test_split(test_size=TEST, seed=1)
        train, test = parts["train"], parts["test"]
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose, no secret
    chosen = chance.sample(range(train.num_rows), min(POOL, train.num_rows))
    rows = train.select(chosen)[:]
    gold = {}
    for words, names in zip(rows["tokens"], gold_tags(rows, corpus.label_names), strict=True):
        text, spans = as_written(words, decode(names))
        gold[text] = tuple(spans)
    return gold, test.select(range(min(TEST, test.num_rows)))


def read_with(predictor: Predictor, texts: Sequence[str]) -> list[Read]:
    """Return the texts as a model reads them."""
    words = [[text[place.start : place.end] for place in split_words(text)] for text in texts]
    tagged = predictor.tagger.tag(words)
    return [Read(*row) for row in zip(words, tagged.tags, tagged.scores, strict=True)]


def simulate(source: str, order: Order, sizes: Sequence[int], seed: int, recipe: str, again: bool):
    """Yield (texts, F1, entities, edits) at each size."""
    gold, test = corpus_of(source, seed)
    found = store.create(f"{order} {seed}")
    Queue(found).add(gold)
    predictor: Predictor | None = None
    model = "minilm"
    entities = edits = 0
    done: set[str] = set()
    ranked = ordered(list(gold), order if order == "given" else "random")
    for size in sizes:
        for text in ranked[: size - len(done)]:
            marked = WordLists(examples_of(found.read().decisions.values())).suggest(text)
            seen = predictor.predict(text) if predictor else []
            suggested = merged([Suggestion(*entity[:4]) for entity in seen], marked)
            found.accept(text, gold[text], suggested, model if predictor else "marked before")
            entities += len(gold[text])
            wanted = {tuple(span) for span in gold[text]}
            edits += changes({one[:3] for one in suggested}, wanted)
            done.add(text)
        run = ner_core.train(data=f"annotations:{found.id}", model=model, recipe=recipe, seed=seed)
        predictor = Predictor.load(run.id)
        model = run.id if again else model
        yield size, score_words(predictor.tagger, test)["f1"], entities, edits
        waiting = Queue(found).waiting()
        ranked = ordered(waiting, order, read_with(predictor, waiting))


def changes(suggested: set, wanted: set[tuple]) -> int:
    """Return the edits from suggestions to the wanted entities.

    An entity with other borders or another type than a suggestion that it overlaps is one edit.
    """
    left = suggested - wanted
    count = 0
    for start, end, _ in wanted - suggested:
        near = next((one for one in left if one[0] < end and start < one[1]), None)
        left.discard(near)
        count += 1
    return count + len(left)


def main() -> None:
    """Print a table for each corpus."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="+")
    parser.add_argument(
        "--orders", nargs="+", choices=ORDERS, default=["random", "unsure", "mixed"]
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=[20, 40, 60, 100, 140])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--recipe", default="balanced")
    parser.add_argument("--again", action="store_true", help="each run goes on from the last model")
    options = parser.parse_args()
    for source in options.corpora:
        print(f"\n{Path(source).name}, mean of seeds {options.seeds}, recipe {options.recipe}")
        print("| order | texts | F1 | entities by hand | edits | edits / by hand |")
        print("|---|---|---|---|---|---|")
        for order in options.orders:
            rows: dict[int, list[tuple[float, int, int]]] = {size: [] for size in options.sizes}
            for seed in options.seeds:
                with tempfile.TemporaryDirectory() as home:
                    os.environ["NER_HOME"] = home
                    for size, *figures in simulate(
                        source, order, options.sizes, seed, options.recipe, options.again
                    ):
                        rows[size].append(tuple(figures))
            for size, found in rows.items():
                f1, entities, edits = (
                    statistics.mean(column) for column in zip(*found, strict=True)
                )
                spread = statistics.stdev([row[0] for row in found]) if len(found) > 1 else 0.0
                print(
                    f"| {order} | {size} | {f1:.3f} ± {spread:.3f} | {entities:.0f} | {edits:.0f} "
                    f"| {edits / entities:.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
