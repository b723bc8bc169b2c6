"""Keep the entity types that a model knows and the data lack, while it learns others.

Nobody annotated these types in the data, so a word outside of the annotated entities may well be in
an entity of such a type. Where the model finds one, the training sentences get it as their label:
the model is its own teacher for what it knew before (Li and Hoiem 2016, "Learning without
Forgetting"; with hard labels for sequence tagging: Monaikul et al. 2021). Validation and test stay
as people annotated them, and these types are not scored.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from datasets import ClassLabel, Dataset, DatasetDict, List

from ner_core import tags
from ner_core.data.corpus import BATCH, Corpus
from ner_core.inference.tagger import Tagger


def with_types(corpus: Corpus, types: Sequence[str]) -> DatasetDict:
    """Return the splits of a corpus whose labels also name these types."""
    names = tags.label_names({*corpus.entity_types, *types})
    number = [names.index(name) for name in corpus.label_names]

    def renumber(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
        return {"ner_tags": [[number[tag] for tag in row] for row in rows["ner_tags"]]}

    splits = DatasetDict()
    for split, rows in corpus.dataset.items():
        features = rows.features.copy()
        features["ner_tags"] = List(ClassLabel(names=names))
        splits[split] = _mapped(rows, renumber, features=features)
    return splits


def fill(split: Dataset, tagger: Tagger, types: Sequence[str]) -> Dataset:
    """Return a split with the entities of ``types`` that a model finds outside of all others.

    A word that nobody decided on is decided if it is in such an entity.
    """
    names = split.features["ner_tags"].feature.names
    wanted = frozenset(types)

    def to_filled(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
        found = tagger.tag(rows["tokens"]).tags
        for number, predicted in enumerate(found):
            own = rows["ner_tags"][number]
            decoded = tags.decode_predicted(predicted) if tagger.iob2 else tags.decode(predicted)
            for span in decoded:
                if span.label not in wanted or any(own[span.start : span.end]):
                    continue
                for place in range(span.start, span.end):
                    prefix = "B" if place == span.start else "I"
                    own[place] = names.index(f"{prefix}-{span.label}")
            if "undecided" in rows:
                rows["undecided"][number] = [
                    place for place in rows["undecided"][number] if not own[place]
                ]
        return rows

    return _mapped(split, to_filled, batch_size=BATCH)


def _mapped(split: Dataset, function: Any, **more: Any) -> Dataset:
    # Without a fingerprint given, datasets computes one by pickling what the function uses.
    fresh = {"load_from_cache_file": False, "new_fingerprint": secrets.token_hex(8)}
    return split.map(function, batched=True, **fresh, **more)
