"""Data: one reader a format, one canonical shape whatever the source."""

from ner_core.data.corpus import Corpus, load, load_as_it_is, load_for_evaluation
from ner_core.data.sentence import ReadOptions
from ner_core.data.sources import SAMPLE, canonical_source

__all__ = [
    "SAMPLE",
    "Corpus",
    "ReadOptions",
    "canonical_source",
    "load",
    "load_as_it_is",
    "load_for_evaluation",
]
