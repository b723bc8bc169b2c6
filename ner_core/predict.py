"""From raw text to entities: the Predictor."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from ner_core import tags as tagging
from ner_core.config import Precision
from ner_core.entities import Entity, entities_of
from ner_core.errors import ConfigError
from ner_core.sub_token_view import SubToken, view_sub_tokens
from ner_core.tagging import Tagger, load_tagger
from ner_core.words import paragraphs, readable, split_words

BATCH_SIZE = 16
"""Windows at a time: more of them are no faster on a CPU, and need more memory (LOG.md)."""

_MOST_TEXTS = 1024
_MOST_CHARACTERS = 200_000


class Predictor:
    """Finds the entities of raw text of any length with a trained model.

    What a blank line parts is read apart, so that a paragraph's entities are the same wherever it
    stands; a longer one in windows that overlap, see ``align``.

    >>> predictor = Predictor.load("minilm-sample")  # doctest: +SKIP
    >>> predictor.predict("Ann lives in Oslo.")  # doctest: +SKIP
    [Entity(start=0, end=3, label='PER', score=0.99, text='Ann'), ...]
    """

    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger

    @classmethod
    def load(
        cls, model: str, label_names: Sequence[str] | None = None, precision: Precision = "auto"
    ) -> "Predictor":
        """Load a model by its name (a run's id, a folder, a Hub id) onto the best device.

        ``label_names`` are the tags of a model whose config.json does not tell them, in the order
        of their numbers. ``precision`` is the number format: "auto" takes bfloat16 where the device
        computes in it natively, "fp32" gives the same on each machine. Raises ModelError if there
        is no such model, or it cannot name entities.
        """
        return cls(load_tagger(model, label_names, precision))

    @property
    def entity_types(self) -> list[str]:
        """The types that the model can name, sorted."""
        names = [name for name in self.tagger.label_names if name != tagging.OUTSIDE]
        return sorted({span.label for name in names for span in tagging.decode([name])})

    def predict(
        self, text: str, threshold: float = 0.0, labels: Collection[str] | None = None
    ) -> list[Entity]:
        """Find the entities of one text: sorted, disjoint, whole words.

        Those with a score under ``threshold`` are left out, and those of types other than
        ``labels``. Raises ConfigError if the threshold is none, or the model knows no such type.
        """
        return self.predict_all([text], threshold, labels)[0]

    def predict_all(
        self,
        texts: Iterable[str],
        threshold: float = 0.0,
        labels: Collection[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> list[list[Entity]]:
        """Find the entities of several texts, in their order; see ``predict``."""
        return list(self.stream(texts, threshold, labels, batch_size))

    def stream(
        self,
        texts: Iterable[str],
        threshold: float = 0.0,
        labels: Collection[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[list[Entity]]:
        """Find the entities of texts as they come: a list a text, in their order; see ``predict``.

        Only some hundred texts at a time are taken from ``texts`` and kept in memory. Windows of
        similar length are computed together, ``batch_size`` at a time.
        """
        self._check(threshold, labels, batch_size)
        wanted = None if labels is None else frozenset(labels)  # asked for each entity
        return (
            [
                entity
                for entity in found
                if entity.score >= threshold and (wanted is None or entity.label in wanted)
            ]
            for chunk in _chunks(texts)
            for found in self._entities(chunk, batch_size)
        )

    def sub_tokens(self, text: str) -> list[SubToken]:
        """Show what the model says of each sub-token of a text; see ``view_sub_tokens``."""
        found: list[SubToken] = []
        for places in paragraphs(text, split_words(text)):
            begin = len(found)
            found += [
                part._replace(index=begin + part.index)
                for part in view_sub_tokens(self.tagger, text, places)
            ]
        return found

    def _entities(self, texts: Sequence[str], batch_size: int) -> list[list[Entity]]:
        parts = [
            (number, places)
            for number, text in enumerate(texts)
            for places in paragraphs(text, split_words(text))
        ]
        words = [readable(texts[number], places) for number, places in parts]
        tagged = self.tagger.tag(words, batch_size=batch_size)
        found: list[list[Entity]] = [[] for _ in texts]
        for (number, places), tags, scores in zip(parts, tagged.tags, tagged.scores, strict=True):
            found[number] += entities_of(texts[number], places, tags, scores, self.tagger.iob2)
        return found

    def _check(self, threshold: float, labels: Collection[str] | None, batch_size: int) -> None:
        if not 0 <= threshold <= 1:
            raise ConfigError(f"threshold: expected a number from 0 to 1, found {threshold}.")
        if batch_size < 1:
            raise ConfigError(f"batch_size: expected a number from 1 on, found {batch_size}.")
        types = self.entity_types
        for label in labels or ():
            if label not in types:
                raise ConfigError(
                    f"labels: expected some of {', '.join(types)}, the types that the model knows, "
                    f"found {label[:40]!r}."
                )


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    """Take texts a chunk at a time, bounded in number and in characters."""
    chunk: list[str] = []
    size = 0
    for text in texts:
        chunk.append(text)
        size += len(text)
        if len(chunk) >= _MOST_TEXTS or size >= _MOST_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
