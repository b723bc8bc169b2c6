"""What can be wrong with data: one function a kind of finding, each says where and what to do."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ner_core import tags
from ner_core.counting import many
from ner_core.data.corpus import Corpus, sentences
from ner_core.data.readers.sentence import FaultCode

Level = Literal["error", "warning", "note"]

FEW_EXAMPLES = 20
MOST_ROWS = 20


@dataclass(frozen=True)
class Finding:
    """One thing about the data: how grave, how often, where, and what to do about it.

    ``rows`` are up to 20 places: ``split``, ``source`` (the file), ``line`` in it (from 1; in
    formats without lines the number of the row, as ``unit`` says), and the ``text`` that stands
    there.
    """

    level: Level
    code: str
    message: str
    count: int
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class SplitCounts:
    """What a split has: sentences, words, entities, and entities of each type."""

    sentences: int
    tokens: int
    entities: int
    per_type: dict[str, int]


_FAULTS: dict[FaultCode, tuple[Level, str, str]] = {
    "unreadable": (
        "error",
        "{count} cannot be read, and {are} left out here. Training does not start before {they} "
        "{are} mended.",
        "row",
    ),
    "invalid": (
        "warning",
        "{count} broke the file's own scheme and {were} repaired: an entity that did not start "
        "properly now starts where it is first tagged. Correct {them} if that is not what was "
        "meant.",
        "tag",
    ),
    "overlap": (
        "warning",
        "{count} overlapped another one and {were} left out: of two the longer one stays, of "
        "equals the first. Take the ones away that are not wanted.",
        "entity",
    ),
    "misaligned": (
        "note",
        "{count} lay inside a word, which was split there, so that nothing is lost. Correct the "
        "offsets if that is not what was meant.",
        "entity border",
    ),
    "empty": ("note", "{count} had no words and {were} passed over.", "row"),
}


def faults(corpus: Corpus) -> Iterator[Finding]:
    """Report what the readers met: rows that cannot be read, invalid tags, overlapping spans."""
    for code, (level, message, noun) in _FAULTS.items():
        total = sum(log.counts[code] for log in corpus.faults.values())
        if total:
            rows = [
                {
                    "split": split,
                    "source": corpus.sources[split].name,
                    "unit": corpus.sources[split].unit,
                    "line": fault.line,
                    "text": f"{fault.message} {fault.text}".strip()[:300],
                }
                for split, log in corpus.faults.items()
                for fault in log.first.get(code, [])
            ]
            one = total == 1
            words = {
                "count": many(total, noun),
                "are": "is" if one else "are",
                "were": "was" if one else "were",
                "they": "it" if one else "they",
                "them": "it" if one else "them",
            }
            yield Finding(level, code, message.format(**words), total, rows[:MOST_ROWS])


def repeated(corpus: Corpus) -> Iterator[Finding]:
    """Report sentences that occur twice, with the same tags or others, and those of train that
    are scored on.
    """
    seen: dict[str, dict[int, int]] = {}
    for name, split in corpus.dataset.items():
        tags_of: dict[int, int] = {}
        again: list[int] = []
        otherwise: list[int] = []
        for row, (words, numbers) in enumerate(sentences(split)):
            key, tagged = hash(tuple(words)), hash(tuple(numbers))
            if key in tags_of:
                (again if tags_of[key] == tagged else otherwise).append(row)
            else:
                tags_of[key] = tagged
        seen[name] = tags_of
        if otherwise:
            yield Finding(
                "warning",
                "conflict",
                f"{many(len(otherwise), 'sentence')} of {name} occurred before in it with other "
                "tags. Decide which are right.",
                len(otherwise),
                places(corpus, name, otherwise),
            )
        if again:
            yield Finding(
                "note",
                "duplicates",
                f"{many(len(again), 'sentence')} of {name} occurred before in it.",
                len(again),
                places(corpus, name, again),
            )
    for name in ("validation", "test"):
        if name not in seen:
            continue
        leaked = [
            row
            for row, (words, _) in enumerate(sentences(corpus.dataset[name]))
            if len(words) > 1 and hash(tuple(words)) in seen["train"]
        ]
        if leaked:
            yield Finding(
                "warning",
                "leak",
                f"In {name}, {many(len(leaked), 'sentence')} {_are(len(leaked))} in train as "
                "well: scores on such do not tell how well new text is read. Take them out of "
                "one of the two.",
                len(leaked),
                places(corpus, name, leaked),
            )


def types(corpus: Corpus, splits: dict[str, SplitCounts]) -> Iterator[Finding]:
    """Report entity types with few examples, or that only some of the splits have."""
    if not splits["train"].entities:
        yield Finding(
            "error",
            "no_entities",
            "The training part has no entity; annotate some, or check the tag column.",
            1,
        )
        return
    for label in corpus.entity_types:
        count = splits["train"].per_type[label]
        others = [name for name in splits if name != "train"]
        if not count:
            where = [name for name in others if splits[name].per_type[label]]
            yield Finding(
                "warning",
                "unseen_type",
                f"{label} occurs in {' and '.join(where)} but not in train, so it cannot be "
                "learned and counts as missed there. Add examples of it to train, or take it out.",
                1,
            )
            continue
        if count < FEW_EXAMPLES:
            yield Finding(
                "warning",
                "few_examples",
                f"{label} has {many(count, 'example')} in train; under {FEW_EXAMPLES} it is "
                "hardly learned. Annotate more of it, or leave it out.",
                count,
            )
        absent = [name for name in others if not splits[name].per_type[label]]
        if absent:
            yield Finding(
                "note",
                "absent_type",
                f"{label} does not occur in {' and '.join(absent)}, so it is not scored there.",
                len(absent),
            )


def ambiguous(corpus: Corpus) -> Iterator[Finding]:
    """Report names that are annotated with different types, the most frequent first."""
    labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    first: dict[tuple[str, str], tuple[str, int]] = {}
    for split in corpus.dataset:
        for row, words, spans in entities(corpus, split):
            for span in spans:
                name = " ".join(words[span.start : span.end])
                labels[name][span.label] += 1
                first.setdefault((name, span.label), (split, row))
    several = {name: found for name, found in labels.items() if len(found) > 1}
    if not several:
        return
    order = sorted(several, key=lambda name: (-several[name].total(), name))
    rows = []
    for name in order[:MOST_ROWS]:
        rarest = min(several[name], key=lambda label: (several[name][label], label))
        split, row = first[name, rarest]
        (place,) = places(corpus, split, [row])
        used = ", ".join(f"{label} {count:,}" for label, count in several[name].most_common())
        rows.append({**place, "text": f"{name[:80]}: {used}"})
    yield Finding(
        "note",
        "ambiguous",
        f"{many(len(several), 'name')} {_are(len(several))} annotated with different types in "
        "different places; the line given is the first of the rarest type. Some names do mean "
        "several things: look whether these do.",
        len(several),
        rows,
    )


def entities(corpus: Corpus, split: str) -> Iterator[tuple[int, list[str], list[tags.Span]]]:
    """Give row, words and spans of the sentences of a split that have entities."""
    names = corpus.label_names
    for row, (words, numbers) in enumerate(sentences(corpus.dataset[split])):
        if any(numbers):
            yield row, words, tags.decode([names[number] for number in numbers])


def places(corpus: Corpus, split: str, rows: Iterable[int]) -> list[dict[str, Any]]:
    """Say where rows of a split stand in the source, and what they say; the first 20."""
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


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
