"""The first pass over a split: find its tag scheme, its entity types, and what is wrong with it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from ner_core import tags
from ner_core.data.faults import FaultLog
from ner_core.data.readers.sentence import Fault, Sentence
from ner_core.data.split_source import SplitSource
from ner_core.data.tag_spelling import spelling_of
from ner_core.errors import DataError


@dataclass
class Scan:
    """What the source of a split contains.

    ``types`` are its entity types. ``known`` has an entry for each text in the place of a tag that
    was seen: whether it is a tag.
    """

    source: SplitSource
    scheme: tags.Scheme = "IOB2"
    types: set[str] = field(default_factory=set)
    faults: FaultLog = field(default_factory=FaultLog)
    known: dict[str, bool] = field(default_factory=dict)


_MOST_TAGS = 10_000


class SentenceStore(Protocol):
    """A place for the sentences that are read."""

    def add(self, sentence: Sentence) -> None:
        """Add a sentence."""

    def clear(self) -> None:
        """Delete all sentences."""


def scan(source: SplitSource, strict: bool, store: SentenceStore) -> Scan:
    """Read a split and add its sentences to ``store``; return what it contains.

    Raises DataError if there is no sentence, or if its tags mix two schemes. A row that cannot be
    read raises DataError if ``strict``; otherwise it is counted and left out.
    """
    meant: Mapping[str, str] = {}
    found, failure = Scan(source), None
    try:
        found = _scan(source, strict, store, meant, bare=True)
    except DataError as error:
        failure = error
    spelling = spelling_of(_tags_of(source) if failure else found.known)
    if spelling.meant:
        store.clear()
        found, failure = _scan(source, strict, store, spelling.meant, bare=True), None
        for fault in spelling.faults:
            found.faults.add(fault)
    if failure:
        raise failure
    return found


def _tags_of(source: SplitSource) -> set[str]:
    """Return the tags of a split that cannot be read as it is, as far as it goes."""
    seen: set[str] = set()
    with suppress(DataError):
        for record in source.read():
            if isinstance(record, Sentence):
                seen.update(record.tags)
            if len(seen) > _MOST_TAGS:
                break
    return seen


def _scan(
    source: SplitSource, strict: bool, store: SentenceStore, meant: Mapping[str, str], bare: bool
) -> Scan:
    """Read a split; with ``bare`` a type without a prefix (``PER``) counts as a tag.

    ``meant`` has the tags to be read instead of those that are written.
    """
    found = Scan(source)
    first_bare: tuple[int, str] | None = None
    anything = False

    def plain_tags() -> Iterator[list[str]]:
        nonlocal first_bare, anything
        for record in source.read():
            if meant and isinstance(record, Sentence):
                record = replace(record, tags=[meant.get(tag, tag) for tag in record.tags])
            fault = record if isinstance(record, Fault) else _unknown_tag(found, record, bare)
            if fault is not None:
                if strict and fault.code == "unreadable":
                    raise DataError(f"{source.name}, {source.unit} {fault.line}: {fault.message}")
                found.faults.add(fault)
            if isinstance(record, Fault) or fault is not None:
                continue
            anything = True
            store.add(record)
            for tag, line in zip(record.tags, record.lines, strict=True):
                if first_bare is None and tags.is_bare_type(tag):
                    first_bare = (line, tag)
            yield [f"I-{tag}" if tags.is_bare_type(tag) else tag for tag in record.tags]

    try:
        found.scheme = tags.detect_scheme(plain_tags())
    except tags.MixedSchemesError as error:
        message = str(error)
        raise DataError(f"{source.name}: {message[0].lower()}{message[1:]}") from None
    if not anything:
        raise _nothing(found)
    used = {tag for tag, known in found.known.items() if known and tag != tags.OUTSIDE}
    if first_bare:
        # Bare types are IO only if nothing in the file has a prefix, and something is outside.
        prefixed = {tag for tag in used if not tags.is_bare_type(tag)}
        if prefixed and not strict:
            store.clear()
            return _scan(source, strict, store, meant, bare=False)
        if prefixed or tags.OUTSIDE not in found.known:
            line, tag = first_bare
            message = tags.unknown_tag(tag)
            raise DataError(f"{source.name}, {source.unit} {line}: {message}")
    found.types = {tag if tags.is_bare_type(tag) else tags.split_tag(tag)[1] for tag in used}
    return found


def _unknown_tag(found: Scan, sentence: Sentence, bare: bool) -> Fault | None:
    """Return a fault for the first word of a sentence whose tag is none; None if all are tags."""
    for tag, line, word in zip(sentence.tags, sentence.lines, sentence.tokens, strict=True):
        if tag not in found.known:
            try:
                found.known[tag] = (bare and tags.is_bare_type(tag)) or bool(tags.split_tag(tag))
            except DataError:
                found.known[tag] = False
        if not found.known[tag]:
            return Fault("unreadable", line, tags.unknown_tag(tag), f"{word} {tag}")
    return None


def _nothing(found: Scan) -> DataError:
    """Return the error that there is no sentence, or why the first one could not be read."""
    first = found.faults.first.get("unreadable")
    if first:
        place = f"{found.source.name}, {found.source.unit} {first[0].line}"
        return DataError(f"{place}: {first[0].message}")
    return DataError(
        f"{found.source.name} has no annotated sentences. Write a word and its tag on each line, "
        "and a blank line between sentences."
    )
