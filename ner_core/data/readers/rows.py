"""What the readers of columns share: which column is which, and rows that become sentences."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ner_core.counting import many
from ner_core.data.readers.sentence import Fault, Record, Sentence
from ner_core.data.readers.spans import CharSpan, UnreadableError, is_encodable, sentence_of, shown
from ner_core.data.readers.text import shorten
from ner_core.errors import DataError

# Names that columns have in public corpora, normalised; the first that is there counts.
WORD_KEYS = ("tokens", "words", "word", "token", "form", "text", "tokenized_text", "input")
TEXT_KEYS = (
    *("text", "data", "sentence", "content", "textcontent", "text_snippet", "raw_text", "raw"),
    *("source", "input", "sourcedetails", "fields", "document"),
)
TAG_KEYS = (
    *("ner_tags", "ner_tag", "tags", "labels", "ner", "ner_labels", "label", "tag", "target"),
    *("bio", "iob", "bio_tags", "iob_tags", "ner_tags_str", "entity_tags", "targets"),
)
SPAN_KEYS = (
    *("spans", "entities", "labels", "label", "annotation", "annotations", "ents", "denotations"),
    *("textsegmentannotations", "entity_annotations", "ner", "ner_tags", "tags", "entity"),
    *("output", "responses", "privacy_mask", "tokens"),
)
WORD_COLUMNS = (
    *("tokens", "words", "word", "token", "form", "text", "sentence"),
    *("tokenized_text", "content", "text_snippet", "raw_text"),
)
TAG_COLUMNS = (
    *("ner_tags", "ner_tag", "ner", "ner_labels", "tags", "tag"),
    *("entities", "entity", "spans", "labels", "label"),
    *("annotation", "annotations", "ents", "entity_annotations", "bio", "iob", "target"),
)
SENTENCE_COLUMNS = (
    *("sentence_#", "sentence_id", "sentence_idx", "sentence_no", "sentence_number"),
    *("sentence", "sent_id", "sent"),
)
DOCUMENT_COLUMNS = ("document", "document_id", "doc", "doc_id", "doc_idx")

# What no word holds, in any format. Other white space, a no-break space for one, may be part of it.
_BLANK = re.compile(r"[ \t\r\n\f\v]")
_MOST_NAMES = 8


def normalised(names: Iterable[str]) -> list[str]:
    """Write names of columns alike: ``Sentence #`` becomes ``sentence_#``."""
    return [re.sub(r"[\s\-]+", "_", name.strip().lower()) for name in names]


def known_column(names: Sequence[str], known: Sequence[str]) -> int | None:
    """Return the place of the first of the ``known`` names that a table has, None without any."""
    there = normalised(names)
    return next((there.index(name) for name in known if name in there), None)


def chosen_column(wanted: str, names: Sequence[str], width: int, path: Path) -> int:
    """Return the column that a person chose by its name or its number from 1.

    A name counts as it is written; where none is written so, one that is alike normalised.
    ``names`` may be empty: the file then has none. Raises DataError if there is no such column.
    """
    written = [name.strip() for name in names]
    if wanted.strip() in written:
        return written.index(wanted.strip())
    if (place := known_column(names, normalised([wanted]))) is not None:
        return place
    if re.fullmatch("[0-9]{1,6}", wanted) and 1 <= int(wanted) <= width:
        return int(wanted) - 1
    columns = f" ({listed(map(shown, names))})" if names else " without names"
    raise DataError(
        f"{path.name}: there is no column {shown(wanted)} among the {width} columns{columns}. "
        "Choose one of them, by its number from 1 if it has no name."
    )


def listed(names: Iterable[str], most: int = _MOST_NAMES) -> str:
    """Return the first names, and how many more there are.

    >>> listed("abc"), listed("abcd", most=2)
    ('a, b, c', 'a, b and 2 more')
    """
    every = list(names)
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more:,} more" if more > 0 else "")


NO_WORD_ROWS = Fault(
    "odd",
    0,
    "each row is a whole sentence here, so --sentence-column was ignored. Leave it out",
)


def sentences_by(names: Sequence[str], place: int) -> Fault:
    """Return what to say about the column that was found to number the sentences."""
    name = shown(names[place].strip()) if names else str(place + 1)
    return Fault("guess", 0, f"a new sentence starts where column {name} has a new value")


def refuse_same_column(tokens: int, tags: int, path: Path) -> None:
    """Raise DataError if one column was chosen for words and for tags."""
    if tokens == tags:
        raise DataError(
            f"{path.name}: you chose column {tokens + 1} for both words and tags. Choose another "
            "one for one of them."
        )


def named_tag(tag: object, names: Sequence[str], path: Path) -> str:
    """Return a tag as it is written; for a number its name.

    Raises UnreadableError for what is no tag, DataError for a number if there are no ``names``.
    """
    if isinstance(tag, int) and not isinstance(tag, bool):
        return _name_of(tag, names, path)
    if isinstance(tag, str) and names and re.fullmatch("[0-9]{1,6}", tag.strip()):
        return _name_of(int(tag), names, path)
    if not isinstance(tag, str) or not tag.strip():
        found = "nothing" if isinstance(tag, str) else shown(tag)
        raise UnreadableError(f"a word has {found} as its tag. Write O outside of entities.")
    if not is_encodable(tag):
        raise UnreadableError(
            f"there is half of a surrogate pair in the tag {shown(tag)}. Correct it."
        )
    return tag.strip()


