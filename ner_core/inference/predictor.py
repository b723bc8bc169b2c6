"""The Predictor: find the entities of raw text."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from ner_core.config import Precision
from ner_core.entities import Entity, entities_of
from ner_core.errors import ConfigError
from ner_core.inference.tagger import Tagger, load_tagger
from ner_core.inference.token_view import SubToken, view_sub_tokens
from ner_core.models.threshold import threshold_of
from ner_core.tags import OUTSIDE, entity_types
from ner_core.words import Word, each_word, paragraphs, readable, split_words

BATCH_SIZE = 16
"""Windows in one batch: larger batches are no faster on a CPU and need more memory (LOG.md)."""

_MAX_CHUNK_TEXTS = 1024
_MAX_CHUNK_CHARACTERS = 200_000

_LONG_TEXT = 20_000
"""Characters. Longer texts are read in steps of about ``_STEP_CHARACTERS``."""
_STEP_CHARACTERS = 8000


class Predictor:
    """Find the entities of raw text of any length with a trained model.

    Paragraphs, which are separated by blank lines, are read one by one, so that the entities of a
    paragraph do not depend on its neighbours. A long paragraph is read in overlapping windows; see
    ``ner_core.models.windows``.

    >>> predictor = Predictor.load("starter")
    >>> [(entity.text, entity.label) for entity in predictor.predict("Ann lives in Oslo.")]
    [('Ann', 'PER'), ('Oslo', 'LOC')]
    """

    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger

    @classmethod
    def load(
        cls, model: str, label_names: Sequence[str] | None = None, precision: Precision = "auto"
    ) -> "Predictor":
        """Load a model by its name (a run id, a folder, a Hub id) onto the best device.

        ``label_names`` are the tags of a model whose config.json does not name them, in the order
        of their ids. ``precision`` is the number format: "auto" is bfloat16 if the device computes
        in it natively, "fp32" has the same results on each machine. Raises ModelError if there is
        no such model, or it was not trained for NER.
        """
        return cls(load_tagger(model, label_names, precision))

    @property
    def entity_types(self) -> list[str]:
        """The entity types that the model knows, sorted."""
        return entity_types(self.tagger.label_names)

    @property
    def threshold(self) -> float:
        """The threshold with the best F1 on validation, 0 for most models; see ``predict``."""
        return threshold_of(self.tagger.model.config)

    def predict(
        self, text: str, threshold: float = 0.0, labels: Collection[str] | None = None
    ) -> list[Entity]:
        """Return the entities of one text: sorted, disjoint, whole words.

        Entities with a score below ``threshold`` (0 to 1) are left out, and if ``labels`` is given,
        those of other types. Raises ConfigError if the threshold is out of range, or the model does
        not know one of the types.
        """
        return self.predict_all([text], threshold, labels)[0]

    def predict_all(
        self,
        texts: Iterable[str],
        threshold: float = 0.0,
        labels: Collection[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> list[list[Entity]]:
        """Return the entities of several texts, in their order; see ``predict``."""
        return list(self.stream(texts, threshold, labels, batch_size))

    def stream(
        self,
        texts: Iterable[str],
        threshold: float = 0.0,
        labels: Collection[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[list[Entity]]:
        """Yield the entities of each text, in the order of the texts; see ``predict``.

        Up to a thousand texts at a time are taken from ``texts`` and kept in memory. Windows of
        similar length are computed together, ``batch_size`` at a time.
        """
        self._check(threshold, labels, batch_size)
        wanted = None if labels is None else frozenset(labels)  # looked up for each entity
        return (
            _kept(found, threshold, wanted)
            for chunk in _chunks(texts)
            for found in self._entities(chunk, batch_size)
        )

    def read(
        self,
        text: str,
        threshold: float = 0.0,
        labels: Collection[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[tuple[int, list[Entity]]]:
        """Yield the entities of one text of any length step by step; see ``predict``.

        Each step is the number of characters read so far, and the entities found since the last
        step. All steps together have the entities that ``predict`` returns.
        """
        self._check(threshold, labels, batch_size)
        wanted = None if labels is None else frozenset(labels)
        return (
            (end, _kept(found, threshold, wanted)) for end, found in self._steps(text, batch_size)
        )

    def sub_tokens(self, text: str) -> list[SubToken]:
        """Return the tag of each sub-token of a text; see ``view_sub_tokens``."""
        found: list[SubToken] = []
        for places in paragraphs(text, split_words(text)):
            begin = len(found)
            found += [
                part._replace(index=begin + part.index)
                for part in view_sub_tokens(self.tagger, text, places)
            ]
        return found

    def _entities(self, texts: Sequence[str], batch_size: int) -> list[list[Entity]]:
        """Return the entities of several texts, or of one long text, which is read in steps."""
        if len(texts) == 1 and len(texts[0]) > _LONG_TEXT:
            steps = self._steps(texts[0], batch_size)
            return [[entity for _, found in steps for entity in found]]
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

    def _steps(self, text: str, batch_size: int) -> Iterator[tuple[int, list[Entity]]]:
        if len(text) <= _LONG_TEXT:
            yield len(text), self._entities([text], batch_size)[0]
            return
        for part in _parts(paragraphs(text, each_word(text))):
            if len(part) == 1:
                yield from self._paragraph(text, part[0], batch_size)
                continue
            words = [readable(text, places) for places in part]
            tagged = self.tagger.tag(words, batch_size=batch_size)
            found: list[Entity] = []
            for places, tags, scores in zip(part, tagged.tags, tagged.scores, strict=True):
                found += entities_of(text, places, tags, scores, self.tagger.iob2)
            yield part[-1][-1].end, found

    def _paragraph(
        self, text: str, places: Sequence[Word], batch_size: int
    ) -> Iterator[tuple[int, list[Entity]]]:
        tags: list[str] = []
        scores: list[float] = []
        begin = 0
        for more_tags, more_scores in self.tagger.tag_in_steps(readable(text, places), batch_size):
            tags += more_tags
            scores += more_scores
            known = begin + len(tags)
            # Entities end at an O, so those before the last O are complete.
            complete = len(tags) if known == len(places) else _after_last_outside(tags)
            end = begin + complete
            found = entities_of(
                text, places[begin:end], tags[:complete], scores[:complete], self.tagger.iob2
            )
            yield places[known - 1].end, found
            del tags[:complete], scores[:complete]
            begin = end

    def _check(self, threshold: float, labels: Collection[str] | None, batch_size: int) -> None:
        if not 0 <= threshold <= 1:
            raise ConfigError(f"threshold can't be {threshold}. Use a number from 0 to 1.")
        if batch_size < 1:
            raise ConfigError(f"batch_size can't be {batch_size}. Use 1 or more.")
        types = self.entity_types
        for label in labels or ():
            if label not in types:
                raise ConfigError(
                    f"The model doesn't know the type {label[:40]!r} in labels. Choose from "
                    f"{', '.join(types)}."
                )


def _kept(
    found: Iterable[Entity], threshold: float, labels: Collection[str] | None
) -> list[Entity]:
    return [
        entity
        for entity in found
        if entity.score >= threshold and (labels is None or entity.label in labels)
    ]


def _after_last_outside(tags: Sequence[str]) -> int:
    return next((place for place in range(len(tags), 0, -1) if tags[place - 1] == OUTSIDE), 0)


def _parts(all_places: Iterable[list[Word]]) -> Iterator[list[list[Word]]]:
    """Yield paragraphs of a text that make one step together; a long paragraph comes alone."""
    part: list[list[Word]] = []
    for places in all_places:
        if part and places[-1].end - part[0][0].start > _STEP_CHARACTERS:
            yield part
            part = []
        part.append(places)
    if part:
        yield part


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield chunks of texts, limited in number and in characters; a long text comes alone."""
    chunk: list[str] = []
    size = 0
    for text in texts:
        if len(text) > _LONG_TEXT:
            if chunk:
                yield chunk
            yield [text]
            chunk, size = [], 0
            continue
        chunk.append(text)
        size += len(text)
        if len(chunk) >= _MAX_CHUNK_TEXTS or size >= _MAX_CHUNK_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
