"""Split raw text into words, as annotated corpora do.

A model learns from corpora in which punctuation stands apart ("Reuters 's", "( Kenya )", "Inc."
with its period). Text that a person types has to be split alike, or the model sees words it never
saw. The rules are those of a rule-based tokenizer: prefixes and suffixes are split off at both ends
of a chunk, infixes inside it; exceptions stay whole.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple


class Word(NamedTuple):
    """A word of a text, in characters: ``text[start:end]``, half-open."""

    start: int
    end: int


def _members(categories: str, *ranges: tuple[int, int]) -> str:
    """Return the characters of some ranges that are of these categories, as a class of ``re``."""
    codes = (
        code
        for code in chain.from_iterable(range(first, last + 1) for first, last in ranges)
        if unicodedata.category(chr(code))[0] in categories
    )
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


# Combining marks, variation selectors, and four letters that are part of a grapheme cluster of
# UAX #29 (the vowel AM of Thai and Lao, the voice marks of halfwidth katakana).
_COMBINING_MARKS = "\u0e33\u0eb3\uff9e\uff9f" + _members("M", (0x300, 0x1E95A), (0xE0100, 0xE01EF))
# Chinese and Japanese, and what UAX #14 calls ideographic like them.
_IDEOGRAPHIC = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309b-\u312f"
    "\u31a0-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uf900-\ufaff\uff66-\uff9d"
    "\U00017000-\U00018d8f\U0001aff0-\U0001b2ff\U00020000-\U0003ffff"
)
# Thai, Lao, Myanmar, Khmer and their kin: class SA of UAX #14, without its marks.
_SOUTH_EAST_ASIAN = _members(
    "L",
    *((0xE01, 0xE32), (0xE34, 0xEB2), (0xEB4, 0xEDF), (0x1000, 0x109F), (0x1780, 0x17DD)),
    *((0x1950, 0x19DF), (0x1A20, 0x1AAD), (0xA9E0, 0xA9FE), (0xAA60, 0xAADF), (0x11700, 0x11746)),
)
# Scripts written without blanks: each character is a word, as in the corpora of WikiAnn.
_UNSPACED = _IDEOGRAPHIC + _SOUTH_EAST_ASIAN
# Takes the consonant after it below the one before it, in Myanmar and Khmer.
_STACKERS = "\u1039\u17d2"
_CLUSTER = rf"[{_UNSPACED}](?:[{_COMBINING_MARKS}]|(?<=[{_STACKERS}])[{_SOUTH_EAST_ASIAN}])*"

# Invisible characters. The first two allow or mark a break; the others join words or change the
# direction of writing: they stay inside a word and are removed from its ends.
_SEPARATORS = "\u200b\ufeff"
_INVISIBLE = "\u2060\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"

_PREFIXES = "([{<\"'`“”‘’„‚«»‹›¿¡*_~|/\\=+—–…（「『【《〈〔［｛〖〘〝"
_SUFFIXES_OF_ADDRESSES = (
    ")]}>\"'`“”‘’«»‹›,;:!?…）」』】》〉〕］｝〗〙〞〟。、，！？：；．｡､｣،؛؟۔।॥։׃።፣፤፥፦፧។៕៖၊။᠂᠃"
)
_SUFFIXES = _SUFFIXES_OF_ADDRESSES + "*_~|/\\=+—–%％"
_PUNCTUATION = frozenset(_PREFIXES + _SUFFIXES)

# Exceptions: abbreviations that keep their period. Only what is no word of its own: "no." or "Sun."
# more often end a sentence.
_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "rev", "gen", "col", "capt", "lt", "sgt", "gov", "sen"}
    | {"pres", "st", "mt", "ft", "jr", "sr", "inc", "corp", "co", "ltd", "bros", "dept", "univ"}
    | {"vs", "etc", "jan", "feb", "aug", "sept", "oct", "nov", "ave", "blvd", "messrs", "mme"}
)
# Combining marks are parts of letters, which ``\w`` does not know; joiners and soft hyphens stand
# inside words.
_LETTER = rf"\w{_COMBINING_MARKS}\u00ad\u200c\u200d"
_ADDRESS = r"(?:https?://|www\.)"
_EXCEPTION = re.compile(
    rf"{_ADDRESS}\S*[^\s.{re.escape(_SUFFIXES_OF_ADDRESSES)}{_INVISIBLE}]"  # an address on the web
    rf"|[{_LETTER}.+-]{{1,64}}@[{_LETTER}-]{{1,64}}(?:\.[{_LETTER}-]{{1,64}}){{1,8}}"  # for mail
    rf"|[#@]\w[{_LETTER}-]*"  # a hashtag, a user
    rf"|[:;=]['^o-]?[()\[\]DPpOo3/\\|*]+(?![{_LETTER}])"  # an emoticon
    r"|<3"
    rf"|['’]s-\w[{_LETTER}-]*",  # a Dutch name: 's-Hertogenbosch
)
_CLITIC = re.compile(rf"(?:n['’]t|['’](?:s|re|ve|ll|d|m))(?![{_LETTER}-])", re.IGNORECASE)
_CLITIC_AT_END = re.compile(
    rf"[{_LETTER}.{_INVISIBLE}](n['’]t|['’](?:s|re|ve|ll|d|m))", re.IGNORECASE
)
_LONGEST_CLITIC = 3
_SEPARATES = rf"\s{_SEPARATORS}{_UNSPACED}—"
# Long dashes separate words even without blanks around them, but not within an address.
_CHUNK = re.compile(
    rf"(?P<cluster>{_CLUSTER})|—+[{_COMBINING_MARKS}]*|--+[{_COMBINING_MARKS}]*"
    rf"|(?:(?<!\w){_ADDRESS}[^{_SEPARATES}]+|(?!--)[^{_SEPARATES}])+"
)
# Infixes: what separates two words also without a blank. Of the 216,705 words of the sample,
# Wikigold and WNUT-17 none has a comma or a quote between letters, and 17 have a bracket. Numbers
# keep their commas, entities of HTML their semicolon.
_BRACKETS = '()[]{}<>"“”„«»‹›「」『』【】《》〈〉〔〕［］｛｝〖〗〘〙〝〞〟（）'
_FULL_STOPS = "…。、，！？：；．｡､｣،؛؟۔।॥։׃።፣፤፥፦፧።៕៖၊။᠂᠃"
_INFIX = re.compile(
    r"&\w{1,8};"
    rf"|(?P<mark>[;{re.escape(_BRACKETS + _FULL_STOPS)}]|\.\.+|(?<!\d),|,(?!\d)|:(?={_ADDRESS}))"
    r"|(?P<capital>[.:!?])(?=\w)"
)
_COMBINING_OR_INVISIBLE = re.compile(rf"[{_COMBINING_MARKS}{_INVISIBLE}\u00ad\u200c\u200d]+")
# Longer ones are no abbreviations; the bound keeps splitting linear in the length of a chunk.
_LONGEST_ABBREVIATION = 24
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[^\S\r\n]*[\r\n]|[\f\u2029]")


def split_words(text: str) -> list[Word]:
    """Split a text into words; offsets are into the text itself, any Unicode.

    Blanks separate. Punctuation is split off at both ends of a chunk, one word a mark ("..." stays
    together), so are English clitics ('s, n't). Inside a chunk only what ends a word everywhere is
    split off: "Paris,London", "Siemens(Germany)", "Berlin.Then"; but "AT&T", "O'Brien", "e-mail",
    "3.5", "1,000" are one word; so are web addresses, #hashtags, @users and abbreviations with
    their period. In scripts without blanks a word is one character, with the marks on it.
    Characters that only change the direction of writing or forbid a line break end no word.

    >>> text = "Ann's flight (to the U.S.) left."
    >>> [text[word.start : word.end] for word in split_words(text)]
    ['Ann', "'s", 'flight', '(', 'to', 'the', 'U.S.', ')', 'left', '.']
    """
    return list(each_word(text))


def each_word(text: str) -> Iterator[Word]:
    """Yield the words of a text; see ``split_words``."""
    for chunk in _CHUNK.finditer(text):
        start, end = chunk.span()
        if chunk.lastgroup == "cluster" or chunk[0].isalnum():  # most are: nothing to split off
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

    A blank line separates the sentences of a CoNLL file in the same way.

    >>> text = "Ann\\nKay left.\\n \\nOslo"
    >>> [len(words) for words in paragraphs(text, split_words(text))]
    [4, 1]
    """
    part: list[Word] = []
    for word in places:
        if part and _BLANK_LINE.search(text, part[-1].end, word.start):
            yield part
            part = []
        part.append(word)
    if part:
        yield part


