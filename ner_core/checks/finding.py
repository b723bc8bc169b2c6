"""What a finding about data is, where it is in the source, and what a split holds."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from datasets import Dataset

from ner_core import tags
from ner_core.data.corpus import Corpus, sentences

Level = Literal["error", "warning", "note"]

MOST_ROWS = 20


@dataclass(frozen=True)
class Finding:
    """Something about the data: its level, how often it occurs, and a message with what to do.

    ``rows`` are up to 20 places: ``split``, ``source`` (the file), ``line`` in it (from 1; in
    formats without lines the number of the row, as ``unit`` says), and the ``text`` there.
    """

    level: Level
    code: str
    message: str
    count: int
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class SplitCounts:
    """The number of sentences, words and entities of a split, and of entities of each type."""

    sentences: int
    tokens: int
    entities: int
    per_type: dict[str, int]

    @classmethod
    def of(cls, split: Dataset) -> "SplitCounts":
        """Count what a split has."""
        names = split.features["ner_tags"].feature.names
        counts: Counter[int] = Counter()
        for _, numbers in sentences(split):
            counts.update(numbers)
        per_type = tags.count_types(names, counts)
        return cls(split.num_rows, counts.total(), sum(per_type.values()), per_type)


def entities(corpus: Corpus, split: str) -> Iterator[tuple[int, list[str], list[tags.Span]]]:
    """Yield row, words and spans of the sentences of a split that have entities."""
    names = corpus.label_names
    for row, (words, numbers) in enumerate(sentences(corpus.dataset[split])):
        if any(numbers):
            yield row, words, tags.decode([names[number] for number in numbers])


def places(corpus: Corpus, split: str, rows: Iterable[int]) -> list[dict[str, Any]]:
    """Return where rows of a split are in the source, and their text; the first 20."""
    found = []
    for row in list(rows)[:MOST_ROWS]:
        words = corpus.dataset[split][row]["tokens"]
        found.append(
            {
                "split": split,
                "source": corpus.sources[split].name,
                "unit": corpus.sources[split].unit,
                "line": corpus.places[split][row]["line"],
                "text": " ".join(words)[:200],
            }
        )
    return found