def refuse_nameless(tag: object, names: Sequence[str]) -> None:
    """Raise UnreadableError for a tag that is a number as text, if there are no ``names``.

    A zero passes: among other tags it may be meant for O.
    """
    if isinstance(tag, str) and not names and re.fullmatch("[1-9][0-9]{0,5}", tag.strip()):
        raise UnreadableError(
            f"the tag {shown(tag)} is a number without a name. Name the tags, from 0 on, with "
            "--label-names O,B-PER,... ."
        )


def _name_of(number: int, names: Sequence[str], path: Path) -> str:
    if not names:
        raise DataError(
            f"{path.name}: the tags are numbers without names. Name them, from 0 on, with "
            "--label-names O,B-PER,... ."
        )
    if not 0 <= number < len(names):
        raise UnreadableError(
            f"the tag {shown(number)} isn't a number from 0 to {len(names) - 1}. Correct it."
        )
    return names[number]


def checked_word(word: object, remedy: str = "Make two words of it") -> str:
    """Return a word as it is written. Raises UnreadableError if it is not one word.

    ``remedy`` says what to do about one with blanks inside.
    """
    if isinstance(word, str) and word.isalnum():
        return word  # nearly all are, and then none of the checks below can fail
    if not isinstance(word, str):
        raise UnreadableError(f"a word is {shown(word)}, not text. Correct it.")
    if not word.strip():
        raise UnreadableError("there is a tag without a word. Write the word, or remove its tag.")
    if _BLANK.search(word):
        raise UnreadableError(f"there is a blank in the word {shown(word)}. {remedy}.")
    if not is_encodable(word):
        raise UnreadableError(
            f"there is half of a surrogate pair in the word {shown(word)}. Correct it."
        )
    return word


def sentence_of_lists(
    tokens: Sequence[object],
    tags: Sequence[object],
    line: int,
    document: int,
    names: Sequence[str],
    path: Path,
) -> Iterator[Record]:
    """Make a sentence of a row that holds a whole one; without words it is a Fault ``empty``."""
    try:
        _check_lengths(tokens, tags)
        words = [checked_word(token) for token in tokens]
        for tag in tags:
            refuse_nameless(tag, names)
        written = [named_tag(tag, names, path) for tag in tags]
    except UnreadableError as error:
        text = " ".join(token for token in tokens[:20] if isinstance(token, str))
        yield Fault("unreadable", line, str(error), shorten(text))
        return
    yield sentence_or_empty(words, written, line, document)


def sentence_or_empty(words: list[str], tags: list[str], line: int, document: int) -> Record:
    """Make a sentence of words and tags that were checked, of none a Fault ``empty``."""
    if not words:
        return Fault("empty", line, "")
    return Sentence(words, tags, [line] * len(words), document)


def sentence_of_text(
    text: str, spans: Iterable[CharSpan], line: int, document: int
) -> Iterator[Record]:
    """Make a sentence of a text, see ``sentence_of``; without words it is a Fault ``empty``."""
    record: Record | None = None
    for record in sentence_of(text, spans, line, document):
        yield record
    if record is None:
        yield Fault("empty", line, "")


def _check_lengths(tokens: Sequence[object], tags: Sequence[object]) -> None:
    if len(tokens) != len(tags):
        raise UnreadableError(
            f"the row has {many(len(tokens), 'word')} but {many(len(tags), 'tag')}. Correct the "
            "row."
        )


class Growing:
    """A sentence that comes word by word. A word that cannot be read makes all of it one Fault."""

    def __init__(self) -> None:
        self._words: list[tuple[str, str, int]] = []
        self._fault: Fault | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come yet."""
        return not self._words and self._fault is None

    def add(self, word: str, tag: str, line: int) -> None:
        """Add a word, its tag, and the line it stands in."""
        if self._fault is None:
            self._words.append((word, tag, line))

    def spoil(self, line: int, message: str, text: str) -> None:
        """Set what makes the sentence unreadable; the first fault counts."""
        self._words.clear()
        self._fault = self._fault or Fault("unreadable", line, message, shorten(text.strip()))

    def end(self, document: int) -> Iterator[Record]:
        """Yield the sentence, if there is one, and begin a new one."""
        if self._fault:
            yield self._fault
        elif self._words:
            tokens, tags, lines = zip(*self._words, strict=True)
            yield Sentence(list(tokens), list(tags), list(lines), document)
        self._words = []
        self._fault = None


class Documents:
    """Numbers documents, from 1, as the values of a column first appear."""

    def __init__(self) -> None:
        self._numbers: dict[str | int, int] = {}

    def number_of(self, value: object) -> int:
        """Return the number of the document that a row belongs to, 0 if it names none."""
        if not isinstance(value, str | int) or value == "":
            return 0
        return self._numbers.setdefault(value, len(self._numbers) + 1)


def or_refuse(path: Path, records: Iterable[Record], unit: str = "line") -> Iterator[Record]:
    """Pass records on; if none was a sentence, raise DataError at the end for the first row that
    could not be read, if there is one.
    """
    first: Fault | None = None
    readable = False
    for record in records:
        readable = readable or isinstance(record, Sentence)
        if first is None and isinstance(record, Fault) and record.code == "unreadable":
            first = record
        yield record
    if first and not readable:
        raise DataError(f"{path.name}, {unit} {first.line}: {first.message}")
