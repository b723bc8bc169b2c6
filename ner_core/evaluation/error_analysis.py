"""Error analysis: which entities are wrong in which way, and what they have in common.

Entities are read as by the strict F1 (``metrics.entity_scores``), so its precision and recall
follow from the counts here. Each gold entity is paired with at most one predicted entity: first
exact pairs, then pairs with the same words and another type, then pairs that share a word and have
the same type, then pairs that share a word and have another type. Among these, the pair that shares
most words is taken, then the leftmost. Gold entities without a partner are missed, predicted ones
are spurious. (These kinds of errors go back to MUC-5: Chinchor and Sundheim 1993.)
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ner_core.evaluation.metrics import Counts
from ner_core.runs.error_log import ERROR_KINDS
from ner_core.tags import Span, split_tag

RARE_BELOW = 100
"""A type with fewer entities than this in the training split is rare."""

MISSED, SPURIOUS = "(missed)", "(spurious)"
SEEN_GROUPS = ("seen", "seen as another type", "unseen")

_CORRECT = "correct"
_KINDS_OF_PAIRS = (_CORRECT, "wrong type", "wrong boundary", "wrong boundary and type")


class Match(NamedTuple):
    """A gold entity and the predicted entity it is paired with; None where there is no partner."""

    kind: str
    gold: Span | None
    predicted: Span | None


@dataclass(frozen=True)
class TrainFacts:
    """The entities of the training split: the types of each entity text, and counts by type.

    A text is an entity's words, joined and case-folded. Texts with the same types share one set,
    which saves memory.
    """

    types: Mapping[str, frozenset[str]]
    counts: Mapping[str, int]

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]], gold: Iterable[Sequence[str]]) -> "TrainFacts":
        """Collect them from words and IOB2 tags, one sequence per sentence.

        >>> facts = TrainFacts.of([["In", "New", "York"]], [["O", "B-LOC", "I-LOC"]])
        >>> facts.types["new york"], facts.counts
        (frozenset({'LOC'}), {'LOC': 1})
        """
        types: dict[str, frozenset[str]] = {}
        counts: Counter[str] = Counter()
        shared: dict[frozenset[str], frozenset[str]] = {}
        for words, tags in zip(texts, gold, strict=True):
            for span in strict_entities(tags):
                counts[span.label] += 1
                text = _text_of(words, span)
                known = types.get(text, frozenset())
                if span.label not in known:
                    wider = known | {span.label}
                    types[text] = shared.setdefault(wider, wider)
        return cls(types, dict(counts))


def strict_entities(tags: Sequence[str]) -> list[Span]:
    """Return the entities of IOB2 tags as the strict score reads them: each starts with B-.

    >>> strict_entities(["B-LOC", "I-LOC", "I-PER", "I-LOC", "I-PER"])
    [Span(start=0, end=2, label='LOC')]
    """
    spans: list[Span] = []
    open_label: str | None = None
    for position, tag in enumerate(tags):
        prefix, label = split_tag(tag)
        if prefix == "B":
            spans.append(Span(position, position + 1, label))
            open_label = label
        elif prefix == "I" and label == open_label:
            spans[-1] = spans[-1]._replace(end=position + 1)
        else:
            open_label = None
    return spans


def match(gold: Sequence[Span], predicted: Sequence[Span]) -> list[Match]:
    """Pair the entities of one sentence one to one; return the pairs in the order of the text.

    Gold and predicted entities are sorted and disjoint, as ``strict_entities`` returns them.

    >>> [pair.kind for pair in match([Span(0, 2, "LOC")], [Span(0, 1, "LOC"), Span(1, 2, "PER")])]
    ['wrong boundary', 'spurious']
    """
    pairs: list[Match] = []
    free_gold, free_predicted = set(gold), set(predicted)
    # The sort key is symmetric in gold and predicted, and unique, because the spans of each are
    # disjoint. So exchanging gold and predicted gives the same pairs.
    ranked = sorted(_candidates(gold, predicted), key=lambda it: (*it[:2], sorted(it[2:])))
    for rank, _, expected, found in ranked:
        if expected in free_gold and found in free_predicted:
            pairs.append(Match(_KINDS_OF_PAIRS[rank], expected, found))
            free_gold.remove(expected)
            free_predicted.remove(found)
    pairs += [Match("missed", span, None) for span in free_gold]
    pairs += [Match("spurious", None, span) for span in free_predicted]
    return sorted(pairs, key=lambda pair: (pair.gold or pair.predicted or (), pair.gold is None))


def analyse(
    texts: Sequence[Sequence[str]],
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    *,
    train: TrainFacts,
    windows: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Analyse the errors of one split: words, gold and predicted tags, one sequence per sentence.

    Tags are IOB2, as predicted, without repairs. ``windows`` is the number of windows of each
    sentence. Raise ValueError if the lengths differ. Return, in JSON types only:

    ``counts``
        ``correct`` and each of ``ERROR_KINDS``. All but ``spurious`` add up to the gold entities,
        all but ``missed`` to the predicted ones.
    ``confusion``
        By gold type, the numbers of predicted types it was paired with, and of ``(missed)``; in
        the row ``(spurious)`` the types of the spurious entities. Only types count: a pair with a
        wrong boundary and the same type is on the diagonal. A row adds up to the gold entities of
        its type, a column to the predicted ones.
    ``seen``
        Gold entities by whether their text (case-folded) is an entity of the training split: with
        the same type (``seen``), only with others (``seen as another type``), or not at all
        (``unseen``). Each group has ``support``, ``found`` (exactly) and ``recall``.
    ``rare_types``
        ``train_support``, ``support`` and ``f1`` of each type that occurs here and has fewer than
        ``rare_below`` training entities.
    ``windows``
        ``sentences``, ``support``, ``precision``, ``recall``, ``f1`` of the sentences with ``one``
        window and with ``several``; None if ``windows`` was not given.
    """
    matched = _match_all(texts, gold, predicted)
    pairs = [pair for sentence in matched for pair in sentence]
    kinds = Counter(pair.kind for pair in pairs)
    return {
        "counts": {kind: kinds[kind] for kind in (_CORRECT, *ERROR_KINDS)},
        "confusion": _confusion(pairs),
        "seen": _seen(texts, matched, train),
        "rare_below": RARE_BELOW,
        "rare_types": _rare_types(pairs, train),
        "windows": None if windows is None else _by_windows(matched, windows),
    }


