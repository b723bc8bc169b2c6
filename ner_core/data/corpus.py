"""From a source to the canonical shape: splits of tokens and IOB2 tags in Arrow."""

import shutil
import tempfile
import weakref
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from datasets import ClassLabel, DatasetDict, Features, List, Value
from datasets.utils.logging import disable_progress_bar

from ner_core import tags as tagging
from ner_core.data.faults import FaultLog
from ner_core.data.readers.sentence import Fault, ReadOptions, Sentence
from ner_core.data.scan import scan
from ner_core.data.sources import find_sources, short_name
from ner_core.data.split_source import SplitSource
from ner_core.data.splits import cut_validation
from ner_core.data.staging import Convert, Staging
from ner_core.errors import DataError

_PLACE_COLUMNS = ["line", "document"]
_MOST_REMEMBERED = 50_000

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
    repaired: dict[str, int]
    faults: dict[str, FaultLog]
    storage: Storage = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()

    @property
    def label_names(self) -> list[str]:
        """The IOB2 tags, in the order of their numbers."""
        return list(next(iter(self.dataset.values())).features["ner_tags"].feature.names)

    @property
    def entity_types(self) -> list[str]:
        """The entity types, sorted."""
        return [name[2:] for name in self.label_names if name.startswith("B-")]


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
    sources, notes = find_sources(source, options or ReadOptions())
    if split == "test" and "all" in sources:
        corpus = _read(source, {"test": sources["all"]}, notes)
        size = corpus.dataset["test"].num_rows
        note = f"There are no splits: all {size:,} sentences are the test."
        return replace(corpus, notes=(*corpus.notes, note))
    corpus = _read(source, sources, notes) if split == "test" else load_data(source, seed, options)
    if split not in corpus.dataset:
        raise DataError(
            f"Expected a {split} part in {short_name(source)}, found "
            f"{', '.join(corpus.dataset)}; choose one of these with --split."
        )
    return corpus


def load_as_it_is(source: str, options: ReadOptions | None = None, strict: bool = True) -> Corpus:
    """Read a source with the splits that it has; a single file is ``train``. See ``load``."""
    sources, notes = find_sources(source, options or ReadOptions())
    renamed = {("train" if name == "all" else name): sources[name] for name in sources}
    return _read(source, renamed, notes, strict)


def _read(
    source: str, sources: dict[str, SplitSource], notes: tuple[str, ...], strict: bool = True
) -> Corpus:
    """Read the splits, learn their schemes and types, and write them in the canonical shape."""
    storage = Storage()
    scans, staged = {}, {}
    for split, file in sources.items():
        staged[split] = Staging(storage.path / f"{split}-as-written.arrow")
        scans[split] = scan(file, strict, staged[split])
        staged[split].close()
    names = tagging.label_names(set().union(*(found.types for found in scans.values())))
    features = Features(
        {
            "tokens": List(Value("string")),
            "ner_tags": List(ClassLabel(names=names)),
            "line": Value("int64"),
            "document": Value("int64"),
        }
    )
    index = {name: number for number, name in enumerate(names)}
    repaired = dict.fromkeys(sources, 0)
    everything = DatasetDict()
    for split, found in scans.items():

        def note(sentence: Sentence, count: int, split: str = split) -> None:
            repaired[split] += count
            scans[split].faults.add(_invalid(sentence), count)

        path = storage.path / f"{split}.arrow"
        convert = _converter(found.scheme, index)
        everything[split] = staged[split].convert(path, features, convert, note)
    return Corpus(
        source,
        everything.remove_columns(_PLACE_COLUMNS),
        everything.select_columns(_PLACE_COLUMNS),
        sources,
        {split: str(found.scheme) for split, found in scans.items()},
        repaired,
        {split: found.faults for split, found in scans.items()},
        storage,
        notes,
    )


def _invalid(sentence: Sentence) -> Fault:
    """Show the tags of a sentence that has an invalid one."""
    pairs = zip(sentence.tokens, sentence.tags, strict=True)
    shown = " ".join(f"{word} {tag}" for word, tag in pairs if tag != tagging.OUTSIDE)
    return Fault("invalid", sentence.lines[0], "", shown[:200])


def _converter(scheme: tagging.Scheme, index: dict[str, int]) -> Convert:
    """Make what turns a sentence's tags into numbers; sentences are tagged alike very often."""

    @lru_cache(_MOST_REMEMBERED)
    def convert(tags: tuple[str, ...]) -> tuple[list[int], int]:
        iob2, repaired = tagging.to_iob2(tags, scheme)
        return [index[tag] for tag in iob2], repaired

    return convert


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
    for name, indices in chosen.items():
        dataset[name], moved[name] = train.select(indices), places.select(indices)
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
