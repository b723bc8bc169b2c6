"""From raw text to entities: the Predictor."""

import re
from collections.abc import Sequence

from ner_core import tags as tagging
from ner_core.entities import Entity, entities_of
from ner_core.tagging import Tagger, load_tagger
from ner_core.words import split_words

_SURROGATE = re.compile("[\ud800-\udfff]")


class Predictor:
    """Finds the entities of raw text of any length with a trained model.

    >>> predictor = Predictor.load("minilm-sample")  # doctest: +SKIP
    >>> predictor.predict("Ann lives in Oslo.")  # doctest: +SKIP
    [Entity(start=0, end=3, label='PER', score=0.99, text='Ann'), ...]
    """

    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger

    @classmethod
    def load(cls, model: str) -> "Predictor":
        """Load a model by its name (a run's id, a folder, a Hub id) onto the best device.

        Raises ModelError if there is none, or it cannot name entities.
        """
        return cls(load_tagger(model))

    @property
    def entity_types(self) -> list[str]:
        """The types that the model can name, sorted."""
        names = [name for name in self.tagger.label_names if name != tagging.OUTSIDE]
        return sorted({span.label for name in names for span in tagging.decode([name])})

    def predict(self, text: str, threshold: float = 0.0) -> list[Entity]:
        """Find the entities of one text: sorted, disjoint, whole words.

        Those with a score under ``threshold`` are left out.
        """
        return self.predict_all([text], threshold)[0]

    def predict_all(
        self, texts: Sequence[str], threshold: float = 0.0, batch_size: int = 32
    ) -> list[list[Entity]]:
        """Find the entities of several texts, in their order; see ``predict``."""
        # Half a surrogate pair is no character to a tokenizer; its place in the text stays.
        readable = [_SURROGATE.sub("\ufffd", text) for text in texts]
        places = [split_words(text) for text in readable]
        words = [
            [text[word.start : word.end] for word in found]
            for text, found in zip(readable, places, strict=True)
        ]
        tagged = self.tagger.tag(words, batch_size=batch_size)
        return [
            [
                entity
                for entity in entities_of(*parts, self.tagger.iob2)
                if entity.score >= threshold
            ]
            for parts in zip(texts, places, tagged.tags, tagged.scores, strict=True)
        ]