def errors_of(
    split: str,
    texts: Sequence[Sequence[str]],
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
) -> Iterator[dict[str, Any]]:
    """Yield the rows of ``errors.jsonl`` (see ``error_log``), one per sentence with an error.

    Takes the arguments of ``analyse`` and pairs entities in the same way.
    """
    for number, pairs in enumerate(_match_all(texts, gold, predicted)):
        wrong = [pair for pair in pairs if pair.kind != _CORRECT]
        if wrong:
            yield {
                "split": split,
                "sentence": number,
                "tokens": list(texts[number]),
                "gold": [list(span) for span in strict_entities(gold[number])],
                "predicted": [list(span) for span in strict_entities(predicted[number])],
                "errors": [
                    {
                        "kind": pair.kind,
                        "gold": list(pair.gold) if pair.gold else None,
                        "predicted": list(pair.predicted) if pair.predicted else None,
                    }
                    for pair in wrong
                ],
            }


def _match_all(
    texts: Sequence[Sequence[str]],
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
) -> list[list[Match]]:
    lengths = [[len(row) for row in rows] for rows in (texts, gold, predicted)]
    if lengths[0] != lengths[1] or lengths[0] != lengths[2]:
        raise ValueError("texts, gold and predicted have different lengths")
    return [
        match(strict_entities(expected), strict_entities(found))
        for expected, found in zip(gold, predicted, strict=True)
    ]


def _candidates(
    gold: Sequence[Span], predicted: Sequence[Span]
) -> Iterator[tuple[int, int, Span, Span]]:
    """Yield the pairs that share a word, as (kind of pair, minus words shared, gold, predicted)."""
    first = 0
    for expected in gold:
        while first < len(predicted) and predicted[first].end <= expected.start:
            first += 1
        number = first
        while number < len(predicted) and predicted[number].start < expected.end:
            found = predicted[number]
            same_words = expected[:2] == found[:2]
            rank = (0 if same_words else 2) + (expected.label != found.label)
            shared = min(expected.end, found.end) - max(expected.start, found.start)
            yield rank, -shared, expected, found
            number += 1


def _confusion(pairs: Iterable[Match]) -> dict[str, dict[str, int]]:
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        row = pair.gold.label if pair.gold else SPURIOUS
        table[row][pair.predicted.label if pair.predicted else MISSED] += 1
    return {row: dict(sorted(table[row].items())) for row in sorted(table)}


def _seen(
    texts: Sequence[Sequence[str]], matched: Iterable[Iterable[Match]], train: TrainFacts
) -> dict[str, dict[str, Any]]:
    support: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for words, pairs in zip(texts, matched, strict=True):
        for pair in pairs:
            if pair.gold is None:
                continue
            known = train.types.get(_text_of(words, pair.gold))
            group = "unseen" if not known else SEEN_GROUPS[pair.gold.label not in known]
            support[group] += 1
            found[group] += pair.kind == _CORRECT
    return {
        group: {
            "support": support[group],
            "found": found[group],
            "recall": found[group] / support[group] if support[group] else 0.0,
        }
        for group in SEEN_GROUPS
    }


def _rare_types(pairs: Iterable[Match], train: TrainFacts) -> dict[str, dict[str, Any]]:
    counts: defaultdict[str, Counts] = defaultdict(Counts)
    for pair in pairs:
        if pair.gold:
            label = pair.gold.label
            counts[label] = counts[label].plus(Counts(pair.kind == _CORRECT, 0, 1))
        if pair.predicted:
            label = pair.predicted.label
            counts[label] = counts[label].plus(Counts(0, 1, 0))
    return {
        label: {
            "train_support": train.counts.get(label, 0),
            "support": counts[label].gold,
            "f1": counts[label].scores()["f1"],
        }
        for label in sorted(counts)
        if train.counts.get(label, 0) < RARE_BELOW
    }


def _by_windows(matched: Sequence[Sequence[Match]], windows: Sequence[int]) -> dict[str, Any]:
    counts = {"one": Counts(), "several": Counts()}
    sentences: Counter[str] = Counter()
    for pairs, number in zip(matched, windows, strict=True):
        group = "several" if number > 1 else "one"
        sentences[group] += 1
        for pair in pairs:
            one = Counts(pair.kind == _CORRECT, bool(pair.predicted), bool(pair.gold))
            counts[group] = counts[group].plus(one)
    return {
        group: {"sentences": sentences[group], "support": total.gold, **total.scores()}
        for group, total in counts.items()
    }


def _text_of(words: Sequence[str], span: Span) -> str:
    return " ".join(words[span.start : span.end]).casefold()
