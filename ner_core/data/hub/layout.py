"""Which files of a dataset repository on the Hub are which split: nothing is downloaded here.

The rules are those of ``datasets`` (https://huggingface.co/docs/hub/datasets-data-files-configuration):
``configs`` in the card says it, otherwise the names of files and folders do.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from datasets import Features
from datasets.info import DatasetInfosDict

from ner_core.data.splits import SPLIT_NAMES, split_of
from ner_core.errors import DataError
from ner_core.hub.repository_ids import HubDataset

READABLE = (".parquet", ".jsonl", ".json", ".csv", ".tsv", ".conll", ".iob2", ".txt")
"""The files that are data, by suffix; where a repository has several kinds, the first counts."""

_PARTIAL = "partial-"
_NOT_DATA = frozenset({"config.json", "dataset_dict.json", "dataset_info.json"}) | frozenset(
    {"dataset_infos.json", "label.json", "labels.json", "labels.txt"}
)
_MOST_SHOWN = 10

Card = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """The files of each split (``train``, ``validation``, ``test``, or ``all``), and notes."""

    config: str
    splits: dict[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()


def _readable(files: Iterable[str]) -> list[str]:
    """Return the files that are data, sorted."""
    paths = map(PurePosixPath, files)
    return sorted(
        str(path)
        for path in paths
        if path.suffix in READABLE
        and path.name not in _NOT_DATA
        and not any(part.startswith(".") for part in path.parts)
    )


def find_layout(dataset: HubDataset, files: Iterable[str], card: Card) -> Layout:
    """Return the files of the splits in a repository as its authors arranged it.

    Raises DataError if the configuration is unknown, or none was chosen among several, or if there
    are no files for it.
    """
    data = _readable(files)
    configs = {entry["config_name"]: entry for entry in _entries(card, "configs")}
    marked = next((name for name, entry in configs.items() if entry.get("default") is True), None)
    config = _choose(dataset, [*configs] or ["default"], marked)
    entry = configs.get(config, {})
    folder = str(entry.get("data_dir") or "")
    patterns = _patterns(entry.get("data_files"))
    if patterns:
        found = {
            split: tuple(file for file in data if _matches_any(file, folder, wanted))
            for split, wanted in patterns.items()
        }
    else:
        found = _by_names([file for file in data if _matches(file, f"{folder}/**")])
    of_one_kind = {split: _one_kind(chosen) for split, chosen in found.items() if chosen}
    return _named(dataset, config, of_one_kind)


def find_converted_layout(dataset: HubDataset, files: Iterable[str]) -> Layout:
    """Return the files of the splits in the Hub's own conversion, ``config/split/0000.parquet``.

    Raises DataError as ``find_layout`` does.
    """
    configs: dict[str, dict[str, tuple[str, ...]]] = {}
    for file in _readable(files):
        parts = file.split("/")
        if len(parts) == 3:
            splits = configs.setdefault(parts[0], {})
            split = parts[1].removeprefix(_PARTIAL)
            splits[split] = (*splits.get(split, ()), file)
    config = _choose(dataset, [*configs] or ["default"], None)
    found = _named(dataset, config, configs.get(config, {}))
    used = [file for chosen in found.splits.values() for file in chosen]
    partial = any(f"/{_PARTIAL}" in file for file in used)
    note = f"The Hub converted only the first part of {dataset.repo}, so only that was read."
    return Layout(config, found.splits, (*found.notes, note) if partial else found.notes)


def features_of_card(card: Card, config: str) -> Features:
    """Return the features that the card names for a configuration, none if it names none.

    A card is written by strangers: what cannot be understood in it counts as missing.
    """
    try:
        infos = DatasetInfosDict.from_dataset_card_data(card)
    except (ValueError, TypeError, LookupError, AttributeError):
        return Features()
    info = infos.get(config) or (next(iter(infos.values())) if len(infos) == 1 else None)
    return (info.features if info else None) or Features()


def languages_of(card: Card) -> tuple[str, ...]:
    """Return the languages that a card names, as codes of two or three letters."""
    named = card.get("language")
    codes = named if isinstance(named, list) else [named]
    return tuple(
        code for code in codes if isinstance(code, str) and re.fullmatch("[a-z]{2,3}", code)
    )


def _entries(card: Card, key: str) -> list[Card]:
    """Return the well-formed entries of a list in a card, which strangers write."""
    entries = card.get(key)
    return [
        entry
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("config_name"), str)
    ]


def _choose(dataset: HubDataset, names: list[str], default: str | None) -> str:
    listing = ", ".join(names[:_MOST_SHOWN]) + (", …" if len(names) > _MOST_SHOWN else "")
    if dataset.config is not None:
        if dataset.config in names:
            return dataset.config
        raise DataError(
            f"{dataset.repo} has no configuration {dataset.config!r}, only {listing}. Write "
            f"{dataset.repo}:{names[0]} for instance."
        )
    if len(names) == 1:
        return names[0]
    if default or "default" in names:
        return default or "default"
    raise DataError(
        f"The dataset {dataset.repo} has {len(names):,} configurations ({listing}). Choose one: "
        f"write {dataset.repo}:{names[0]}, for instance."
    )


def _patterns(data_files: Any) -> dict[str, list[str]]:
    """Read ``data_files`` of a card: a pattern, a list of them, or a list of split and path."""
    entries = data_files if isinstance(data_files, list) else [data_files]
    found: dict[str, list[str]] = {}
    for entry in entries:
        split, paths = ("train", entry)
        if isinstance(entry, dict):
            split, paths = str(entry.get("split", "train")), entry.get("path")
        wanted = paths if isinstance(paths, list) else [paths]
        found.setdefault(split, []).extend(path for path in wanted if isinstance(path, str))
    return {split: wanted for split, wanted in found.items() if wanted}


def _matches_any(file: str, folder: str, patterns: list[str]) -> bool:
    return any(_matches(file, f"{folder}/{pattern}") for pattern in patterns)


def _matches(file: str, pattern: str) -> bool:
    """Return whether a path matches a pattern, part by part; ``**`` is any number of parts."""
    parts = file.split("/")
    wanted = [part for part in pattern.split("/") if part not in ("", ".")]
    reached = {0}  # how many parts the pattern so far may have used up
    for part in wanted:
        if part == "**":
            reached = set(range(min(reached, default=0), len(parts) + 1)) if reached else set()
        else:
            reached = {
                position + 1
                for position in reached
                if position < len(parts) and fnmatchcase(parts[position], part)
            }
    return len(parts) in reached


def _one_kind(files: Iterable[str]) -> tuple[str, ...]:
    """Return the files of the first suffix of ``READABLE`` that there is."""
    chosen = sorted(files, key=lambda file: READABLE.index(PurePosixPath(file).suffix))
    suffix = PurePosixPath(chosen[0]).suffix
    return tuple(file for file in chosen if file.endswith(suffix))


def _by_names(files: list[str]) -> dict[str, tuple[str, ...]]:
    """Return files by split, from the names of files and folders, the innermost first."""
    for suffix in READABLE:
        alike = [file for file in files if file.endswith(suffix)]
        found: dict[str, tuple[str, ...]] = {}
        for file in alike:
            split = next(filter(None, map(split_of, reversed(file.split("/")))), None)
            if split:
                found[split] = (*found.get(split, ()), file)
        if found:
            return found
    # A text file is data only if its name says so: most others are licences and vocabularies.
    return {"all": tuple(file for file in files if not file.endswith(".txt"))}


def _named(dataset: HubDataset, config: str, found: dict[str, tuple[str, ...]]) -> Layout:
    """Return the splits under our names; of several that could be one, the plainest name wins."""
    if not found:
        raise DataError(
            f"{dataset} has no files that NER Studio can read ({', '.join(READABLE[:4])}). Choose "
            "another dataset, or a file or a folder."
        )
    chosen: dict[str, str] = {}
    for split in SPLIT_NAMES:
        claims = [name for name in found if split_of(name) == split]
        if claims:
            plain = [name for name in claims if name.lower() in SPLIT_NAMES[split]]
            chosen[split] = split if split in claims else (plain or claims)[0]
    if not chosen and len(found) == 1:
        chosen = {"all": next(iter(found))}
    if not chosen:
        raise DataError(
            f"{dataset} has no splits named train, validation or test, only "
            f"{', '.join([*found][:_MOST_SHOWN])}. Choose another dataset or configuration."
        )
    left_out = [name for name in found if name not in chosen.values()]
    notes = [f"The splits {', '.join(left_out)} of {dataset.repo} aren't used."]
    return Layout(
        config,
        {split: found[name] for split, name in chosen.items()},
        tuple(notes) if left_out else (),
    )
