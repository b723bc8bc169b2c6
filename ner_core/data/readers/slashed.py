"""A sentence a line, each word with its tag: ``Ann/PERSON left/O`` or ``Ann|NNP|I-PER``."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ner_core.data.readers import rows
from ner_core.data.readers.sentence import Fault, ReadOptions, Record, Sentence
from ner_core.data.readers.spans import UnreadableError, shown
from ner_core.data.readers.text import head_lines, is_blank, numbered_lines, shorten

_SEPARATORS = "/|"
_TAG = re.compile(r"O|[BIESLU]-\S+|[A-Z][A-Z_]+")
_LOOK_AT_LINES = 200
_MOST = 0.9


def looks_like_slashed(head: bytes) -> bool:
    """Return whether each word of a file's lines ends in a tag, judged by its first bytes.

    >>> looks_like_slashed(b"Ann/PERSON left/O\\n"), looks_like_slashed(b"Ann/NNP left/VBD\\n")
    (True, False)
    """
    return _separator(head_lines(head)[: _LOOK_AT_LINES + 1]) is not None


def read_slashed(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of such a file: the word before the first ``|`` or the last ``/``, the tag
    after the last of them. Raises DataError if no line can be read; no option applies.
    """
    first = [line for _, line in islice(numbered_lines(path), _LOOK_AT_LINES)]
    separator = _separator(first) or "/"
    yield Fault("guess", 0, f"the tag of each word was read after its last {separator!r}")
    yield from rows.or_refuse(path, _records(path, separator))


def _records(path: Path, separator: str) -> Iterator[Record]:
    document = 0
    for number, line in numbered_lines(path):
        if line.startswith("-DOCSTART-"):
            document += 1
            continue
        if is_blank(line):
            continue
        try:
            pairs = [_pair(item, separator) for item in line.split()]
            words = [rows.checked_word(word) for word, _ in pairs]
            tags = [rows.named_tag(tag, (), path) for _, tag in pairs]
        except UnreadableError as error:
            yield Fault("unreadable", number, str(error), shorten(line.strip()))
        else:
            yield Sentence(words, tags, [number] * len(words), document)


def _pair(item: str, separator: str) -> tuple[str, str]:
    word, found, tag = item.rpartition(separator)
    if not found:
        raise UnreadableError(f"the word {shown(item)} has no tag after {separator!r}. Write one.")
    return (word.split("|")[0] if separator == "|" else word), tag


def _separator(lines: list[str]) -> str | None:
    sentences = [line.split() for line in lines if not is_blank(line)]
    sentences = [words for words in sentences if not words[0].startswith("-DOCSTART-")]
    if not any(len(words) > 1 for words in sentences):
        return None
    for separator in _SEPARATORS:
        tags = [{word.rpartition(separator)[2] for word in words} for words in sentences]
        whole = sum(
            all(separator in word for word in words) and all(map(_TAG.fullmatch, found))
            for words, found in zip(sentences, tags, strict=True)
        )
        # The last line of a head may be cut short.
        if any("O" in found for found in tags) and whole >= _MOST * (len(sentences) - 1) and whole:
            return separator
    return None
