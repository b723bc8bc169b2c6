"""The first pass over a split: its scheme, its entity types, and what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from ner_core import tags
from ner_core.data.faults import FaultLog
from ner_core.data.readers.sentence import Fault, Sentence
from ner_core.data.split_source import SplitSource
from ner_core.errors import DataError


@dataclass
class Scan:
    """What a split's source was found to hold.

    ``types`` are its entity types; ``known`` maps each tag that was seen to whether it is one.
    """

    source: SplitSource
    scheme: tags.Scheme = "IOB2"
    types: set[str] = field(default_factory=set)
    faults: FaultLog = field(default_factory=FaultLog)
    known: dict[str, bool] = field(default_factory=dict)


class Keeper(Protocol):
    """What sentences are put aside in."""

    def add(self, sentence: Sentence) -> None:
        """Put a sentence aside."""

    def clear(self) -> None:
        """Forget all of them."""


def scan(source: SplitSource, strict: bool, keeper: Keeper) -> Scan:
    """Read a split, and put aside each sentence whose tags are tags.

    Raises DataError if there is no such sentence, or tags exclude each other. A row that cannot be
    read raises DataError if ``strict``, otherwise it is counted.
    """
    return _scan(source, strict, keeper, bare=True)


def _scan(source: SplitSource, strict: bool, keeper: Keeper, bare: bool) -> Scan:
    """Read a split once; ``bare`` says that a type without a prefix (``PER``) is a tag."""
    found = Scan(source)
    first_bare: tuple[int, str] | None = None
    anything = False

    def plain_tags() -> Iterator[list[str]]:
        nonlocal first_bare, anything
        for record in source.read():
            fault = record if isinstance(record, Fault) else _unknown_tag(found, record, bare)
            if fault is not None:
                if strict and fault.code == "unreadable":
                    raise DataError(f"{source.name}, {source.unit} {fault.line}: {fault.message}")
                found.faults.add(fault)
            if isinstance(record, Fault) or fault is not None:
                continue
            anything = True
            keeper.add(record)
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
            keeper.clear()
            return _scan(source, strict, keeper, bare=False)
        if prefixed or tags.OUTSIDE not in found.known:
            line, tag = first_bare
            message = tags.unknown_tag(tag)
            raise DataError(
                f"{source.name}, {source.unit} {line}: {message[0].lower()}{message[1:]}"
            )
    found.types = {tag if tags.is_bare_type(tag) else tags.split_tag(tag)[1] for tag in used}
    return found


def _unknown_tag(found: Scan, sentence: Sentence, bare: bool) -> Fault | None:
    """Find the first tag of a sentence that is none."""
    for tag, line, word in zip(sentence.tags, sentence.lines, sentence.tokens, strict=True):
        if tag not in found.known:
            try:
                found.known[tag] = (bare and tags.is_bare_type(tag)) or bool(tags.split_tag(tag))
            except DataError:
                found.known[tag] = False
        if not found.known[tag]:
            message = tags.unknown_tag(tag)
            return Fault("unreadable", line, f"{message[0].lower()}{message[1:]}", f"{word} {tag}")
    return None


def _nothing(found: Scan) -> DataError:
    """Say that there is no sentence, and what kept the first from being read."""
    first = found.faults.first.get("unreadable")
    if first:
        place = f"{found.source.name}, {found.source.unit} {first[0].line}"
        return DataError(f"{place}: {first[0].message}")
    return DataError(
        f"Expected annotated sentences in {found.source.name}, found none; "
        "write a word and its tag on each line, a blank line between sentences."
    )
