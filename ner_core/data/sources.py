"""Find the splits of the sample, a file, a folder or a dataset on the Hub."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from ner_core.annotations import addresses, as_data
from ner_core.data.archives import is_gzip, is_zip, unpack_gzip, unpack_zip
from ner_core.data.folders import find_places
from ner_core.data.readers.formats import Format, folder_format, format_of
from ner_core.data.readers.rows import NO_WORD_ROWS, listed
from ner_core.data.readers.sentence import Fault, ReadOptions, Record, Sentence
from ner_core.data.readers.text import is_utf, is_western
from ner_core.data.split_source import SplitSource
from ner_core.data.splits import data_files
from ner_core.data.storage import Storage
from ner_core.data.transcoding import as_utf8
from ner_core.errors import DataError
from ner_core.hub.repository_ids import (
    dataset_id,
    has_hub_prefix,
    parse_dataset,
    with_hub_prefix,
    without_hub_prefix,
)
from ner_core.system import paths
from ner_core.system.hashing import sha256_of

SAMPLE = Path(__file__).parent / "sample"


def canonical_source(source: str) -> str:
    """Return a source that means the same in every working directory: with an absolute path.

    An annotation set is named as it is now, whatever is added to it later. The name of a dataset
    on the Hub, or the address of its page, becomes its name with the prefix
    ``hub:``; the Hub is asked when it is read.
    Raises DataError if it is neither ``sample`` nor a path that exists nor such a name,
    AnnotationError if there is no such set.
    """
    if source == "sample":
        return source
    if address := addresses.parse(source):
        return str(as_data.pinned(address))
    path = paths.expand(source)
    if source and not has_hub_prefix(source) and paths.exists(path):
        return str(path.absolute())
    name = dataset_id(without_hub_prefix(source))
    if parse_dataset(name):
        return with_hub_prefix(name)
    raise DataError(
        f"Found no data at {source[:200]!r}. Choose sample, a file, a folder or a Hub dataset "
        "(owner/name)."
    )


def short_name(source: str) -> str:
    """Return the name of a source for a message: of a path its last part."""
    if address := addresses.parse(source):
        return address.set_id
    return without_hub_prefix(source) if has_hub_prefix(source) else Path(source).name


def find_sources(
    source: str, options: ReadOptions
) -> tuple[dict[str, SplitSource], tuple[str, ...]]:
    """Return the splits of a source by name, and notes about what was decided.

    A single file, or the only file of a folder if its name names no split, is the split ``all``.
    Raises DataError if there is nothing at the source, or nothing in it that can be read.
    """
    if address := addresses.parse(source):
        return as_data.sources(address), ()
    found = canonical_source(source)
    if has_hub_prefix(found):
        # Late: loads datasets, which files do not need.
        from ner_core.data.hub.dataset import hub_splits

        return hub_splits(without_hub_prefix(found), options)
    path = SAMPLE if source == "sample" else Path(found)
    storage = None
    said: tuple[str, ...] = ()
    if is_zip(path):
        storage = Storage()
        path, remark = unpack_zip(path, storage.path)
        said = (remark,)
    if not path.is_dir():
        return {"all": _file(path, options)}, ()
    places, remarks = find_places(path)
    if said:
        first = next(iter(places))
        remarks[first] = (*said, *remarks.get(first, ()))
    return {
        name: _parts(files, options, remarks.get(name, ()), storage)
        for name, files in places.items()
    }, ()


def _parts(
    files: list[Path], options: ReadOptions, remarks: tuple[str, ...], storage: Storage | None
) -> SplitSource:
    """Return the source of a split that several files make up, or one.

    ``storage`` is kept as long as the source, since it has the files.
    """
    sources = [_file(file, options, storage) for file in files]
    first = sources[0]
    if len(sources) == 1 and not remarks:
        return first
    said = [Fault("odd", 0, remark) for remark in remarks]
    if len(files) > 1:
        said.append(
            Fault(
                "guess",
                0,
                f"{len(files)} files were read as one, in this order: "
                f"{listed(file.name for file in files)}",
            )
        )

    def read() -> Iterator[Record]:
        yield from said
        documents = last = 0
        for source in sources:
            for record in source.read():
                if isinstance(record, Sentence) and record.document:
                    last = documents + record.document
                    record = replace(record, document=last)
                yield record
            documents = last

    def fingerprint() -> str:
        found = [source.fingerprint() for source in sources]
        return " ".join([*found, *(fault.message for fault in said)]) if all(found) else ""

    kept = tuple(storage for source in sources for storage in source.storage)
    return SplitSource(first.name, first.format, first.unit, read, fingerprint, storage=kept)


def _file(path: Path, options: ReadOptions, storage: Storage | None = None) -> SplitSource:
    """Return the source of a file, or of a folder whose files belong together.

    A packed file is unpacked, and one in an encoding that a person named is written as UTF-8;
    ``storage`` has the file already.
    """
    kept = [storage] if storage else []
    said: list[Fault] = []
    if is_gzip(path):
        kept.append(Storage())
        path, remark = unpack_gzip(path, kept[-1].path)
        said.append(Fault("odd", 0, remark))
    if options.encoding is not None:
        kept.append(Storage())
        path, fault = _decoded(path, options.encoding, kept[-1].path)
        said.append(fault)
    form = (folder_format(path) if path.is_dir() else None) or format_of(path)
    read = partial(_records, form, path, options, said)
    fingerprint = partial(_fingerprint, path)
    return SplitSource(path.name, form.name, form.unit, read, fingerprint, storage=tuple(kept))


def _decoded(path: Path, encoding: str, folder: Path) -> tuple[Path, Fault]:
    """Return a copy of the text files at a place as UTF-8, and what to say about it."""
    if path.is_dir():
        copies = folder / path.name
        files = [as_utf8(file, encoding, copies) for file in data_files(path)]
        found = copies if any(files) else None
    else:
        found = as_utf8(path, encoding, folder)
    if found is None:
        return path, Fault("odd", 0, "this isn't text, so --encoding was ignored. Leave it out")
    return found, Fault("guess", 0, f"text was read as {encoding}")


def _records(form: Format, path: Path, options: ReadOptions, said: list[Fault]) -> Iterator[Record]:
    yield from said
    if path.is_file() and form.is_text and not is_utf(path) and is_western(path):
        yield Fault("guess", 0, "the file isn't UTF-8, so it was read as Windows-1252 (Latin-1)")
    yield from _unused(form, options)
    yield from form.read(path, options)


def _unused(form: Format, options: ReadOptions) -> Iterator[Fault]:
    """Yield what to say about options that a person gave and that a format does not take."""
    if options.sentence_column is not None and not form.has_word_rows:
        yield NO_WORD_ROWS
    if options.span_offsets != "auto" and not form.has_spans:
        yield Fault("odd", 0, f"{form.name} has no offsets, so --span-offsets was ignored")


def _fingerprint(path: Path) -> str:
    """Return the hash of a file; empty for a pipe, which can be read only once."""
    if path.is_dir():
        return " ".join(f"{file.name} {sha256_of(file)}" for file in data_files(path))
    return sha256_of(path) if path.is_file() else ""
