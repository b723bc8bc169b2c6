"""Where data come from: the sample, a file, a folder or the Hub, as splits that can be read."""

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
    """Check that a source exists and make its path independent of the working directory.

    The name of a dataset on the Hub gets ``hub:`` before it; the Hub is asked when it is read.
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
        "Expected data: sample, a file, a folder or a Hub dataset (owner/name); found nothing at "
        f"{source[:200]!r}."
    )


def short_name(source: str) -> str:
    """Give the name of a source for a message: of a path the last part."""
    return without_hub_prefix(source) if has_hub_prefix(source) else Path(source).name


def find_sources(
    source: str, options: ReadOptions
) -> tuple[dict[str, SplitSource], tuple[str, ...]]:
    """Find the splits of a source, and notes on what was decided.

    A single file whose name speaks of no split is ``all``. Raises DataError.
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
