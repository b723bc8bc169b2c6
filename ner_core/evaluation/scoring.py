"""Scoring a model on a split: on its words, or on its sentences as typed text."""

from collections.abc import Collection
from typing import Any

from datasets import Dataset

from ner_core import tags
from ner_core.data.corpus import gold_tags
from ner_core.entities import as_written
from ner_core.evaluation.evaluate_metric import StrictEntityMetric
from ner_core.evaluation.intervals import intervals, sentence_counts, tag_counts
from ner_core.evaluation.metrics import span_scores
from ner_core.inference.predictor import BATCH_SIZE, Predictor
from ner_core.inference.tagger import Tagger

_Spans = list[tuple[int, int, str]]


def tag_names(split: Dataset) -> list[list[str]]:
    """Return the names of the gold tags of a split, one list per sentence; see ``gold_tags``."""
    return gold_tags(split[:], split.features["ner_tags"].feature.names)


def leave_out_undecided(
    gold: list[list[str]], predicted: list[list[str]], unscored: Collection[str] = ()
) -> tuple[list[list[str]], list[list[str]]]:
    """Return gold and predicted IOB2 tags without what nobody can call right or wrong.

    Words that nobody decided on become O, and so do the predicted entities that touch them, and
    those of the types in ``unscored``, which nobody annotated.
    """
    if not unscored and not any(tags.UNDECIDED in names for names in gold):
        return gold, predicted
    pairs = [_without_undecided(*pair, unscored) for pair in zip(gold, predicted, strict=True)]
    return [names for names, _ in pairs], [names for _, names in pairs]


def _without_undecided(
    gold: list[str], predicted: list[str], unscored: Collection[str]
) -> tuple[list[str], list[str]]:
    undecided = {number for number, tag in enumerate(gold) if tag == tags.UNDECIDED}
    kept = list(predicted)
    for span in tags.decode(predicted):
        open_ = not undecided.isdisjoint(range(span.start, span.end))
        if open_ or span.label in unscored:
            kept[span.start : span.end] = [tags.OUTSIDE] * (span.end - span.start)
    return tags.undecided_as_outside(gold), kept


def score(
    predictor: Predictor, split: Dataset, from_text: bool = False, batch_size: int | None = None
) -> dict[str, Any]:
    """Return the scores of a model on a split: see ``score_text`` and ``score_words``.

    With ``from_text``, ``words`` has precision, recall and F1 on the words of the data: where those
    are better, the words of the data are others than those that people's texts are split into.
    """
    size = {"batch_size": batch_size} if batch_size else {}
    words = score_words(predictor.tagger, split, **size)
    if not from_text:
        return words
    compared = {name: words[name] for name in ("precision", "recall", "f1")}
    return {**score_text(predictor, split, **size), "words": compared}


def score_words(tagger: Tagger, split: Dataset, batch_size: int = 32) -> dict[str, Any]:
    """Score a model on the words of a split: strict, IOB2, micro-averaged, texts not truncated.

    Return the scores of ``metrics.entity_scores``, ``interval`` (see ``intervals``), and ``loss``,
    the mean cross-entropy of a word in nats. The tags of a model trained here are scored as
    predicted, without repairs, so that the scores can be recomputed from the saved model. The tags
    of other models, whose scheme is not known, are decoded by ``tags.decode`` and converted to
    IOB2.
    """
    gold = tag_names(split)
    predicted, loss = predict_tags(tagger, split["tokens"][:], gold, batch_size)
    gold, predicted = leave_out_undecided(gold, predicted)
    interval = intervals(tag_counts(gold, predicted))
    return {**score_tags(gold, predicted), "interval": interval, "loss": loss}


def predict_tags(
    tagger: Tagger, texts: list[list[str]], gold: list[list[str]], batch_size: int = 32
) -> tuple[list[list[str]], float | None]:
    """Return the IOB2 tags that a model predicts, and its loss on the gold tags."""
    tagged = tagger.tag(texts, gold, batch_size)
    if tagger.iob2:
        return tagged.tags, tagged.loss
    return [tags.encode(tags.decode(names), len(names)) for names in tagged.tags], tagged.loss


def score_tags(gold: list[list[str]], predicted: list[list[str]]) -> dict[str, Any]:
    """Score IOB2 tags by the strict metric; see ``metrics.entity_scores``."""
    scores: dict[str, Any] = StrictEntityMetric().compute(references=gold, predictions=predicted)
    return scores


def score_text(
    predictor: Predictor, split: Dataset, batch_size: int = BATCH_SIZE
) -> dict[str, Any]:
    """Score a model on typed text: words joined as people write, split again by the Predictor.

    A predicted entity is correct if its characters and its type are exactly those of a gold entity.
    ``interval`` has the 95 % intervals of the scores.
    """
    texts, marked = as_typed(split)
    found = [
        [(entity.start, entity.end, entity.label) for entity in entities]
        for entities in predictor.predict_all(texts, batch_size=batch_size)
    ]
    gold, found = _decided(marked, found)
    interval = intervals(sentence_counts(gold, found))
    return {**span_scores(gold, found), "interval": interval, "sentences": len(texts)}


def as_typed(split: Dataset) -> tuple[list[str], list[list[tuple[int, int, str]]]]:
    """Return the sentences of a split as people write them, and their gold entities.

    An entity is ``(start, end, label)`` in characters of the sentence, half-open. A word that
    nobody decided on is one with the label ``UNDECIDED``.
    """
    texts: list[str] = []
    gold: list[list[tuple[int, int, str]]] = []
    for words, names in zip(split["tokens"], tag_names(split), strict=True):
        undecided = [
            tags.Span(number, number + 1, tags.UNDECIDED)
            for number, name in enumerate(names)
            if name == tags.UNDECIDED
        ]
        text, spans = as_written(
            words, [*tags.decode(tags.undecided_as_outside(names)), *undecided]
        )
        texts.append(text)
        gold.append([(span.start, span.end, span.label) for span in spans])
    return texts, gold


def _decided(marked: list[_Spans], found: list[_Spans]) -> tuple[list[_Spans], list[_Spans]]:
    """Return gold and found entities without what touches a word that nobody decided on."""
    gold, kept = [], []
    for spans, entities in zip(marked, found, strict=True):
        undecided = [span for span in spans if span[2] == tags.UNDECIDED]
        gold.append([span for span in spans if span[2] != tags.UNDECIDED])
        kept.append(
            [
                one
                for one in entities
                if not any(one[0] < end and start < one[1] for start, end, _ in undecided)
            ]
        )
    return gold, kept
