"""What explains a score: which entities are wrong in which way, and what they have in common.

Entities are the strict ones, those that the strict F1 counts (``metrics.entity_scores``), so the
counts here give its precision and recall. Each gold entity is paired with one predicted entity at
most. Exact pairs come first, then the same words with another type, then a shared word with the
same type, then a shared word with another type; of several, the pair that shares most words, then
the one further left. What remains was missed, or is spurious. (Telling these kinds apart goes back
to MUC-5: Chinchor and Sundheim 1993.)
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ner_core.evaluation.metrics import Counts
from ner_core.runs.error_log import ERROR_KINDS
from ner_core.tags import Span, split_tag

RARE_BELOW = 100
"""A type with fewer entities than this in training is rare: too few to judge its errors by."""

MISSED, SPURIOUS = "(missed)", "(spurious)"
SEEN_GROUPS = ("seen", "seen as another type", "unseen")

_CORRECT = "correct"
_KINDS_OF_PAIRS = (_CORRECT, "wrong type", "wrong boundary", "wrong boundary and type")


class Match(NamedTuple):
    """A gold entity and the predicted one that stands for it; None where there is no other."""

    kind: str
    gold: Span | None
    predicted: Span | None


@dataclass(frozen=True)
class TrainFacts:
    """What of the training part explains scores: its entities' texts, and how many of each type.

    ``types`` has the entity types of each text (its words, case-folded); texts with the same types
    share one set, so an entity text costs little more than its characters.
    """

    types: Mapping[str, frozenset[str]]
    counts: Mapping[str, int]

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]], gold: Iterable[Sequence[str]]) -> "TrainFacts":
        """Gather them from words and IOB2 tags, a sequence a sentence, read once.

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
    """Read the IOB2 tags of one sentence as the strict score does: an entity starts with B-.

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
    """Pair the entities of one sentence one to one, in the order of the text.

    Each side is sorted and disjoint, as ``strict_entities`` gives it.

    >>> [pair.kind for pair in match([Span(0, 2, "LOC")], [Span(0, 1, "LOC"), Span(1, 2, "PER")])]
    ['wrong boundary', 'spurious']
    """
    pairs: list[Match] = []
    free_gold, free_predicted = set(gold), set(predicted)
    # The key treats both sides alike: swapped, they give the same pairs. No two candidates share
    # one, because spans of one side share no word.
    ranked = sorted(_candidates(gold, predicted), key=lambda it: (*it[:2], sorted(it[2:])))
    for rank, _, mine, other in ranked:
        if mine in free_gold and other in free_predicted:
            pairs.append(Match(_KINDS_OF_PAIRS[rank], mine, other))
            free_gold.remove(mine)
            free_predicted.remove(other)
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
    """Explain the score of one split: words, gold tags and predicted tags, a sequence a sentence.

    Tags are IOB2, the model's own, unrepaired. ``windows`` is in how many windows each sentence was
    read. Raises ValueError if the lengths differ. Gives, in JSON types only:

    ``counts``
        ``correct`` and each of ``ERROR_KINDS``. All but ``spurious`` add up to the gold entities,
        all but ``missed`` to the predicted ones.
    ``confusion``
        By gold type, how often each predicted type stands for it, or ``(missed)``; and in the row
        ``(spurious)`` the predicted types that stand for nothing. Only the type counts: a pair with
        a wrong boundary is in the cell of its two types, so on the diagonal if they are the same.
        A row adds up to the gold entities of its type, a column to the predicted ones.
    ``seen``
        Gold entities by whether their text (case-folded) is an entity of training: with the same
        type (``seen``), only with others (``seen as another type``), or not at all (``unseen``);
        of each group ``support``, ``found`` (exactly) and ``recall``.
    ``rare_types``
        Of each type with fewer than ``rare_below`` training entities that occurs here:
        ``train_support``, ``support`` and ``f1``.
    ``windows``
        ``sentences``, ``support``, ``precision``, ``recall``, ``f1`` of the sentences read in
        ``one`` window and in ``several``; None if ``windows`` was not given.
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
    """Give the rows of ``errors.jsonl`` (see ``error_log``), one a sentence with an error.

    Takes what ``analyse`` takes, and pairs entities as it does.
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
        match(strict_entities(mine), strict_entities(other))
        for mine, other in zip(gold, predicted, strict=True)
    ]


def _candidates(
    gold: Sequence[Span], predicted: Sequence[Span]
) -> Iterator[tuple[int, int, Span, Span]]:
    """Give the pairs that share a word, as (kind of pair, minus words shared, gold, predicted)."""
    first = 0
    for mine in gold:
        while first < len(predicted) and predicted[first].end <= mine.start:
            first += 1
        number = first
        while number < len(predicted) and predicted[number].start < mine.end:
            other = predicted[number]
            same_words = mine[:2] == other[:2]
            rank = (0 if same_words else 2) + (mine.label != other.label)
            shared = min(mine.end, other.end) - max(mine.start, other.start)
            yield rank, -shared, mine, other
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
