"""Which column of a CoNLL file has the words and which the tags, found by names and by content."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ner_core.data.readers import rows
from ner_core.data.readers.sentence import ReadOptions
from ner_core.data.readers.sentence_column import sentence_column
from ner_core.data.readers.spans import shown
from ner_core.data.readers.text import is_blank, numbered_lines

TAG = re.compile(r"O|[BIESLU]-\S+")
COMMENT = re.compile(r"#(\s|$)")
# CoNLL-U Plus: https://universaldependencies.org/ext-format.html
COLUMN_NAMES = re.compile(r"#\s*global\.columns\s*=\s*(\S.*)")
# CoNLL-U: https://universaldependencies.org/format.html; 3-4 is a word written as two, 3.1 none.
NUMBER = re.compile(r"\d+([-.]\d+)?")
# The tag of a word among its features in the last column of CoNLL-U.
FEATURE = re.compile(r"(?:.*\|)?(?:ner|ne|entity|namedentity)=([^|]+)(?:\|.*)?", re.IGNORECASE)

_NAMES_OF_TAGS = (
    *("ne_coarse_lit", "ne_coarse", "ne_fine_lit", "ner_tag", "ner_label", "iob", "bio", "iob2"),
    *("ne", "ne_tag", "ne_tags", "outer", "named_entity", "gold", "entity_type"),
)
# Phrases of CoNLL-2000, which are no entities: https://www.cnts.ua.ac.be/conll2000/chunking/
_PHRASES = frozenset(
    ("NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP", "NX", "PRN")
)
_PREFIXED = re.compile(r"[BIESLUMbieslum][-_]\S+|\S+[-_][BIESLU]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,8})*:(?=.)")
_LIKE_OUTSIDE = {"O", "o", "0", "О"}
_LOOK_AT_SENTENCES = 200
_LOOK_AT_LINES = 20_000
_MOST = 0.9


@dataclass(frozen=True)
class Layout:
    """How a file is laid out: columns from 0, and the line that has their names (0: none).

    ``prefix`` stands before every word (``en:`` in WikiANN) and is no part of it. ``features`` says
    that the tag is one of several features in its column, as in CoNLL-U. ``guesses`` tell the user
    how the columns were chosen, where there was a choice, ``doubts`` that other columns have tags
    of entities, too. ``sentence`` is the column that numbers
    the sentences, None if blank lines end them.
    """

    width: int
    token: int
    tag: int
    numbered: bool
    header: int
    names: tuple[str, ...] = ()
    prefix: str = ""
    features: bool = False
    guesses: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    sentence: int | None = None


@dataclass(frozen=True)
class _Sample:
    """The columns of the first sentences, the names of columns, and the line these stand in.

    ``several``: blank lines or marks end the sentences.
    """

    lines: list[list[str]]
    names: list[str]
    header: int
    first: int
    several: bool = False


def columns_of(line: str, width: int = 0) -> list[str]:
    """Return the columns of a line; empty ones at its end only up to ``width``."""
    if "\t" not in line:
        # Only blanks separate: other white space, a no-break space for one, may be part of a word.
        return re.split(" +", line.strip(" "))
    columns = line.split("\t")
    if " " in line:
        columns = [column.strip(" ") for column in columns]
    while not columns[-1] and len(columns) > max(width, 1):
        columns.pop()
    return columns


def layout_of(path: Path, options: ReadOptions) -> Layout:
    """Return how a file is laid out. Raises DataError if a column of the options is not there."""
    sample = _sample(path, options)
    widths = Counter(len(columns) for columns in sample.lines if len(columns) > 1)
    width = widths.most_common(1)[0][0] if widths else max(len(sample.names), 2)
    if width < len(sample.names) and any(len(line) == len(sample.names) for line in sample.lines):
        width = len(sample.names)  # empty columns at the end of most lines
    lines = [columns for columns in sample.lines if len(columns) == width]
    names, header = sample.names, sample.header
    numbered = width > 2 and _mostly(bool(NUMBER.fullmatch(columns[0])) for columns in lines)
    guesses: list[str] = []
    token = rows.known_column(names, rows.WORD_COLUMNS)
    if options.token_column is not None:
        token = rows.chosen_column(options.token_column, names, width, path)
    doubts: list[str] = []
    others: list[int] = []
    tag = rows.known_column(names, (*rows.TAG_COLUMNS, *_NAMES_OF_TAGS))
    if tag is not None and options.tag_column is None and tag < width:
        others = _other_columns(lines, width, token, tag)
    if options.tag_column is not None:
        tag = rows.chosen_column(options.tag_column, names, width, path)
    if token is None and tag is None and width == 2 and _tags_come_first(lines):
        token, tag = 1, 0
        guesses.append("the tag comes before its word on each line, and was read that way")
    token = token if token is not None and token < width else int(numbered)
    features = False
    if tag is None or tag >= width:
        if features := any(FEATURE.fullmatch(columns[-1]) for columns in lines):
            tag = width - 1
        else:
            tag = _tag_column(lines, width, token)
            others = _other_columns(lines, width, token, tag)
    if others and tag is not None:
        nested = any(_has_entities(lines, place) for place in others)
        (doubts if nested else guesses).append(_said(names, width, tag, others))
    if not names and tag < width and _names_columns(lines, token, tag):
        names, header = lines[0], sample.first
        guesses.append(
            f"the first line was read as the names of the columns: {', '.join(map(shown, names))}"
        )
    rows.refuse_same_column(token, tag, path)
    if prefix := _common_prefix(columns[token] for columns in lines):
        guesses.append(f"{prefix!r} before every word was left out")
    sentence = _sentence_column(sample, names, lines, (token, tag), options, path)
    if sentence is not None:
        guesses.append(rows.sentences_by(names, sentence).message)
    said = tuple(guesses)
    layout = Layout(width, token, tag, numbered, header, tuple(names), prefix, features, said)
    return replace(layout, doubts=tuple(doubts), sentence=sentence)


def _sentence_column(
    sample: _Sample,
    names: Sequence[str],
    lines: list[list[str]],
    taken: tuple[int, int],
    options: ReadOptions,
    path: Path,
) -> int | None:
    """Return the column that numbers sentences: the chosen one, or where no blank line ends any."""
    width = len(lines[0]) if lines else 0
    if options.sentence_column is not None:
        return rows.chosen_column(options.sentence_column, names, width, path)
    if sample.several or width < 3:
        return None
    place = rows.known_column(names, rows.SENTENCE_COLUMNS)
    if place is not None and place < width and place not in taken:
        return place
    # One sentence has runs in its other columns, too: parts of speech, phrases.
    others = [
        place
        for place in range(width)
        if not all(columns[place].strip().isdecimal() for columns in lines)
    ]
    return sentence_column(lines, (*taken, *others))


def _sample(path: Path, options: ReadOptions) -> _Sample:
    lines: list[list[str]] = []
    names: list[str] = []
    header = sentences = first = 0
    after_blank = True
    for number, line in numbered_lines(path):
        if found := COLUMN_NAMES.match(line):
            names = names or found[1].split()
        if is_blank(line) or line.startswith("-DOCSTART-") or COMMENT.match(line):
            after_blank = after_blank or not line.startswith("#")
            continue
        columns = columns_of(line)
        if not lines and not names and not header and _is_header(columns, options):
            names, header = columns, number
            continue
        sentences += after_blank
        after_blank = False
        if sentences > _LOOK_AT_SENTENCES or len(lines) == _LOOK_AT_LINES:
            break
        first = first or number
        lines.append(columns)
    return _Sample(lines, names, header, first, sentences > 1)


def _is_header(columns: list[str], options: ReadOptions) -> bool:
    """Return whether a line names the columns of words and tags."""
    words = rows.normalised([options.token_column or ""]) + list(rows.WORD_COLUMNS)
    tags = rows.normalised([options.tag_column or ""])
    tags += [*rows.TAG_COLUMNS, *_NAMES_OF_TAGS]
    there = {name for name in rows.normalised(columns) if name and not name.isdecimal()}
    return bool(there.intersection(words) and there.intersection(tags))


def _names_columns(lines: list[list[str]], token: int, tag: int) -> bool:
    """Return whether the first line is no word and tag, but names columns of which one is known."""
    if len(lines) < 2 or _tag_like(lines[0][tag]):
        return False
    known = lines[0][token].lower() in rows.WORD_COLUMNS
    return known and all(_tag_like(columns[tag]) for columns in lines[1:])


def _common_prefix(words: Iterable[str]) -> str:
    """Return the language that WikiANN writes before each word, with its colon."""
    found = {match[0] if (match := _LANGUAGE.match(word)) else "" for word in words}
    return found.pop() if len(found) == 1 else ""


def _mostly(values: Iterable[bool]) -> bool:
    found = list(values)
    return sum(found) > _MOST * len(found)


def _tags_come_first(lines: list[list[str]]) -> bool:
    first, last = (_mostly(_tag_like(columns[place]) for columns in lines) for place in (0, 1))
    prefixed = any(_PREFIXED.fullmatch(columns[0]) for columns in lines)
    return first and prefixed and not last


def _tag_column(lines: list[list[str]], width: int, token: int) -> int:
    """Return the column of tags: the first of equals, chunks last, and without any the last."""
    found = [place for place in range(width) if place != token and _holds_tags(lines, place)]
    named = [place for place in found if _has_entities(lines, place)]
    if any(TAG.fullmatch(columns[-1]) for columns in lines) and not named:
        return width - 1
    return (named or found or [width - 1])[0]


def _tag_like(cell: str) -> bool:
    return cell in _LIKE_OUTSIDE or bool(_PREFIXED.fullmatch(cell))


def _holds_tags(lines: list[list[str]], place: int) -> bool:
    """Return whether most of a column is tags; where types are bare (``PER``), it is mostly O."""
    return 2 * sum(_tag_like(columns[place]) for columns in lines) > len(lines)


def _has_entities(lines: list[list[str]], place: int) -> bool:
    """Return whether a column has tags of entities: not all O, and not all phrases."""
    types = {re.split("[-_]", tag, maxsplit=1)[-1] for tag in _tags(lines, place)}
    return bool(types - _PHRASES)


def _tags(lines: list[list[str]], place: int) -> set[str]:
    return {columns[place] for columns in lines if columns[place] not in _LIKE_OUTSIDE | {"_", "-"}}


def _other_columns(lines: list[list[str]], width: int, token: int | None, tag: int) -> list[int]:
    """Return the columns beside that of the tags that have tags as well."""
    return [
        place
        for place in range(width)
        if place not in (token, tag) and any(map(TAG.fullmatch, _tags(lines, place)))
    ]


def _said(names: Sequence[str], width: int, tag: int, others: list[int]) -> str:
    """Return a sentence that names the column of tags, and those that have tags as well."""
    known = len(names) == width
    named = [names[place] if known else str(place + 1) for place in (tag, *others)]
    return (
        f"the tags were read from column {shown(named[0]) if known else named[0]}; "
        f"{rows.listed(named[1:])} {'has' if len(others) == 1 else 'have'} tags as well. Choose "
        "another one with --tag-column if that is wrong"
    )