def _split_chunk(text: str, start: int, end: int) -> list[Word]:
    words: list[Word] = []
    while start < end:
        start = _split_prefixes(text, start, end, words)
        stop = _first_infix(text, start, end)
        words += _split_suffixes(text, start, stop)
        start = stop
    return words


def _split_prefixes(text: str, start: int, end: int, words: list[Word]) -> int:
    """Append the prefixes of the rest of a chunk to ``words``; return where what follows begins."""
    while start < end:
        if text[start] in _INVISIBLE:
            start += 1
            continue
        if match := (_EXCEPTION.match(text, start, end) or _CLITIC.match(text, start, end)):
            stop = match.end()
        elif text[start] in _PUNCTUATION or (
            text[start] == "." and (start + 1 == end or text[start + 1] == ".")
        ):
            stop = _run_end(text, start, end)
        else:
            break
        words.append(Word(start, stop))
        start = stop
    return start


def _first_infix(text: str, start: int, end: int) -> int:
    """Return where an infix ends the first word of the rest of a chunk, ``end`` if none does."""
    for match in _INFIX.finditer(text, start, end):
        place = match.start()
        if match["mark"] is not None and place > start:
            return place
        if match["capital"] is None or not text[place + 1].isupper():
            continue
        if match["capital"] != ".":
            return place
        # A sentence that ends ("Berlin.Then"), and none of "U.S.A", "Ph.D", "J.Smith".
        if text[place - 2 : place].islower() and text[place + 2 : place + 3].islower():
            return place + 1
    return end


