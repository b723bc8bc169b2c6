"""Read the splits of a source into Arrow files, in the canonical shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from datasets import ClassLabel, Dataset, Features, List, Value

from ner_core import tags
from ner_core.data.faults import FaultLog
from ner_core.data.readers.sentence import Fault, Sentence
from ner_core.data.scan import Scan, scan
from ner_core.data.split_source import SplitSource
from ner_core.data.staging import Staging

_CONVERSIONS_CACHED = 50_000


@dataclass(frozen=True)
class SplitData:
    """A split that was read.

    ``rows`` has the columns ``tokens``, ``ner_tags`` (IOB2), ``line``, ``document`` and
    ``undecided`` (see ``Sentence``), in one Arrow file. ``scheme`` is the tag scheme of the source,
    ``faults`` what could not be read, or was changed so that it could.
    """

    rows: Dataset
    scheme: tags.Scheme
    faults: FaultLog

    @property
    def path(self) -> Path:
        """The Arrow file."""
        return Path(self.rows.cache_files[0]["filename"])


def read_splits(
    sources: Mapping[str, SplitSource], folder: Path, strict: bool
) -> dict[str, SplitData]:
    """Read the splits, find their schemes and entity types, and write an Arrow file for each.

    The files go to ``folder``. The labels of every split are those of all splits together. Raises
    DataError as ``scan`` does; if ``strict``, also for the first row that cannot be read.
    """
    scans, staged = {}, {}
    for split, source in sources.items():
        staged[split] = Staging(folder / f"{split}-as-written.arrow")
        scans[split] = scan(source, strict, staged[split])
        staged[split].close()
    names = tags.label_names(set().union(*(found.types for found in scans.values())))
    features = Features(
        {
            "tokens": List(Value("string")),
            "ner_tags": List(ClassLabel(names=names)),
            "line": Value("int64"),
            "document": Value("int64"),
            "undecided": List(Value("int64")),
        }
    )
    return {
        split: _converted(staged[split], scans[split], folder / f"{split}.arrow", features)
        for split in sources
    }


def _converted(staged: Staging, found: Scan, path: Path, features: Features) -> SplitData:
    """Write the sentences of a split with their tags as IOB2; count the tags that were invalid."""
    index = {name: number for number, name in enumerate(features["ner_tags"].feature.names)}

    @lru_cache(_CONVERSIONS_CACHED)  # many sentences have the same tags
    def convert(written: tuple[str, ...]) -> tuple[list[int], int]:
        iob2, repaired = tags.to_iob2(written, found.scheme)
        return [index[tag] for tag in iob2], repaired

    def note(sentence: Sentence, repaired: int) -> None:
        found.faults.add(_invalid(sentence), repaired)

    rows = staged.convert(path, features, convert, note)
    return SplitData(rows, found.scheme, found.faults)


def _invalid(sentence: Sentence) -> Fault:
    """Return the fault of a sentence with an invalid tag; its text shows the words with tags."""
    pairs = zip(sentence.tokens, sentence.tags, strict=True)
    shown = " ".join(f"{word} {tag}" for word, tag in pairs if tag != tags.OUTSIDE)
    return Fault("invalid", sentence.lines[0], "", shown[:200])
