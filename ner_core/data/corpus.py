"""Load data in the canonical shape: splits of tokens and IOB2 tags in Arrow."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow.compute
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
from ner_core.data.storage import Storage
from ner_core.errors import DataError

_PLACE_COLUMNS = ["line", "document"]
BATCH = 1000
"""Sentences that are in memory at a time when a split is read."""

disable_progress_bar()


@dataclass(frozen=True)
class Corpus:
    """Data in the canonical shape, and what was found while reading them.

    ``dataset`` has the splits ``train``, ``validation`` and ``test``, those there are, with the
    columns ``tokens: List(string)`` and ``ner_tags: List(ClassLabel)``. A row is a sentence, its
    two lists are equally long, and the tags are IOB2, in the order of ``tags.label_names``. A split
    with sentences that were annotated in part has a third column, ``undecided``: the numbers of the
    words that nobody decided on, which are left out of loss and scores.
    ``places`` has a row for each of these rows: the ``line`` of the source (from 1) where the
    sentence begins, and the number of its ``document`` (0 if the format has none).

    Of each split, ``sources`` has the file or Hub split that it was read from, ``schemes`` the tag
    scheme of that, and ``faults`` what could not be read, or was changed so that it could.
    ``notes`` are sentences about decisions that the user should know. ``storage`` owns the Arrow
    files, which are memory-mapped: keep the corpus as long as its splits are used.
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
    def cut_from_train(self) -> bool:
        """Whether the validation part was put aside from train, since the source has none."""
        aside = self.sources.get("validation")
        return aside is not None and aside is self.sources.get("train")

    @property
    def repaired(self) -> dict[str, int]:
        """The number of words in each split whose tag was invalid in its scheme."""
        return {split: log.counts["invalid"] for split, log in self.faults.items()}

    @property
    def entity_types(self) -> list[str]:
        """The entity types, sorted."""
        return tags.entity_types(self.label_names)


def sentences(split: Dataset) -> Iterator[tuple[list[str], list[int]]]:
    """Yield the words and the tags (as numbers) of each sentence of a split."""
    for batch in split.iter(batch_size=BATCH):  # ten times as fast as row by row
        yield from zip(batch["tokens"], batch["ner_tags"], strict=True)


def gold_tags(rows: Mapping[str, Any], label_names: Sequence[str]) -> list[list[str]]:
    """Return the tags of rows of a split by name; ``UNDECIDED`` for words nobody decided on."""
    found = [[label_names[number] for number in row] for row in rows["ner_tags"]]
    for names, undecided in zip(found, rows.get("undecided", ()), strict=False):
        for number in undecided:
            names[number] = tags.UNDECIDED
    return found


def load_data(
    source: str, seed: int = 42, options: ReadOptions | None = None, strict: bool = True
) -> Corpus:
    """Return the data of a source, with the splits train, validation and, if there is one, test.

    ``source`` is ``sample``, a file, a folder with a file for each split, or a dataset on the Hub
    (``owner/name[:config][@revision]``). If there is no validation part, a tenth of train, chosen
    by ``seed``, is put aside for it, and a note says so. ``options`` name columns and labels that
    the source does not tell. Large data are read once and come from a cache afterwards.

    Raises DataError if the source cannot be read, or has no training part; if ``strict``, also for
    the first row that cannot be read, which is otherwise left out and counted in ``faults``, and
    for a single training sentence, of which none can be put aside.

    >>> load_data("sample").entity_types
    ['LOC', 'MISC', 'ORG', 'PER']
    """
    corpus = load_as_it_is(source, options, strict)
    if "train" not in corpus.dataset:
        found = ", ".join(corpus.dataset)
        raise DataError(
            f"{short_name(source)} has no training part, only {found}. Add a file named train."
        )
    if "validation" in corpus.dataset:
        return corpus
    if (message := too_few(corpus)) is None:
        return _with_validation(corpus, seed)
    if strict:
        raise DataError(message)
    return corpus


