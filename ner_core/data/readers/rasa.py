"""Training data of Rasa, YAML or Markdown: ``- fly to [Oslo](city)`` in lists of examples."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from ner_core.data.readers import rows
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.spans import CharSpan, UnreadableError, shown
from ner_core.data.readers.text import head_lines, is_blank, numbered_lines, shorten

_YAML = re.compile(r"nlu:\s*$", re.MULTILINE)
_MARKDOWN = re.compile(r"##\s*intent\s*:", re.MULTILINE)
_HEADING = re.compile(r"(?:-\s*|##\s*)(intent|synonym|lookup|regex|rule|story)\s*:.*")
_EXAMPLE = re.compile(r"\s*[-*+]\s+(.*)")
_ENTITY = re.compile(
    r"\[([^\[\]]+)\](?:\(([^()\n]+)\)|(\{[^{}\n]*\}))(?:\[[^\[\]]*\])?(?:\{[^{}]*\})?"
)


def looks_like_rasa(head: bytes) -> bool:
    """Return whether a file is training data of Rasa: a list ``nlu``, or headings of intents."""
    text = "\n".join(head_lines(head))
    return bool(_YAML.search(text) and re.search(r"(?m)^\s*examples\s*:", text)) or bool(
        _MARKDOWN.search(text)
    )


def read_rasa(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the examples of intents; those of synonyms, lookup tables and expressions are no
    sentences. ``[Oslo](city)``, ``[Oslo](city:value)`` and ``[Oslo]{"entity": "city"}`` mark
    entities; roles and groups are left out. Raises DataError if no example can be read; no option
    applies.
    """
    yield from rows.or_refuse(path, _records(path))


def _records(path: Path) -> Iterator[Record]:
    inside = False
    for number, line in numbered_lines(path):
        if found := _HEADING.fullmatch(line.strip()):
            inside = found[1] == "intent"
            continue
        example = _EXAMPLE.fullmatch(line)
        if not inside or example is None or is_blank(example[1]):
            continue
        try:
            text, spans = _parse(example[1].strip())
        except UnreadableError as error:
            yield Fault("unreadable", number, str(error), shorten(example[1]))
        else:
            yield from rows.sentence_of_text(text, spans, number, 0)


def _parse(line: str) -> tuple[str, list[CharSpan]]:
    """Return the text of an example without its mark-up, and its entities."""
    text = ""
    spans: list[CharSpan] = []
    position = 0
    for match in _ENTITY.finditer(line):
        text += line[position : match.start()]
        spans.append(CharSpan(len(text), len(text) + len(match[1]), _type(match)))
        text += match[1]
        position = match.end()
    return text + line[position:], spans


def _type(match: re.Match[str]) -> str:
    if match[2]:
        return match[2].partition(":")[0].strip()
    try:
        label = json.loads(match[3])["entity"]
    except (ValueError, KeyError, TypeError):
        label = None
    if not isinstance(label, str):
        raise UnreadableError(
            f'{shown(match[3])} doesn\'t name an entity, as {{"entity": "city"}} does. Correct it.'
        )
    return label
