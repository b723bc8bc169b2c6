"""Findings of the readers: rows that could not be read, repairs, and what was guessed of a file."""

from collections.abc import Iterator

from ner_core.checks.finding import MOST_ROWS, Finding, Level, SplitCounts
from ner_core.counting import many
from ner_core.data.corpus import Corpus
from ner_core.data.readers.sentence import Fault, FaultCode

FEWEST_NESTED = 5
NESTED_PART = 0.2

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