def load_for_evaluation(
    source: str, split: str, seed: int = 42, options: ReadOptions | None = None
) -> Corpus:
    """Return the data of a source of which only ``split`` is needed; others may be missing.

    If the source is a single file, all of it is the test part, and a note says so. Raises DataError
    as ``load_data`` does, and if there is no such split.
    """
    options = options or ReadOptions()
    sources, notes = find_sources(source, options)
    if split == "test" and "all" in sources:
        corpus = _read(source, {"test": sources["all"]}, options, notes)
        size = corpus.dataset["test"].num_rows
        note = f"The data have no splits, so all {size:,} sentences are used as test."
        return replace(corpus, notes=(*corpus.notes, note))
    if split == "test":
        corpus = _read(source, sources, options, notes)
    else:
        corpus = load_data(source, seed, options)
    if split not in corpus.dataset:
        raise DataError(
            f"{short_name(source)} has no {split} part, only {', '.join(corpus.dataset)}. Choose "
            "one of these with --split."
        )
    return corpus


def load_as_it_is(source: str, options: ReadOptions | None = None, strict: bool = True) -> Corpus:
    """Return the data of a source with the splits that it has; a single file is ``train``.

    ``options``, ``strict`` and what is raised are those of ``load_data``.
    """
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
    """Return the splits from the cache, or read them and store them there."""
    storage = Storage()
    key = cache.key_of(sources, options)
    splits = cache.load(key, storage.path) if key else None
    if splits is None or (strict and any(_unreadable(data) for data in splits.values())):
        splits = read_splits(sources, storage.path, strict)
        if key and cache.key_of(sources, options) == key:  # nothing changed in the meantime
            cache.store(key, splits)
    rows = DatasetDict({split: data.rows for split, data in splits.items()})
    kept = {split: _without_places(data.rows) for split, data in splits.items()}
    return Corpus(
        source,
        DatasetDict(kept),
        rows.select_columns(_PLACE_COLUMNS),
        sources,
        {split: str(data.scheme) for split, data in splits.items()},
        {split: data.faults for split, data in splits.items()},
        storage,
        notes,
    )


def _without_places(rows: Dataset) -> Dataset:
    """Return the columns of a split that are learned from."""
    lengths = pyarrow.compute.list_value_length(rows.data["undecided"])
    is_partial = pyarrow.compute.any(pyarrow.compute.greater(lengths, 0)).as_py()
    return rows.remove_columns([*_PLACE_COLUMNS, *([] if is_partial else ["undecided"])])


def _unreadable(data: SplitData) -> int:
    return data.faults.counts["unreadable"]


def too_few(corpus: Corpus) -> str | None:
    """Return what is wrong if no sentence of train can be put aside for validation, else None."""
    train = corpus.dataset["train"]
    if train.num_rows > 1 or "validation" in corpus.dataset:
        return None
    there = f"{short_name(corpus.source)} has only {train.num_rows} training sentence"
    if cause := next(iter(corpus.faults["train"].first.get("unreadable", [])), None):
        source = corpus.sources["train"]
        place = f"{source.name}, {source.unit} {cause.line}"
        return f"{there} that can be read. {place}: {cause.message}"
    return f"{there}. Add at least one more, so that one can be kept for validation."


def _texts(split: Dataset) -> Iterator[int]:
    """Yield a number for each sentence of a split, the same for equal ones."""
    for batch in split.with_format("arrow").iter(batch_size=BATCH):
        # Words have no blanks. Joining them in Arrow is faster than making lists of them.
        joined = pyarrow.compute.binary_join(batch["tokens"], " ")
        yield from map(hash, joined.to_pylist())


def _with_validation(corpus: Corpus, seed: int) -> Corpus:
    """Cut a tenth of train off for validation, the same for the same seed and data."""
    train, places = corpus.dataset["train"], corpus.places["train"]
    cut = cut_validation(places["document"][:], list(_texts(train)), seed)
    chosen = {"train": cut.train, "validation": cut.validation}
    dataset, moved = DatasetDict(), DatasetDict()
    for name, rows in chosen.items():
        # Without a fingerprint given, datasets computes one by pickling all the row numbers.
        dataset[name] = train.select(rows, new_fingerprint=secrets.token_hex(8))
        moved[name] = places.select(rows, new_fingerprint=secrets.token_hex(8))
    if "test" in corpus.dataset:
        dataset["test"], moved["test"] = corpus.dataset["test"], corpus.places["test"]
    whole = f", whole documents ({cut.documents:,})," if cut.documents else ","
    note = (
        f"The data have no validation part, so {len(cut.validation):,} of {train.num_rows:,} "
        f"training sentences were set aside for it{whole} chosen by seed {seed}."
    )
    return replace(
        corpus,
        dataset=dataset,
        places=moved,
        sources={**corpus.sources, "validation": corpus.sources["train"]},
        notes=(*corpus.notes, note),
    )
