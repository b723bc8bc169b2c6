"""WebAnno TSV 3, as INCEpTION exports it: words with their offsets, and a column for each feature.

https://inception-project.github.io/releases/latest/docs/user-guide.html#sect_formats_webannotsv3
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ner_core.data.readers import rows
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import head_lines, is_blank, numbered_lines
from ner_core.errors import DataError

_MARK = re.compile(r"#FORMAT=WebAnno TSV 3")
_LAYER = re.compile(r"#T_(SP|CH|RL)=(.*)")
_WORD_NUMBER = re.compile(r"\d+-\d+(\.\d+)?")
_VALUE = re.compile(r"(.*?)(\[\d+\])?")
_FIRST = 3  # after the number, the place and the word
_TYPE_FEATURES = ("value", "label", "type", "category", "class", "entity", "tag")


class _Feature(NamedTuple):
    layer: str
    name: str
    column: int


def looks_like_webanno(head: bytes) -> bool:
    """Return whether a file is WebAnno TSV 3."""
    return bool(_MARK.match(head_lines(head)[0]))


def read_webanno(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of such a file; the tags are IOB2.

    The types are the feature ``value`` of the layer of named entities; of other layers the first
    one whose feature has a name such as ``label``. ``options.tag_column`` chooses the feature.
    Annotation of parts of words is left out, with a Fault ``odd``; of several in one place the
    first is read. Raises DataError if there is no such feature, or no sentence can be read.
    """
    features = list(_features(path))
    chosen = _chosen(features, path, options)
    yield Fault("guess", 0, f"types were read from the feature {chosen.name!r} of {chosen.layer}")
    yield from rows.or_refuse(path, _records(path, chosen.column))


def _features(path: Path) -> Iterator[_Feature]:
    column = _FIRST
    for _, line in numbered_lines(path):
        found = _LAYER.match(line)
        if found:
            layer, *names = found[2].split("|")
            for place, name in enumerate(names or [""]):
                if found[1] == "SP":
                    yield _Feature(layer.rpartition(".")[2], name, column + place)
            column += max(len(names), 1)
        elif line and not line.startswith("#"):
            return


def _chosen(features: list[_Feature], path: Path, options: ReadOptions) -> _Feature:
    if options.tag_column is not None:
        possible = [feature for feature in features if options.tag_column in feature[:2]]
    else:
        possible = sorted(
            (feature for feature in features if feature.name.lower() in _TYPE_FEATURES),
            key=lambda feature: "entity" not in feature.layer.lower(),
        )
    if not possible:
        names = rows.listed(f"{feature.layer}|{feature.name}" for feature in features) or "none"
        raise DataError(
            f"{path.name}: no layer has a feature for entity types, only {names}. Name the "
            "feature with --tag-column."
        )
    return possible[0]


def _records(path: Path, column: int) -> Iterator[Record]:
    sentence = rows.Growing()
    number_of = before = ""
    for number, line in numbered_lines(path):
        cells = line.split("\t")
        numbered = bool(_WORD_NUMBER.fullmatch(cells[0])) and len(cells) >= _FIRST
        if is_blank(line) or line.startswith("#") or not numbered:
            continue
        cell = cells[column] if column < len(cells) else "_"
        if "." in cells[0]:
            if cell not in ("_", ""):
                message = "annotations of parts of words were left out"
                yield Fault("odd", number, message, cells[2])
            continue
        if cells[0].partition("-")[0] != number_of:
            yield from sentence.end(0)
            number_of, before = cells[0].partition("-")[0], ""
        try:
            word = rows.checked_word(cells[2])
            if "|" in re.sub(r"\\.", "", cell):
                yield Fault(
                    "odd", number, "where a word has several types, the first was read", cell
                )
            tag, before = _tag(cell, before), re.split(r"(?<!\\)\|", cell)[0]
        except UnreadableError as error:
            sentence.spoil(number, str(error), line)
        else:
            sentence.add(word, tag, number)
    yield from sentence.end(0)


def _tag(cell: str, before: str) -> str:
    """Return the tag of a word; ``before`` is the cell of the word before it."""
    first = re.split(r"(?<!\\)\|", cell)[0]
    if first in ("_", ""):
        return "O"
    found = _VALUE.fullmatch(first)
    label = re.sub(r"\s+", "-", re.sub(r"\\(.)", r"\1", found[1]).strip()) if found else ""
    if label in ("", "*"):
        raise UnreadableError(f"{shown(cell)} names no entity type. Give it one.")
    goes_on = found is not None and found[2] and first == before
    return f"{'I' if goes_on else 'B'}-{label}"
