"""Find what is wrong with data: a function for each kind, with the places and what to do."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from datasets import Dataset

from ner_core import tags
from ner_core.counting import many
from ner_core.data.corpus import Corpus, sentences, too_few
from ner_core.data.readers.sentence import Fault, FaultCode

Level = Literal["error", "warning", "note"]

FEW_EXAMPLES = 20
MOST_ROWS = 20
FEWEST_NESTED = 5
NESTED_PART = 0.2


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


_FAULTS: dict[FaultCode, tuple[Level, str, str]] = {
    "unreadable": (
        "error",
        "{count} can't be read. Fix {them} to start training.",
        "row",
    ),
    "invalid": (
        "warning",
        "{count} didn't follow the file's own tag scheme and {were} repaired: an entity without a "
        "proper start now starts at its first tag. Correct {them} if that is wrong.",
        "tag",
    ),
    "overlap": (
        "warning",
        "{count} overlapped another one and {were} left out: the longer one is kept, or the first "
        "of two equally long ones. Remove those you don't want.",
        "entity",
    ),
    "misaligned": (
        "note",
        "{count} fell inside a word, so the word was split there and nothing is lost. Correct the "
        "offsets if that is wrong.",
        "entity border",
    ),
    "empty": ("note", "{count} had no words and {were} skipped.", "row"),
}


def faults(corpus: Corpus) -> Iterator[Finding]:
    """Yield what the readers found: rows that cannot be read, invalid tags, overlapping spans."""
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
            if code == "overlap" and (nested := _nested(corpus, total)):
                message = nested
            one = total == 1
            words = {
                "count": many(total, noun),
                "are": "is" if one else "are",
                "were": "was" if one else "were",
                "them": "it" if one else "them",
            }
            yield Finding(level, code, message.format(**words), total, rows[:MOST_ROWS])


def _nested(corpus: Corpus, gone: int) -> str:
    """Return what to say if a large part of the entities lies within others, else nothing."""
    kept = sum(SplitCounts.of(split).entities for split in corpus.dataset.values())
    if gone < FEWEST_NESTED or gone < NESTED_PART * (gone + kept):
        return ""
    return (
        f"Entities are nested: {gone:,} of {gone + kept:,} overlapped another one and were left "
        "out (the longer of two is kept, or the first if both are equally long). A model here "
        "learns one type for each word. To learn the inner entities too, train a second model on "
        "a copy of the data without the outer ones."
    )


def remarks(corpus: Corpus) -> Iterator[Finding]:
    """Yield what was odd in the files, and what was guessed about them: a finding a sentence."""
    levels: tuple[tuple[FaultCode, Level], ...] = (("odd", "warning"), ("guess", "note"))
    for code, level in levels:
        said: dict[str, list[tuple[str, Fault]]] = {}
        for split, log in corpus.faults.items():
            for fault in log.first.get(code, []):
                said.setdefault(fault.message, []).append((split, fault))
        for message, found in said.items():
            names = dict.fromkeys(corpus.sources[split].name for split, _ in found)
            rows = [
                {
                    "split": split,
                    "source": corpus.sources[split].name,
                    "unit": corpus.sources[split].unit,
                    "line": fault.line,
                    "text": fault.text[:300],
                }
                for split, fault in found
                if fault.line
            ]
            text = f"{', '.join(names)}: {message.rstrip('.')}."
            total = sum(log.remarks[message] for log in corpus.faults.values())
            yield Finding(level, code, text, total, rows[:MOST_ROWS])


def repeated(corpus: Corpus) -> Iterator[Finding]:
    """Yield sentences that occur twice, with the same or other tags, and those of train that are
    also in validation or test.
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
                f"{many(len(otherwise), 'sentence')} of {name} appeared there before with other "
                "tags. Correct the wrong ones.",
                len(otherwise),
                places(corpus, name, otherwise),
            )
        if again:
            yield Finding(
                "note",
                "duplicates",
                f"{many(len(again), 'sentence')} of {name} appeared there before.",
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
            one = len(leaked) == 1
            message = (
                f"{many(len(leaked), 'sentence')} put aside for validation {_are(len(leaked))} "
                f"also in train, because the data repeat {'it' if one else 'them'}. Scores will "
                "look too good until you remove the repeats."
                if name == "validation" and corpus.cut_from_train
                else f"{many(len(leaked), f'{name} sentence')} {_are(len(leaked))} also in train, "
                f"so scores will look too good. Remove {'it' if one else 'them'} from one of the "
                "two."
            )
            yield Finding(
                "warning",
                "leak",
                message,
                len(leaked),
                places(corpus, name, leaked),
            )


def too_small(corpus: Corpus) -> Iterator[Finding]:
    """Yield that there is a single training sentence, of which none can be put aside."""
    if message := too_few(corpus):
        yield Finding("error", "one_sentence", message, 1)


def types(corpus: Corpus, splits: dict[str, SplitCounts]) -> Iterator[Finding]:
    """Yield entity types that have few examples, or are missing in some splits.

    A validation part without any entity is a finding too.
    """
    yield from _odd_types(corpus.entity_types)
    if not splits["train"].entities:
        yield Finding(
            "error",
            "no_entities",
            "The training part has no entities. Annotate some, or check the tag column.",
            1,
        )
        return
    if "validation" in splits and not splits["validation"].entities:
        yield Finding(
            "warning",
            "nothing_to_score",
            "validation has no entities, so there is nothing to score during training and the "
            "last model is kept. Annotate some of its sentences, or remove it to hold out a part "
            "of train instead.",
            1,
        )
    for label in corpus.entity_types:
        count = splits["train"].per_type[label]
        others = [name for name in splits if name != "train"]
        if not count:
            where = [name for name in others if splits[name].per_type[label]]
            yield Finding(
                "warning",
                "unseen_type",
                f"{label} is in {' and '.join(where)} but not in train, so the model can't learn "
                "it and each one counts as missed. Add examples to train, or remove it.",
                1,
            )
            continue
        if count < FEW_EXAMPLES:
            yield Finding(
                "warning",
                "few_examples",
                f"{label} has {many(count, 'example')} in train, and with fewer than "
                f"{FEW_EXAMPLES} a model hardly learns it. Annotate more, or leave it out.",
                count,
            )
        absent = [name for name in others if not splits[name].per_type[label]]
        if absent:
            yield Finding(
                "note",
                "absent_type",
                f"{label} doesn't occur in {' and '.join(absent)}, so it has no score there.",
                len(absent),
            )


def _odd_types(labels: Iterable[str]) -> Iterator[Finding]:
    """Yield types that are written in two ways, and those that are named as words outside are."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for label in labels:
        alike[label.casefold()].append(label)
    for found in alike.values():
        if len(found) > 1:
            yield Finding(
                "warning",
                "case",
                f"{' and '.join(found)} differ only in capital letters, and count as separate "
                "types. Write them alike if they mean the same.",
                len(found),
            )
    for label in alike.get("o", []):
        yield Finding(
            "warning",
            "type_o",
            f"{label} is an entity type here, but O by itself marks words outside entities. "
            "Rename the type, or correct its tags.",
            1,
        )


def ambiguous(corpus: Corpus) -> Iterator[Finding]:
    """Yield names that are annotated with different types, the most frequent first."""
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
        f"{many(len(several), 'name')} {_are(len(several))} annotated with more than one type. "
        "Check whether they really have several meanings; the line shown is the first with the "
        "rarest type.",
        len(several),
        rows,
    )


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


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
