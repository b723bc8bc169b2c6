"""Splitting raw text into words, as annotated corpora do.

A model learns from corpora in which punctuation stands apart ("Reuters 's", "( Kenya )", "Inc."
with its period). Text that a person types has to be split alike, or the model sees words it never
saw.
"""

import re
from typing import NamedTuple


class Word(NamedTuple):
    """A word of a text, in characters: ``text[start:end]``, half-open."""

    start: int
    end: int


# Scripts written without blanks: each character is a word, as in Chinese and Japanese corpora.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff\uff66-\uff9d"
_OPENING = "([{<\"'`“”‘’„‚«»‹›¿¡*_~|/\\=+—–…（「『【《"
_CLOSING = ")]}>\"'`“”‘’«»‹›,;:!?…*_~|/\\=+—–%）」』】》。、，！？：；"

# Only what is no word of its own: "no." or "Sun." more often end a sentence.
_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "rev", "gen", "col", "capt", "lt", "sgt", "gov", "sen"}
    | {"pres", "st", "mt", "ft", "jr", "sr", "inc", "corp", "co", "ltd", "bros", "dept", "univ"}
    | {"vs", "etc", "jan", "feb", "aug", "sept", "oct", "nov", "ave", "blvd", "messrs", "mme"}
)
_WHOLE = re.compile(
    r"(?:https?://|www\.)\S*[^\s.,;:!?)\]}>\"'”’]"  # an address on the web
    r"|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}"  # an address for mail
    r"|[#@]\w[\w-]*"  # a hashtag, a user
    r"|[:;=]['^o-]?[()\[\]DPpOo3/\\|*]+(?!\w)"  # an emoticon
    r"|<3"
    r"|['’]s-\w[\w-]*",  # a Dutch name: 's-Hertogenbosch
)
_CLITIC = re.compile(r"(?:n['’]t|['’](?:s|re|ve|ll|d|m))(?![\w-])", re.IGNORECASE)
_CLITIC_AT_END = re.compile(r"[\w.](n['’]t|['’](?:s|re|ve|ll|d|m))", re.IGNORECASE)
_LONGEST_CLITIC = 3
# Long dashes separate words even without blanks around them.
_CHUNK = re.compile(rf"[{_UNSPACED}]|—+|--+|(?:(?!--)[^\s—{_UNSPACED}])+")
# Longer ones are no abbreviations; the bound keeps splitting linear in the length of a chunk.
_LONGEST_ABBREVIATION = 24


def split_words(text: str) -> list[Word]:
    """Split a text into words; offsets are into the text itself, any Unicode.

    Blanks separate. Punctuation is split off at both ends of a chunk, one word a mark ("..." stays
    together), so are English clitics ('s, n't). Inside a chunk nothing is split: "AT&T", "O'Brien",
    "e-mail", "3.5" are one word; so are web addresses, #hashtags, @users and abbreviations with
    their period.

    >>> text = "Ann's flight (to the U.S.) left."
    >>> [text[word.start : word.end] for word in split_words(text)]
    ['Ann', "'s", 'flight', '(', 'to', 'the', 'U.S.', ')', 'left', '.']
    """
    words: list[Word] = []
    for chunk in _CHUNK.finditer(text):
        words += _split_chunk(text, chunk.start(), chunk.end())
    return words


def _split_chunk(text: str, start: int, end: int) -> list[Word]:
    head: list[Word] = []
    tail: list[Word] = []
    while start < end:
        if match := (_WHOLE.match(text, start, end) or _CLITIC.match(text, start, end)):
            head.append(Word(start, match.end()))
            start = match.end()
        elif text[start] in _OPENING or text[start] in _CLOSING:
            stop = _run_end(text, start, end)
            head.append(Word(start, stop))
            start = stop
        elif text[start] == "." and set(text[start:end]) == {"."}:
            head.append(Word(start, end))
            start = end
        else:
            break
    while start < end:
        if text[end - 1] == "." and not _keeps_period(text, start, end):
            begin = end - 1
            while begin > start and text[begin - 1] == ".":
                begin -= 1
        elif text[end - 1] in _CLOSING or text[end - 1] in _OPENING:
            begin = _run_begin(text, start, end)
        elif (clitic := _clitic_begin(text, start, end)) is not None:
            begin = clitic
        else:
            tail.append(Word(start, end))
            break
        tail.append(Word(begin, end))
        end = begin
    return head + tail[::-1]


def _clitic_begin(text: str, start: int, end: int) -> int | None:
    """Find where an English clitic at the end of a chunk begins, None if there is none."""
    for length in (_LONGEST_CLITIC, _LONGEST_CLITIC - 1):
        begin = end - length
        if begin > start and _CLITIC_AT_END.fullmatch(text, begin - 1, end):
            return begin
    return None


def _keeps_period(text: str, start: int, end: int) -> bool:
    """Tell whether a final period belongs to the word: "U.S.", "J.", "Inc."."""
    if end - start > _LONGEST_ABBREVIATION:
        return False
    word = text[start : end - 1]
    if not word or word.endswith("."):
        return False
    letters = word.split(".")
    return (
        (len(word) == 1 and word.isalpha() and word.isupper())
        or word.lower() in _ABBREVIATIONS
        or (len(letters) > 1 and all(len(part) <= 2 and part.isalpha() for part in letters))
    )


def _run_end(text: str, start: int, end: int) -> int:
    """Find the end of a run of one mark, as in "``", "--" or "!!!"."""
    stop = start + 1
    while stop < end and text[stop] == text[start]:
        stop += 1
    return stop


def _run_begin(text: str, start: int, end: int) -> int:
    begin = end - 1
    while begin > start and text[begin - 1] == text[end - 1]:
        begin -= 1
    return begin
