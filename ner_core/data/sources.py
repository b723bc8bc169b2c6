"""Find the splits of the sample, a file, a folder or a dataset on the Hub."""

from functools import partial
from pathlib import Path

from ner_core.data.readers.formats import format_of
from ner_core.data.readers.sentence import ReadOptions
from ner_core.data.split_source import SplitSource
from ner_core.data.splits import find_splits
from ner_core.errors import DataError
from ner_core.hub.repository_ids import (
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

    The name of a dataset on the Hub gets the prefix ``hub:``; the Hub is asked when it is read.
    Raises DataError if it is neither ``sample`` nor a path that exists nor such a name.
    """
    if source == "sample":
        return source
    path = paths.expand(source)
    if source and not has_hub_prefix(source) and paths.exists(path):
        return str(path.absolute())
    name = without_hub_prefix(source)
    if parse_dataset(name):
        return with_hub_prefix(name)
    raise DataError(
        f"No data were found at {source[:200]!r}. Choose sample, a file, a folder or a Hub dataset "
        "(owner/name)."
    )


def short_name(source: str) -> str:
    """Return the name of a source for a message: of a path its last part."""
    return without_hub_prefix(source) if has_hub_prefix(source) else Path(source).name


def find_sources(
    source: str, options: ReadOptions
) -> tuple[dict[str, SplitSource], tuple[str, ...]]:
    """Return the splits of a source by name, and notes about what was decided.

    A single file, or the only file of a folder if its name names no split, is the split ``all``.
    Raises DataError if there is nothing at the source, or nothing in it that can be read.
    """
    found = canonical_source(source)
    if has_hub_prefix(found):
        from ner_core.data.hub.dataset import (
            hub_splits,  # brings huggingface_hub, which files do not need
        )

        return hub_splits(without_hub_prefix(found), options)
    path = SAMPLE if source == "sample" else Path(found)
    if path.is_dir():
        return {name: _file(file, options) for name, file in find_splits(path).items()}, ()
    return {"all": _file(path, options)}, ()


def _file(path: Path, options: ReadOptions) -> SplitSource:
    form = format_of(path)
    read, fingerprint = partial(form.read, path, options), partial(_fingerprint, path)
    return SplitSource(path.name, form.name, form.unit, read, fingerprint)


def _fingerprint(path: Path) -> str:
    """Return the hash of a file; empty for a pipe, which can be read only once."""
    return sha256_of(path) if path.is_file() else ""
