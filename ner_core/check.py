"""The data check: what is in the data, and what is wrong with it, before anything trains."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from datasets import Dataset

from ner_core import data
from ner_core.data import Corpus

Level = Literal["error", "warning", "note"]

FEW_EXAMPLES = 20
_MOST_ROWS = 20


@dataclass(frozen=True)
class Finding:
    """One thing about the data: how grave, how often, where, and what to do about it.

    ``rows`` are up to 20 places: split, number of the sentence in it (from 1), its words.
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


@dataclass(frozen=True)
class CheckReport:
    """The outcome of a check; ``as_json`` is what ``check --json`` prints."""

    source: str
    scheme: str
    splits: dict[str, SplitCounts]
    findings: list[Finding]

    def as_json(self) -> dict[str, Any]:
        """Give the report as plain JSON types."""
        return asdict(self)


def check_data(source: str, seed: int = 42) -> CheckReport:
    """Read a source and check it. Raises DataError if it cannot be read at all."""
    return check_corpus(data.load(source, seed))


def check_corpus(corpus: Corpus) -> CheckReport:
    """Check data that was read already."""
    splits = {name: _count(split) for name, split in corpus.dataset.items()}
    findings = [
        *_invalid_tags(corpus),
        *_repeated(corpus),
        *_rare_types(corpus, splits),
        *(Finding("note", "decided", note, 1) for note in corpus.notes),
    ]
    order = ("error", "warning", "note")
    findings.sort(key=lambda finding: order.index(finding.level))
    schemes = ", ".join(sorted(set(corpus.schemes.values())))
    return CheckReport(corpus.source, schemes, splits, findings)


def _count(split: Dataset) -> SplitCounts:
    names = split.features["ner_tags"].feature.names
    tags: Counter[int] = Counter()
    for row in split["ner_tags"]:
        tags.update(row)
    per_type = {
        name[2:]: tags[number] for number, name in enumerate(names) if name.startswith("B-")
    }
    return SplitCounts(split.num_rows, tags.total(), sum(per_type.values()), per_type)


def _invalid_tags(corpus: Corpus) -> list[Finding]:
    count = sum(corpus.repaired.values())
    if not count:
        return []
    where = ", ".join(f"{name}: {found:,}" for name, found in corpus.repaired.items() if found)
    return [
        Finding(
            "warning",
            "invalid_tags",
            f"{_many(count, 'tag')} broke the file's own scheme ({where}) and were repaired: an "
            "entity that did not start properly now starts where it is first tagged. Correct "
            "them in the file if that is not what was meant.",
            count,
        )
    ]


def _repeated(corpus: Corpus) -> list[Finding]:
    """Find sentences that occur twice in a split, and those of train that are scored on."""
    findings = []
    seen: dict[str, set[int]] = {}
    for name, split in corpus.dataset.items():
        hashes: set[int] = set()
        repeated = []
        for row, words in enumerate(split["tokens"]):
            key = hash(tuple(words))
            if key in hashes:
                repeated.append(_place(name, row, words))
            hashes.add(key)
        seen[name] = hashes
        if repeated:
            findings.append(
                Finding(
                    "note",
                    "duplicates",
                    f"{_many(len(repeated), 'sentence')} of {name} occurred before in it.",
                    len(repeated),
                    repeated[:_MOST_ROWS],
                )
            )
    for name in ("validation", "test"):
        if name not in seen:
            continue
        leaked = [
            _place(name, row, words)
            for row, words in enumerate(corpus.dataset[name]["tokens"])
            if len(words) > 1 and hash(tuple(words)) in seen["train"]
        ]
        if leaked:
            findings.append(
                Finding(
                    "warning",
                    "leak",
                    f"In {name}, {_many(len(leaked), 'sentence')} {_are(len(leaked))} in train as "
                    "well: scores on such do not tell how well new text is read. Take them out of "
                    "one of the two.",
                    len(leaked),
                    leaked[:_MOST_ROWS],
                )
            )
    return findings


def _rare_types(corpus: Corpus, splits: dict[str, SplitCounts]) -> list[Finding]:
    findings = []
    if not splits["train"].entities:
        findings.append(
            Finding(
                "error",
                "no_entities",
                "The training part has no entity; annotate some, or check the tag column.",
                1,
            )
        )
        return findings
    for label in corpus.entity_types:
        count = splits["train"].per_type[label]
        if count < FEW_EXAMPLES:
            findings.append(
                Finding(
                    "warning",
                    "few_examples",
                    f"{label} has {_many(count, 'example')} in train; under {FEW_EXAMPLES} it is "
                    "hardly learned. Annotate more of it, or leave it out.",
                    count,
                )
            )
        absent = [name for name in splits if name != "train" and not splits[name].per_type[label]]
        if absent:
            findings.append(
                Finding(
                    "note",
                    "absent_type",
                    f"{label} does not occur in {' and '.join(absent)}, so it is not scored there.",
                    len(absent),
                )
            )
    return findings


def _place(split: str, row: int, words: list[str]) -> dict[str, Any]:
    return {"split": split, "sentence": row + 1, "text": " ".join(words)[:200]}


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
