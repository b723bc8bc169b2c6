"""From a source to the canonical shape: splits of tokens and IOB2 tags in Arrow."""

import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from datasets.utils.logging import disable_progress_bar

from ner_core import paths
from ner_core import tags as tagging
from ner_core.data import inline
from ner_core.data.conll import read_conll
from ner_core.data.sentence import Sentence, numbered_lines
from ner_core.data.splits import find_splits
from ner_core.errors import DataError

Reader = Callable[[Path], Iterator[Sentence]]

SAMPLE = Path(__file__).parent / "sample"
VALIDATION_PART = 0.1
_LOOK_AT_LINES = 1000

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
    split, IOB2, names as ``tags.label_names`` orders them. ``schemes`` names the scheme of each
    split's file, ``repaired`` counts the words whose tag was invalid in it, ``notes`` are sentences
    about what was decided for the user. ``storage`` holds the Arrow files: keep the corpus as long
    as its splits are used.
    """

    source: str
    dataset: DatasetDict
    schemes: dict[str, str]
    repaired: dict[str, int]
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


def canonical_source(source: str) -> str:
    """Check that a source exists and make its path independent of the working directory.

    Raises DataError if it is neither ``sample`` nor a path that exists.
    """
    if source == "sample":
        return source
    path = paths.expand(source)
    if not source or not paths.exists(path):
        raise DataError(
            f"Expected data: sample, a file or a folder; found nothing at {source[:200]!r}."
        )
    return str(path.absolute())


def load(source: str, seed: int = 42) -> Corpus:
    """Read a source into train, validation and, where there is one, test.

    Where there is no validation part, a tenth of train, chosen by ``seed``, becomes it, and a note
    says so. Raises DataError if the source cannot be read, or has no training part.
    """
    files = _files(source)
    corpus = _read(source, {("train" if name == "all" else name): files[name] for name in files})
    if "train" not in corpus.dataset:
        found = ", ".join(corpus.dataset)
        raise DataError(
            f"Expected a training part in {Path(source).name}, found only {found}; "
            "add a file named train."
        )
    return corpus if "validation" in corpus.dataset else _cut_validation(corpus, seed)


def load_for_evaluation(source: str, split: str, seed: int = 42) -> Corpus:
    """Read a source of which only ``split`` is wanted; other splits may be missing.

    A source of a single file has no splits: as test, all of it counts, and a note says so.
    Raises DataError if a source with splits has no such one.
    """
    files = _files(source)
    if split == "test" and "all" in files:
        corpus = _read(source, {"test": files["all"]})
        size = corpus.dataset["test"].num_rows
        note = f"There are no splits: all {size:,} sentences are the test."
        return replace(corpus, notes=(*corpus.notes, note))
    corpus = _read(source, files) if split == "test" else load(source, seed)
    if split not in corpus.dataset:
        raise DataError(
            f"Expected a {split} part in {Path(source).name}, found "
            f"{', '.join(corpus.dataset)}; choose one of these with --split."
        )
    return corpus


def reader_of(path: Path) -> Reader:
    """Recognise the format of a file by its first lines."""
    for _, line in islice(numbered_lines(path), _LOOK_AT_LINES):
        if re.match(r"#(\s|$)", line):
            continue  # a comment of CoNLL, which may hold anything
        last = line.split()[-1] if line.strip() else ""
        if inline.ENTITY.search(line) and not re.fullmatch("O|[BIESLU]-.+", last):
            return inline.read_inline
    return read_conll


def _files(source: str) -> dict[str, Path]:
    path = SAMPLE if source == "sample" else Path(canonical_source(source))
    return find_splits(path) if path.is_dir() else {"all": path}


def _read(source: str, files: dict[str, Path]) -> Corpus:
    """Read the files of the splits: once to learn schemes and types, once into Arrow."""
    readers = {split: reader_of(path) for split, path in files.items()}
    types: set[str] = set()
    schemes: dict[str, tagging.Scheme] = {}
    for split, path in files.items():
        schemes[split], found = _scan(path, readers[split])
        types |= found
    names = tagging.label_names(types)
    features = Features(
        {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=names))}
    )
    repaired = dict.fromkeys(files, 0)
    index = {name: number for number, name in enumerate(names)}

    def rows(split: str) -> Iterator[dict[str, Any]]:
        for sentence in readers[split](files[split]):
            tags, count = tagging.to_iob2(sentence.tags, schemes[split])
            repaired[split] += count
            yield {"tokens": sentence.tokens, "ner_tags": [index[tag] for tag in tags]}

    storage = Storage()
    dataset = DatasetDict({split: _to_arrow(rows, split, features, storage) for split in files})
    return Corpus(source, dataset, {k: str(v) for k, v in schemes.items()}, repaired, storage)


def _to_arrow(
    rows: Callable[[str], Iterator[dict[str, Any]]],
    split: str,
    features: Features,
    storage: Storage,
) -> Dataset:
    """Stream rows into an Arrow file."""
    return Dataset.from_generator(
        rows,
        features=features,
        gen_kwargs={"split": split},
        cache_dir=str(storage.path),
        fingerprint=f"{split}-{storage.path.name}",
    )


def _scan(path: Path, reader: Reader) -> tuple[tagging.Scheme, set[str]]:
    """Learn the scheme and the entity types of a file; refuse tags that are none, by line."""
    first_bare: tuple[int, str] | None = None
    seen: set[str] = set()

    def plain_tags() -> Iterator[list[str]]:
        nonlocal first_bare
        for sentence in reader(path):
            for tag, line in zip(sentence.tags, sentence.lines, strict=True):
                if tag in seen:
                    continue
                seen.add(tag)
                if tagging.is_bare_type(tag):
                    first_bare = first_bare or (line, tag)
                else:
                    try:
                        tagging.split_tag(tag)
                    except DataError as error:
                        raise _located(error, path, line) from None
            yield [f"I-{tag}" if tagging.is_bare_type(tag) else tag for tag in sentence.tags]

    try:
        scheme = tagging.detect_scheme(plain_tags())
    except tagging.MixedSchemesError as error:
        raise _located(error, path) from None
    if not seen:
        raise DataError(
            f"Expected annotated sentences in {path.name}, found none; "
            "write a word and its tag on each line, a blank line between sentences."
        )
    if first_bare:
        # Bare types are IO only if nothing in the file has a prefix, and something is outside.
        prefixed = {tag for tag in seen if tag != tagging.OUTSIDE and not tagging.is_bare_type(tag)}
        if prefixed or tagging.OUTSIDE not in seen:
            line, tag = first_bare
            raise _located(DataError(tagging.unknown_tag(tag)), path, line)
    types = {
        tag if tagging.is_bare_type(tag) else tagging.split_tag(tag)[1]
        for tag in seen
        if tag != tagging.OUTSIDE
    }
    return scheme, types


def _located(error: DataError, path: Path, line: int | None = None) -> DataError:
    """Say where in the data an error is."""
    message = str(error)
    where = path.name if line is None else f"{path.name}, line {line}"
    return DataError(f"{where}: {message[0].lower()}{message[1:]}")


def _cut_validation(corpus: Corpus, seed: int) -> Corpus:
    """Make a tenth of train the validation part, the same for the same seed and data."""
    train = corpus.dataset["train"]
    if train.num_rows < 2:
        raise DataError(
            f"Expected at least two training sentences in {Path(corpus.source).name}, so that one "
            f"can be kept for validation; found {train.num_rows}."
        )
    size = max(1, round(train.num_rows * VALIDATION_PART))
    parts = train.train_test_split(test_size=size, seed=seed, load_from_cache_file=False)
    splits = {"train": parts["train"], "validation": parts["test"]}
    if "test" in corpus.dataset:
        splits["test"] = corpus.dataset["test"]
    note = (
        f"There is no validation part: {size:,} of {train.num_rows:,} training sentences, chosen "
        f"by seed {seed}, were put aside for it."
    )
    return replace(corpus, dataset=DatasetDict(splits), notes=(*corpus.notes, note))
