"""Data: one reader a format, one canonical shape whatever the source."""

from ner_core.data.corpus import Corpus, canonical_source, load, load_for_evaluation

__all__ = ["Corpus", "canonical_source", "load", "load_for_evaluation"]
