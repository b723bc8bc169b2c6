"""What readers yield, and the options they take."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ner_core.config import READ_SETTINGS, SpanOffsets, TrainConfig

FaultCode = Literal["unreadable", "invalid", "overlap", "misaligned", "empty", "odd", "guess"]


@dataclass(frozen=True)
class Sentence:
    """One sentence as it stands in a source: words and their tags as written.

    ``lines`` has the line of each word, from 1 (in formats with rows, the number of the row).
    ``document`` numbers the documents of a source as they come; it is 0 throughout in formats that
    have none. ``undecided`` are the numbers of the words, from 0, that nobody decided on; their
    tags are O and mean nothing.
    """

    tokens: list[str]
    tags: list[str]
    lines: list[int]
    document: int = 0
    undecided: tuple[int, ...] = ()


@dataclass(frozen=True)
class Fault:
    """Something wrong at one place of a source; the rest can still be read.

    ``unreadable``: the row (line, sentence) was left out. ``misaligned``: a span of characters
    began or ended inside a word, which was split there. ``overlap``: a span was left out because it
    overlaps another one. ``invalid``: a tag broke the scheme, and was repaired. ``empty``: a row
    had no words. ``odd``: something in the file is probably a mistake, and was read all the same.
    ``guess``: a choice that the file does not settle (which column has the tags); the user is told.
    Of the last two, ``line`` may be 0: the whole file. ``message`` says what is wrong and what to
    do; it begins in lower case, so that a file and a line can be put before it. ``text`` is what
    stands there.
    """

    code: FaultCode
    line: int
    message: str
    text: str = ""


Record = Sentence | Fault


@dataclass(frozen=True)
class ReadOptions:
    """What the content of a source does not say, given by a person.

    ``token_column`` and ``tag_column`` are names of columns, or their numbers from 1 in formats
    without names; so is ``sentence_column``, which numbers the sentences where each row is a word.
    ``label_names`` are the tags that numbers stand for, in their order from 0. ``encoding`` is that
    of text files, ``span_offsets`` how spans count; both None or ``auto`` if the content decides.
    """

    token_column: str | None = None
    tag_column: str | None = None
    label_names: tuple[str, ...] = ()
    sentence_column: str | None = None
    encoding: str | None = None
    span_offsets: SpanOffsets = "auto"

    @classmethod
    def of(cls, **settings: Any) -> "ReadOptions":
        """Return the options from what a person typed for ``READ_SETTINGS``; None: nothing.

        ``label_names`` are separated by commas. Raises ConfigError for a value that cannot be.

        >>> ReadOptions.of(tag_column="ner", label_names="O, B-PER").label_names
        ('O', 'B-PER')
        """
        named = settings.get("label_names")
        checked = {name: settings.get(name) for name in ("encoding", "span_offsets")}
        config = TrainConfig.from_values(checked)
        return cls(
            settings.get("token_column"),
            settings.get("tag_column"),
            tuple(split_names(named)) if named else (),
            settings.get("sentence_column"),
            config.encoding,
            config.span_offsets,
        )

    @classmethod
    def of_config(cls, config: TrainConfig) -> "ReadOptions":
        """Return the options that a run's settings have."""
        return cls.of(**{name: getattr(config, name) for name in READ_SETTINGS})


def split_names(given: str) -> list[str]:
    """Return names that commas separate; one in quotation marks may have commas in it.

    >>> split_names('O, "B-PER,old"')
    ['O', 'B-PER,old']
    """
    try:
        cells = next(csv.reader([given], skipinitialspace=True, strict=True), [])
    except csv.Error:
        cells = given.split(",")
    return [cell.strip() for cell in cells]


Reader = Callable[[Path, ReadOptions], Iterator[Record]]
