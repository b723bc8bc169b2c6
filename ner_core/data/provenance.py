"""Describe where a corpus comes from, with hashes that show whether another one is the same."""

import hashlib
from collections import Counter
from typing import Any

from datasets import Dataset

from ner_core.annotations import addresses
from ner_core.data.corpus import Corpus, sentences
from ner_core.data.sources import short_name
from ner_core.data.writers import as_tokens
from ner_core.tags import count_types


def provenance(corpus: Corpus) -> dict[str, Any]:
    """Return the origin of a corpus and each of its splits, as JSON types.

    ``kind`` is ``sample``, ``hub``, ``annotations`` or ``files``; ``name`` the name of the source
    for people, of a path its last part. ``hub`` has ``repo``, ``config``, ``revision`` (the commit
    that was read) and ``languages`` (as the dataset's card names them), and is None for files.
    ``splits`` has for each split its ``source``, ``format``, tag ``scheme``, how many tags were
    ``repaired``, and what ``measure`` returns.
    """
    hub = next((source.hub for source in corpus.sources.values() if source.hub), None)
    kind = "hub" if hub else "sample" if corpus.source == "sample" else "files"
    kind = "annotations" if addresses.parse(corpus.source) else kind
    return {
        "kind": kind,
        "name": hub.repo if hub else short_name(corpus.source),
        "hub": None if hub is None else {**vars(hub), "languages": list(hub.languages)},
        "splits": {
            name: {
                "source": corpus.sources[name].name,
                "format": corpus.sources[name].format,
                # A validation part that was cut from train has what train has.
                "scheme": corpus.schemes.get(name, corpus.schemes.get("train", "")),
                "repaired": corpus.repaired.get(name, 0),
                **measure(split),
            }
            for name, split in corpus.dataset.items()
        },
    }


def measure(split: Dataset) -> dict[str, Any]:
    """Return the number of ``sentences`` and ``words`` of a split, its ``entities`` by type, and a
    hash.

    ``sha256`` is the hash of the file that ``convert --to jsonl`` writes, so it depends on words
    and IOB2 tags alone (and on the words that nobody decided on, if there are any), whatever format
    they were read from.
    """
    names = split.features["ner_tags"].feature.names
    digest = hashlib.sha256()
    counts: Counter[int] = Counter()
    for words, numbers in sentences(split):
        counts.update(numbers)
        digest.update(as_tokens(words, [names[number] for number in numbers]).encode())
    if "undecided" in split.column_names:
        digest.update(repr(split["undecided"][:]).encode())
    return {
        "sentences": split.num_rows,
        "words": counts.total(),
        "entities": count_types(names, counts),
        "sha256": digest.hexdigest(),
    }
