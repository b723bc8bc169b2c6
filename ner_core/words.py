"""Split raw text into words, as annotated corpora do.

A model learns from corpora in which punctuation stands apart ("Reuters 's", "( Kenya )", "Inc."
with its period). Text that a person types has to be split alike, or the model sees words it never
saw. The rules, in ``word_rules``, are those of a rule-based tokenizer: prefixes and suffixes are
split off at both ends of a chunk, infixes inside it; exceptions stay whole.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ner_core import word_rules as rules


class Word(NamedTuple):
    """A word of a text, in characters: ``text[start:end]``, half-open."""

    start: int
    end: int


_SURROGATE = re.compile("[\ud800-\udfff]")
_SUPERSCRIPT = re.compile(f"[{rules.SUPERSCRIPTS}]")
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[^\S\r\n]*[\r\n]|[\f\u2029]")
_LINE_END = re.compile(r"[\r\n\f\u2028\u2029\x85]")


def split_words(text: str) -> list[Word]:
    """Split a text into words; offsets are into the text itself, any Unicode.

    Blanks separate. Punctuation is split off at both ends of a chunk, one word a mark ("..." stays
    together), so are English clitics ('s, n't), elided articles (l', dell', qu'), Turkish endings
    ('da) and pictures. Inside a chunk only what ends a word everywhere is split off:
    "Paris,London", "Siemens(Germany)", "Berlin.Then", "Paris/London", "Oslo–Paris"; but "AT&T",
    "O'Brien", "e-mail", "3.5", "1,000" are one word; so are web addresses, #hashtags, @users and
    abbreviations with their period. In scripts without blanks a word is one character, with the
    marks on it. Characters that are not seen end no word.

    >>> text = "Ann's flight (to the U.S.) left."
    >>> [text[word.start : word.end] for word in split_words(text)]
    ['Ann', "'s", 'flight', '(', 'to', 'the', 'U.S.', ')', 'left', '.']
    """
    return list(each_word(text))


def each_word(text: str) -> Iterator[Word]:
    """Yield the words of a text; see ``split_words``."""
    for chunk in rules.CHUNK.finditer(text):
        start, end = chunk.span()
        if chunk.lastgroup == "cluster" or _is_plain(chunk[0]):  # most are: nothing to split off
            yield Word(start, end)
        else:
            yield from _split_chunk(text, start, end)


def readable(text: str, places: Sequence[Word]) -> list[str]:
    """Return the texts of words as a tokenizer can read them, each of the same length.

    Half of a surrogate pair, which is no character by itself, becomes U+FFFD.

    >>> readable("Ann \\ud83d", [Word(0, 3), Word(4, 5)])
    ['Ann', '\ufffd']
    """
    if not places:
        return []
    begin = places[0].start
    part = _SURROGATE.sub("\ufffd", text[begin : places[-1].end])
    return [part[word.start - begin : word.end - begin] for word in places]


def paragraphs(text: str, places: Iterable[Word]) -> Iterator[list[Word]]:
    """Yield the words of each paragraph: no sentence, and no entity, goes on after a blank line.

    A blank line separates the sentences of a CoNLL file in the same way. So do the borders of the
    cells of a table: tabs between words, pipes (which are in no paragraph), and the ends of lines
    that have either.

    >>> text = "Ann\\nKay left.\\n \\nOslo"
    >>> [len(words) for words in paragraphs(text, split_words(text))]
    [4, 1]
    """
    part: list[Word] = []
    in_row = False  # a cell of a table has ended on this line
    end = 0
    for word in places:
        between = text[end : word.start]
        is_pipe = text[word.start] == "|"
        ends_line = between != " " and _LINE_END.search(between) is not None
        ends_cell = end > 0 and not ends_line and "\t" in between
        if part and (
            is_pipe or ends_cell or (ends_line and (in_row or _BLANK_LINE.search(between)))
        ):
            yield part
            part = []
        in_row = is_pipe or ends_cell or (in_row and not ends_line)
        if not is_pipe:
            part.append(word)
        end = word.end
    if part:
        yield part


def _is_plain(chunk: str) -> bool:
    return chunk.isalnum() and (chunk.isascii() or not _SUPERSCRIPT.search(chunk))


def _split_chunk(text: str, start: int, end: int) -> list[Word]:
    words: list[Word] = []
    while start < end:
        start = _split_prefixes(text, start, end, words)
        stop, after = _first_infix(text, start, end)
        words += _split_suffixes(text, start, stop)
        if after > stop:
            words.append(Word(stop, after))
        start = after
    return words


def _split_prefixes(text: str, start: int, end: int, words: list[Word]) -> int:
    """Append the prefixes of the rest of a chunk to ``words``; return where what follows begins."""
    while start < end:
        if text[start] in rules.INVISIBLE_AT_END:
            start += 1
            continue
        if match := _first_word(text, start, end):
            stop = match.end()
        elif text[start] in rules.PUNCTUATION or (
            text[start] == "." and (start + 1 == end or text[start + 1] == ".")
        ):
            stop = _run_end(text, start, end)
        else:
            break
        words.append(Word(start, stop))
        start = stop
    return start


def _first_word(text: str, start: int, end: int) -> "re.Match[str] | None":
    """Return what at the beginning of a chunk is a word whatever comes after it."""
    match = rules.EXCEPTION.match(text, start, end) or rules.CLITIC.match(text, start, end)
    if match or (match := rules.SYMBOL.match(text, start, end)):
        return match
    if match := rules.ELISION.match(text, start, end):
        elided, after = match["elided"], text[match.end() : match.end() + 1]
        # "D'Angelo", "N'Golo" are names; "L'Italia", "d'Espagne", "C'est" begin with another word.
        is_name = len(elided) == 1 and elided in "DJMTSNC" and after.isupper()
        if not is_name and not rules.NAME_WITH_ELISION.match(text, start, end):
            return match
    return None


def _first_infix(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where an infix ends the first word of the rest of a chunk, and where the rest begins.

    What stands between the two is a word of its own. ``(end, end)`` if there is no infix.
    """
    for match in rules.INFIX.finditer(text, start, end):
        place = match.start()
        if match["mark"] is not None:
            if place > start:
                return place, place
        elif match["joint"] is not None:
            if place > start and _joins_names(text, place, end):
                return place, place + 1
        elif match["capital"] is not None and text[place + 1].isupper():
            if match["capital"] != ".":
                return place, place
            # A sentence that ends ("Berlin.Then"), a title ("Dr.Ann"), and none of "U.S.A",
            # "Ph.D", "J.Smith".
            ends = text[place - 2 : place].islower() and text[place + 2 : place + 3].islower()
            if ends or text[start:place].lower() in rules.TITLES:
                return place + 1, place + 1
    return end, end


def _joins_names(text: str, place: int, end: int) -> bool:
    """Return whether a mark stands between two names, as in "Paris/London" or "Ann@Siemens"."""
    before, after, next_one = text[place - 1], text[place + 1], text[place + 2 : place + 3]
    if text[place] in "=&":
        return before.isalnum()
    if text[place] == "–":
        return before.isalpha() and after.isalpha() and (before.islower() or next_one.islower())
    # Not in "AC/DC", "TCP/IP", "and/or", "km/h", "C++".
    return (
        before.isalpha()
        and after.isupper()
        and next_one.isalpha()
        and (before.islower() or next_one.islower())
    )


def _split_suffixes(text: str, start: int, end: int) -> list[Word]:
    tail: list[Word] = []
    while start < end:
        if text[end - 1] in rules.INVISIBLE_AT_END:
            end -= 1
            continue
        if text[end - 1] == "." and not rules.keeps_period(text, start, end):
            begin = end - 1
            while begin > start and text[begin - 1] == ".":
                begin -= 1
        elif _is_geresh(text, start, end):
            tail.append(Word(start, end))
            break
        elif text[end - 1] in rules.PUNCTUATION:
            begin = _run_begin(text, start, end)
        elif (suffix := _suffix_begin(text, start, end)) is not None:
            begin = suffix
        else:
            tail.append(Word(start, end))
            break
        tail.append(Word(begin, end))
        end = begin
    return tail[::-1]


def _is_geresh(text: str, start: int, end: int) -> bool:
    """Return whether a chunk ends with the mark of a Hebrew abbreviation or sound: ``ג'ורג'``."""
    return (
        end - start > 1
        and rules.AFTER_GERESH.match(text, end - 2, end) is not None
        and text[start - 1 : start] not in ("'", "’")
    )


def _suffix_begin(text: str, start: int, end: int) -> int | None:
    """Return where the suffix of letters at the end of a chunk begins, None if there is none.

    That is an English clitic, a Turkish ending after a name or a number, or the sign of a footnote.
    """
    for length in (rules.LONGEST_CLITIC, rules.LONGEST_CLITIC - 1):
        begin = end - length
        if begin > start and rules.CLITIC_AT_END.fullmatch(text, begin - 1, end):
            return begin
    if text[start].isupper() or text[start].isdigit():
        for begin in range(end - 2, max(start, end - rules.LONGEST_TURKISH_SUFFIX - 1), -1):
            if text[begin] in "'’":
                return begin if rules.TURKISH_SUFFIX.fullmatch(text, begin, end) else None
    if _SUPERSCRIPT.match(text[end - 1]):
        begin = end - 1
        while begin > start and _SUPERSCRIPT.match(text[begin - 1]):
            begin -= 1
        if rules.FOOTNOTE.fullmatch(text, max(start, begin - 3), end):  # none in "km²"
            return begin
    return None


def _run_end(text: str, start: int, end: int) -> int:
    """Return the end of one repeated mark, as in "``", "--" or "!!!", with its combining marks."""
    stop = start + 1
    while stop < end and text[stop] == text[start]:
        stop += 1
    while stop < end and unicodedata.category(text[stop])[0] == "M":
        stop += 1
    return stop


def _run_begin(text: str, start: int, end: int) -> int:
    begin = end - 1
    while begin > start and text[begin - 1] == text[end - 1]:
        begin -= 1
    return begin