def _split_suffixes(text: str, start: int, end: int) -> list[Word]:
    tail: list[Word] = []
    while start < end:
        if text[end - 1] in _INVISIBLE:
            end -= 1
            continue
        if text[end - 1] == "." and not _keeps_period(text, start, end):
            begin = end - 1
            while begin > start and text[begin - 1] == ".":
                begin -= 1
        elif text[end - 1] in _PUNCTUATION:
            begin = _run_begin(text, start, end)
        elif (clitic := _clitic_begin(text, start, end)) is not None:
            begin = clitic
        else:
            tail.append(Word(start, end))
            break
        tail.append(Word(begin, end))
        end = begin
    return tail[::-1]


def _clitic_begin(text: str, start: int, end: int) -> int | None:
    """Return where an English clitic at the end of a chunk begins, None if there is none."""
    for length in (_LONGEST_CLITIC, _LONGEST_CLITIC - 1):
        begin = end - length
        if begin > start and _CLITIC_AT_END.fullmatch(text, begin - 1, end):
            return begin
    return None


def _keeps_period(text: str, start: int, end: int) -> bool:
    """Return whether a final period belongs to the word: "U.S.", "J.", "Inc."."""
    if end - start > _LONGEST_ABBREVIATION:
        return False
    # Marks on a letter, and what is not seen, make it no longer.
    word = _COMBINING_OR_INVISIBLE.sub("", text[start : end - 1])
    if not word or word.endswith("."):
        return False
    letters = word.split(".")
    return (
        (len(word) == 1 and word.isalpha() and word.isupper())
        or word.lower() in _ABBREVIATIONS
        or (len(letters) > 1 and all(len(part) <= 2 and part.isalpha() for part in letters))
    )


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
