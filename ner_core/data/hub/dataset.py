"""Datasets on the Hugging Face Hub, read from their files: no code of theirs ever runs.

The Hub is asked once what a repository holds; a file is downloaded when its split is first read,
into the cache of huggingface_hub, and stays there. All is read at the commit that the Hub named, so
that two passes see the same data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow.parquet

from ner_core.data.hub.client import Repository, download, repository
from ner_core.data.hub.columns import features_of_file, options_from_features
from ner_core.data.hub.layout import (
    Layout,
    features_of_card,
    find_converted_layout,
    find_layout,
    languages_of,
)
from ner_core.data.readers.formats import format_of
from ner_core.data.readers.parquet import read_parquet
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.split_source import HubOrigin, SplitSource
from ner_core.errors import DataError
from ner_core.hub.repository_ids import CONVERTED, HubDataset, parse_dataset

# What is shown before a file is downloaded; then its content decides, except for Parquet.
_FORMATS = {
    ".parquet": ("Parquet", "row"),
    ".json": ("JSON", "line"),
    ".jsonl": ("JSON", "line"),
    ".csv": ("CSV", "line"),
}


def hub_splits(source: str, options: ReadOptions) -> tuple[dict[str, SplitSource], tuple[str, ...]]:
    """Return the splits of a dataset on the Hub, ``owner/name[:config][@revision]``, and notes.

    The splits are ``train``, ``validation``, ``test``, those there are, or ``all``, where nothing
    names one. A dataset that is a script is read from the Hub's own conversion to Parquet, and a
    note says so. Raises DataError if the dataset cannot be had, or holds nothing that can be read.
    """
    dataset = parse_dataset(source)
    if dataset is None:
        raise DataError(
            f"{source[:200]!r} can't be a dataset on the Hub. Write it as owner/name, "
            "owner/name:configuration or owner/name@revision."
        )
    held, layout = _find(dataset)
    origin = HubOrigin(dataset.repo, layout.config, held.commit, languages_of(held.card))
    sources = {}
    for split, files in layout.splits.items():
        form, unit = _FORMATS.get(PurePosixPath(files[0]).suffix, ("columns", "line"))
        part = _Files(dataset, held, layout.config, files, options)
        sources[split] = SplitSource(
            f"{dataset} ({split})", form, unit, part.records, part.fingerprint, origin
        )
    return sources, layout.notes


def _find(dataset: HubDataset) -> tuple[Repository, Layout]:
    """Ask the Hub for the dataset's files; where a script makes them, for its conversion."""
    held = repository(dataset.repo, dataset.revision)
    if held is None:
        raise DataError(
            f"{dataset.repo} has no revision {dataset.revision!r}. Leave it out, or choose a "
            "branch, a tag or a commit."
        )
    if dataset.revision == CONVERTED:
        return held, find_converted_layout(dataset, held.files)
    script = f"{dataset.repo.split('/')[1]}.py"
    if script not in held.files:
        return held, find_layout(dataset, held.files, held.card)
    if dataset.revision not in (None, "main"):
        raise DataError(
            f"The data of {dataset} come from a script ({script}), which NER Studio never runs. "
            f"Leave out @{dataset.revision} to read the Hub's conversion to Parquet."
        )
    converted = repository(dataset.repo, CONVERTED)
    if converted is None:
        raise DataError(
            f"The data of {dataset} come from a script ({script}), which NER Studio never runs, "
            "and the Hub has no conversion to Parquet. Choose another dataset, or a file or a "
            "folder."
        )
    layout = find_converted_layout(dataset, converted.files)
    note = (
        f"{dataset.repo} is a script, which NER Studio never runs. It read the Hub's conversion "
        f"to Parquet instead ({CONVERTED})."
    )
    # The conversion has no card of its own.
    return replace(converted, card=held.card), replace(layout, notes=(note, *layout.notes))


@dataclass(frozen=True)
class _Files:
    """The files of one split, which are downloaded when they are read."""

    dataset: HubDataset
    held: Repository
    config: str
    files: tuple[str, ...]
    options: ReadOptions

    def fingerprint(self) -> str:
        """Return what decides what is read: the commit, the files, and the features of the card.

        It is empty if the Hub named no commit.
        """
        features = features_of_card(self.held.card, self.config)
        state = (self.dataset.repo, self.held.commit, self.config, self.files, features)
        return repr(state) if self.held.commit else ""

    def records(self) -> Iterator[Record]:
        """Read the files one after the other; rows and documents are numbered through."""
        rows = documents = 0
        for file in self.files:
            path = download(self.dataset.repo, self.held.commit, file)
            last_row, last_document = rows, documents
            for record in self._read(path):
                if isinstance(record, Fault):
                    moved: Record = replace(record, line=record.line + rows)
                    last_row = max(last_row, record.line + rows)
                else:
                    lines = [line + rows for line in record.lines]
                    document = record.document and record.document + documents
                    moved = replace(record, lines=lines, document=document)
                    last_row, last_document = lines[-1], max(last_document, document)
                yield moved
            rows = rows + _row_count(path) if _is_parquet(path) else last_row
            documents = last_document

    def _read(self, path: Path) -> Iterator[Record]:
        """Read one file; the options are completed by what the card and the file itself tell."""
        features: Mapping[str, Any] = features_of_card(self.held.card, self.config)
        if _is_parquet(path):
            features = features_of_file(path, features)
        options = options_from_features(features, self.options, str(self.dataset))
        if options.encoding is not None:
            yield Fault(
                "odd", 0, "--encoding is for files, so it was ignored for a dataset on the Hub"
            )
        read = read_parquet if _is_parquet(path) else format_of(path).read
        try:
            yield from read(path, options)
        except DataError as error:
            # A name such as 0000.parquet tells nobody which dataset it belongs to.
            named = str(error).startswith(path.name)
            raise DataError(f"{self.dataset}, {error}" if named else str(error)) from None


def _is_parquet(path: Path) -> bool:
    return path.suffix == ".parquet"


def _row_count(path: Path) -> int:
    return int(pyarrow.parquet.read_metadata(path).num_rows)
