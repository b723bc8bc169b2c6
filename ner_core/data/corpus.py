"""From a source to the canonical shape: splits of tokens and IOB2 tags in Arrow."""

import secrets
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from datasets import Dataset, DatasetDict
from datasets.utils.logging import disable_progress_bar

from ner_core import tags
from ner_core.data import cache
from ner_core.data.faults import FaultLog
from ner_core.data.readers.sentence import ReadOptions
from ner_core.data.reading import SplitData, read_splits
from ner_core.data.sources import find_sources, short_name
from ner_core.data.split_source import SplitSource
from ner_core.data.splits import cut_validation
from ner_core.errors import DataError

_PLACE_COLUMNS = ["line", "document"]
BATCH = 1000
"""Sentences that are in memory at a time when a split is read."""

disable_progress_bar()


class Storage:
    """A folder for the Arrow files of a corpus; it goes when nothing refers to this any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="ner-data-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True)
class Corpus:
    """Data in the canonical shape, and what was found and done while reading it.

    ``dataset`` has the columns ``tokens: List(string)`` and ``ner_tags: List(ClassLabel)`` in every
    split, IOB2, names as ``tags.label_names`` orders them. ``places`` has a row for each of its
    rows: the ``line`` of the source (from 1) where the sentence begins, and its ``document``.
    ``sources`` names the file or Hub split that each split was read from, ``schemes`` its scheme,
    ``repaired`` counts its words whose tag was invalid, ``faults`` has what could not be read or
    had to be decided. ``notes`` are sentences about what was decided for the user. ``storage``
    holds the Arrow files: keep the corpus as long as its splits are used.
    """

    source: str
    dataset: DatasetDict
    places: DatasetDict
    sources: dict[str, SplitSource]
    schemes: dict[str, str]
    faults: dict[str, FaultLog]
    storage: Storage = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()

    @property
    def label_names(self) -> list[str]:
        """The IOB2 tags, in the order of their numbers."""
        return list(next(iter(self.dataset.values())).features["ner_tags"].feature.names)

    @property
    def repaired(self) -> dict[str, int]:
        """The number of words in each split whose tag was invalid in its scheme."""
        return {split: log.counts["invalid"] for split, log in self.faults.items()}

    @property
    def entity_types(self) -> list[str]:
        """The entity types, sorted."""
        return tags.entity_types(self.label_names)


def sentences(split: Dataset) -> Iterator[tuple[list[str], list[int]]]:
    """Yield the words and the tags' numbers of each sentence; by batches, as rows take ten times
    as long.
    """
    for batch in split.iter(batch_size=BATCH):
        yield from zip(batch["tokens"], batch["ner_tags"], strict=True)


def load_data(
    source: str, seed: int = 42, options: ReadOptions | None = None, strict: bool = True
) -> Corpus:
    """Read a source into train, validation and, where there is one, test.

    Where there is no validation part, a tenth of train, chosen by ``seed``, becomes it, and a note
    says so. Raises DataError if the source cannot be read, or has no training part; if ``strict``,
    also for the first row that cannot be read, which otherwise is left out and counted.
    """
    corpus = load_as_it_is(source, options, strict)
    if "train" not in corpus.dataset:
        found = ", ".join(corpus.dataset)
        raise DataError(
            f"Expected a training part in {short_name(source)}, found only {found}; "
            "add a file named train."
        )
    return corpus if "validation" in corpus.dataset else _with_validation(corpus, seed)


def load_for_evaluation(
    source: str, split: str, seed: int = 42, options: ReadOptions | None = None
) -> Corpus:
    """Read a source of which only ``split`` is wanted; other splits may be missing.

    A source of a single file has no splits: as test, all of it counts, and a note says so.
    Raises DataError if a source with splits has no such one.
    """
    options = options or ReadOptions()
    sources, notes = find_sources(source, options)
    if split == "test" and "all" in sources:
        corpus = _read(source, {"test": sources["all"]}, options, notes)
        size = corpus.dataset["test"].num_rows
        note = f"There are no splits: all {size:,} sentences are the test."
        return replace(corpus, notes=(*corpus.notes, note))
    if split == "test":
        corpus = _read(source, sources, options, notes)
    else:
        corpus = load_data(source, seed, options)
    if split not in corpus.dataset:
        raise DataError(
            f"Expected a {split} part in {short_name(source)}, found "
            f"{', '.join(corpus.dataset)}; choose one of these with --split."
        )
    return corpus


def load_as_it_is(source: str, options: ReadOptions | None = None, strict: bool = True) -> Corpus:
    """Read a source with the splits that it has; a single file is ``train``. See ``load``."""
    options = options or ReadOptions()
    sources, notes = find_sources(source, options)
    renamed = {("train" if name == "all" else name): sources[name] for name in sources}
    return _read(source, renamed, options, notes, strict)


def _read(
    source: str,
    sources: dict[str, SplitSource],
    options: ReadOptions,
    notes: tuple[str, ...],
    strict: bool = True,
) -> Corpus:
    """Read the splits, or take them from the cache."""
    storage = Storage()
    key = cache.key_of(sources, options)
    splits = cache.load(key, storage.path) if key else None
    if splits is None or (strict and any(_unreadable(data) for data in splits.values())):
        splits = read_splits(sources, storage.path, strict)
        if key and cache.key_of(sources, options) == key:  # nothing changed in the meantime
            cache.store(key, splits)
    rows = DatasetDict({split: data.rows for split, data in splits.items()})
    return Corpus(
        source,
        rows.remove_columns(_PLACE_COLUMNS),
        rows.select_columns(_PLACE_COLUMNS),
        sources,
        {split: str(data.scheme) for split, data in splits.items()},
        {split: data.faults for split, data in splits.items()},
        storage,
        notes,
    )


def _unreadable(data: SplitData) -> int:
    return data.faults.counts["unreadable"]


def _with_validation(corpus: Corpus, seed: int) -> Corpus:
    """Make a tenth of train the validation part, the same for the same seed and data."""
    train, places = corpus.dataset["train"], corpus.places["train"]
    if train.num_rows < 2:
        raise DataError(
            f"Expected at least two training sentences in {short_name(corpus.source)}, so that one "
            f"can be kept for validation; found {train.num_rows}."
        )
    cut = cut_validation(places["document"][:], seed)
    chosen = {"train": cut.train, "validation": cut.validation}
    dataset, moved = DatasetDict(), DatasetDict()
    for name, rows in chosen.items():
        # With fingerprints of their own: datasets would make one by pickling all the row numbers.
        dataset[name] = train.select(rows, new_fingerprint=secrets.token_hex(8))
        moved[name] = places.select(rows, new_fingerprint=secrets.token_hex(8))
    if "test" in corpus.dataset:
        dataset["test"], moved["test"] = corpus.dataset["test"], corpus.places["test"]
    whole = f", whole documents ({cut.documents:,})," if cut.documents else ","
    note = (
        f"There is no validation part: {len(cut.validation):,} of {train.num_rows:,} training "
        f"sentences{whole} chosen by seed {seed}, were put aside for it."
    )
    return replace(
        corpus,
        dataset=dataset,
        places=moved,
        sources={**corpus.sources, "validation": corpus.sources["train"]},
        notes=(*corpus.notes, note),
    )
