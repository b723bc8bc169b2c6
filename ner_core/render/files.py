"""Write the entities of texts to files, text by text.

=========  ======================================================  ============================
format     one text                                                read back by ``ner_core.data``
=========  ======================================================  ============================
``jsonl``  ``{"text": ..., "entities": [{"start", "end", "label",  as spans
           "score", "text"}], ...}``
``csv``    a row for each of its entities                          no
``conll``  ``word TAB tag`` a line (IOB2), then a blank line       as words and tags
``html``   a paragraph with its entities marked                    no
=========  ======================================================  ============================

Offsets count characters (code points), half-open. What else the row of a text had in the file it
comes from, such as its id, is kept in ``jsonl`` and ``csv``; a name that is one of ours gets
``input_`` in front. In CSV it stands in each row of the text's entities, or only in the first one
if it is longer than MOST_REPEATED characters.

A spreadsheet runs a cell as a formula if it begins with ``=``, ``+``, ``-``, ``@``, a tab or a
carriage return. In CSV such cells get an apostrophe in front, and so do cells that begin with one
already: removing one leading apostrophe restores every cell. The convention is OWASP's
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from ner_core.entities import Entity
from ner_core.errors import ConfigError
from ner_core.render import html
from ner_core.render.colours import EntityColours
from ner_core.tags import Span, encode
from ner_core.words import split_words

FILE_FORMATS = ("jsonl", "csv", "conll", "html")
JSON_KEYS = ("text", "entities")
CSV_COLUMNS = ("text_number", "entity", "type", "score", "start", "end")

MOST_REPEATED = 500

# Also the full-width forms of East Asian scripts, which Excel reads as the same.
_FORMULA = re.compile("[=+\\-@\t\r\n'＝＋－＠]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"[\s\0]+")


_Others = Mapping[str, Any]


class EntityWriter:
    """Write the entities of texts, one by one, to an open file in one of FILE_FORMATS.

    In HTML, ``types`` are the types of the legend and ``title`` is the title. In CSV, ``columns``
    are the other columns of the texts' file, whose names in the results are then in ``renamed`` if
    they are others. ``finish``, or the end of the context, writes what stands after the last text;
    the file stays open. Raises ConfigError for any other format.
    """

    def __init__(
        self,
        file: TextIO,
        form: str,
        types: Sequence[str] = (),
        title: str = "Entities",
        columns: Sequence[str] = (),
    ) -> None:
        if form not in FILE_FORMATS:
            raise ConfigError(
                f"There is no file format {form[:40]!r}. Choose from {', '.join(FILE_FORMATS)}."
            )
        self.texts = 0
        self.counts: Counter[str] = Counter()
        self.renamed: dict[str, str] = {}
        self._columns = columns
        self._file = file
        self._form = form
        self._colours = EntityColours(types)
        self._write_text: dict[str, Callable[[str, Sequence[Entity], _Others], object]] = {
            "jsonl": self._jsonl,
            "csv": self._csv,
            "conll": self._conll,
            "html": self._html,
        }
        # All texts are quoted: csv does not quote a single carriage return by itself.
        self._table = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        if form == "csv":
            names = self._names(columns, CSV_COLUMNS)
            self._table.writerow([*CSV_COLUMNS, *map(_cell, names)])
        elif form == "html":
            file.write(html.document_head(title, types, self._colours))

    def __enter__(self) -> "EntityWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()

    def write(
        self, text: str, entities: Sequence[Entity], others: Mapping[str, Any] | None = None
    ) -> None:
        """Write one text with its entities: sorted, disjoint; ``others`` is what else its row has.

        The values of ``others`` are those of JSON.
        """
        self.texts += 1
        self.counts.update(entity.label for entity in entities)
        self._write_text[self._form](text, entities, others or {})

    def finish(self) -> None:
        """Write what stands after the last text."""
        if self._form == "html":
            self._file.write(html.document_foot(self.texts, self.counts))

    def _names(self, columns: Collection[str], ours: Sequence[str]) -> list[str]:
        """Return columns as they are called in the results, where some names are ours."""
        taken = {*ours, *columns}
        names = []
        for name in columns:
            new = name
            if name in ours:
                while new in taken:
                    new = f"input_{new}"
                self.renamed[name] = new
            names.append(new)
        return names

    def _jsonl(self, text: str, entities: Sequence[Entity], others: _Others) -> None:
        row = {"text": text, "entities": [entity._asdict() for entity in entities]}
        row.update(zip(self._names(others, JSON_KEYS), others.values(), strict=True))
        line = json.dumps(row, ensure_ascii=False, default=str)
        # A file can't contain half a surrogate pair, but JSON can escape it.
        self._file.write(_SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", line) + "\n")

    def _csv(self, text: str, entities: Sequence[Entity], others: _Others) -> None:
        kept = [_value(others.get(name)) for name in self._columns]
        long = sum(len(cell) for cell in kept if isinstance(cell, str)) > MOST_REPEATED
        self._table.writerows(
            (
                self.texts,
                _cell(text[entity.start : entity.end]),
                _cell(entity.label),
                round(entity.score, 6),
                entity.start,
                entity.end,
                *([""] * len(kept) if long and number else kept),
            )
            for number, entity in enumerate(entities)
        )

    def _conll(self, text: str, entities: Sequence[Entity], _: _Others) -> None:
        words = split_words(text)
        starts = [word.start for word in words]
        spans = (
            Span(
                bisect_left(starts, entity.start),
                bisect_left(starts, entity.end),
                _BLANKS.sub("-", entity.label),
            )
            for entity in entities
        )
        tags = encode(spans, len(words))
        lines = [
            f"{_word(text[word.start : word.end])}\t{tag}\n"
            for word, tag in zip(words, tags, strict=True)
        ]
        self._file.write(_encodable("".join(lines)) + "\n")

    def _html(self, text: str, entities: Sequence[Entity], _: _Others) -> None:
        self._file.write(html.document_row(self.texts, text, entities, self._colours))


def write_entities(
    results: Iterable[tuple[str, Sequence[Entity]]],
    file: TextIO,
    form: str,
    types: Sequence[str] = (),
    title: str = "Entities",
) -> None:
    """Write texts with their entities to an open file, one by one; see EntityWriter."""
    with EntityWriter(file, form, types, title) as writer:
        for text, entities in results:
            writer.write(text, entities)


def open_for(path: Path, form: str) -> TextIO:
    """Open a new file for a format, in UTF-8. Raises OSError.

    CSV begins with a byte order mark: without it, Excel reads another encoding.
    """
    encoding = "utf-8-sig" if form == "csv" else "utf-8"
    # A table of the command line may contain half a surrogate pair.
    return path.open("x", encoding=encoding, newline="", errors="backslashreplace")


def renaming(renamed: Mapping[str, str], file: str, results: str = "the results") -> str:
    """Return what people are told about columns that have another name in the results, or "".

    >>> renaming({"text": "input_text"}, "a.csv")
    'The column text of a.csv is called input_text in the results, where text is taken.'
    """
    if not renamed:
        return ""
    one = len(renamed) == 1
    return (
        f"The column{'' if one else 's'} {_and(renamed)} of {file} {'is' if one else 'are'} called "
        f"{_and(renamed.values())} in {results}, where {_and(renamed)} "
        f"{'is' if one else 'are'} taken."
    )


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _value(value: object) -> object:
    """Return a value of JSON as a cell: numbers stay, what is no text is written as JSON."""
    if isinstance(value, str):
        return _cell(value)
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return _cell(json.dumps(value, ensure_ascii=False, default=str))


def _cell(value: str) -> str:
    value = _encodable(value)
    return f"'{value}" if _FORMULA.match(value) else value


def _word(word: str) -> str:
    """Return a word as CoNLL can contain it: without NUL, and not the mark of a new document."""
    word = word.replace("\0", "\ufffd")
    return "\u2010" + word[1:] if word.startswith("-DOCSTART-") else word


def _encodable(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
