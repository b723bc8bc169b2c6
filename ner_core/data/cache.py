"""Data that was read before: Arrow files in ``$NER_HOME/cache/data``, a folder for each source.

The same data are read for the data check, for a run's submission, by its worker and for its cost
estimate. The first of them stores the result here, and the others load it.

An entry is never out of date: its name is a hash of everything that the result depends on, and a
file that was changed has another hash. An entry is never incomplete: it is renamed into place when
all of it is written. One with damaged files, whose hashes are not those in its index, is not used.

A source on the Hub is looked up here only after the Hub has told the user who asks which commit it
is at (``data.hub.dataset``), so nobody gets data that the Hub would not give them.
"""

import contextlib
import hashlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from datasets import Dataset

from ner_core import tags, word_rules, words
from ner_core.data.faults import FaultLog
from ner_core.data.readers.sentence import Fault, ReadOptions
from ner_core.data.reading import SplitData
from ner_core.data.split_source import SplitSource
from ner_core.runs.store import home
from ner_core.system import atomic
from ner_core.system.hashing import sha256_of

FEWEST_SENTENCES = 5000
"""Smaller data are read in less than half a second and are not stored."""
MOST_BYTES = 4 * 2**30
MOST_ENTRIES = 20
MOST_SECONDS = 7 * 86400
"""An entry that was not used for this long is deleted."""

_INDEX = "index.json"
_ABANDONED_SECONDS = 3600
"""A write that began longer ago than this was killed."""


def folder() -> Path:
    """Return the folder of all entries."""
    return home() / "cache" / "data"


def key_of(sources: Mapping[str, SplitSource], options: ReadOptions) -> str | None:
    """Return the name of the entry for these splits, None if their state cannot be told."""
    try:
        states = {split: source.fingerprint() for split, source in sources.items()}
    except OSError:
        return None
    if not all(states.values()):
        return None
    about = [
        _code(),
        asdict(options),
        [(split, source.name, states[split]) for split, source in sources.items()],
    ]
    text = json.dumps(about)
    return hashlib.sha256(text.encode()).hexdigest()


def load(key: str, links: Path) -> dict[str, SplitData] | None:
    """Return the splits of an entry; None if there is no such entry, or it is damaged.

    The Arrow files are opened through links in the folder ``links``: what ``datasets`` writes
    beside the file of a split then goes there. They are memory-mapped, so they stay readable when
    another process deletes the entry.
    """
    entry = folder() / key
    try:
        index = json.loads((entry / _INDEX).read_text(encoding="utf-8"))
        splits = {}
        for split, about in index.items():
            file, link = entry / f"{split}.arrow", links / f"cached-{split}.arrow"
            if sha256_of(file) != about["sha256"]:
                return None
            link.symlink_to(file)
            rows = Dataset.from_file(str(link))
            splits[split] = SplitData(rows, about["scheme"], _fault_log(about["faults"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    with contextlib.suppress(OSError):
        (entry / _INDEX).touch()
    return splits


def store(key: str, splits: Mapping[str, SplitData]) -> None:
    """Store splits as an entry, and delete the entries that were not used for the longest time.

    Does nothing if the entry cannot be written, or would take more than half of the free space.
    """
    if sum(data.rows.num_rows for data in splits.values()) < FEWEST_SENTENCES:
        return
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        size = sum(data.path.stat().st_size for data in splits.values())
        if size > min(MOST_BYTES, shutil.disk_usage(folder()).free / 2):
            return
        with atomic.staged(folder() / key) as entry:
            entry.mkdir(mode=0o700)
            index = {}
            for split, data in splits.items():
                file = entry / f"{split}.arrow"
                shutil.copyfile(data.path, file)
                index[split] = {
                    "sha256": sha256_of(file),
                    "scheme": data.scheme,
                    "faults": {
                        "counts": data.faults.counts,
                        "remarks": data.faults.remarks,
                        "first": {
                            code: [asdict(fault) for fault in found]
                            for code, found in data.faults.first.items()
                        },
                    },
                }
            (entry / _INDEX).write_text(json.dumps(index), encoding="utf-8")
        _delete_old()


def _delete_old() -> None:
    """Delete what killed processes left, and the entries beyond the limits, oldest first."""
    atomic.delete_leftovers(folder(), _ABANDONED_SECONDS)
    used: dict[Path, float] = {}
    for entry in folder().iterdir():
        with contextlib.suppress(OSError):  # another process has just deleted it
            used[entry] = (entry / _INDEX).stat().st_mtime
    size = 0
    for number, entry in enumerate(sorted(used, key=used.__getitem__, reverse=True)):
        with contextlib.suppress(OSError):
            size += sum(file.stat().st_size for file in entry.iterdir())
        old = time.time() - used[entry] > MOST_SECONDS
        if number >= MOST_ENTRIES or size > MOST_BYTES or old:
            shutil.rmtree(entry, ignore_errors=True)


def _fault_log(about: dict[str, Any]) -> FaultLog:
    log = FaultLog()
    log.counts, log.remarks = Counter(about["counts"]), Counter(about["remarks"])
    log.first = {
        code: [Fault(**fault) for fault in found] for code, found in about["first"].items()
    }
    return log


@cache
def _code() -> str:
    """Return a hash of the code that reads data, so that results of other versions are not used."""
    modules = [Path(tags.__file__), Path(word_rules.__file__), Path(words.__file__)]
    files = [*sorted(Path(__file__).parent.rglob("*.py")), *modules]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
