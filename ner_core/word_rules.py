"""The rules by which ``words`` splits a text: classes of characters, prefixes, infixes, exceptions.

They follow the annotated corpora: punctuation, English clitics and the elided articles of French,
Italian and Catalan stand apart there, so that no entity is glued to what it is written next to.
"""

import re
import unicodedata
from itertools import chain


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
COMBINING_MARKS = "\u0e33\u0eb3\uff9e\uff9f" + _members("M", (0x300, 0x1E95A), (0xE0100, 0xE01EF))
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
_CLUSTER = rf"[{_UNSPACED}](?:[{COMBINING_MARKS}]|(?<=[{_STACKERS}])[{_SOUTH_EAST_ASIAN}])*"
_HEBREW = "\u05d0-\u05ea"
SUPERSCRIPTS = "\u00b9\u00b2\u00b3\u2070\u2074-\u2079"

# Invisible characters. The first allow or mark a break, or are control characters that no text
# means to hold; the others join letters or change the direction of writing: they stay inside a
# word and are removed from its ends.
_SEPARATORS = "\u200b\ufeff\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_JOINERS = "\u00ad\u200c\u200d"
_DIRECTIONS = "\u2060\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
INVISIBLE = _DIRECTIONS + _JOINERS
_VARIATIONS = "\ufe0e\ufe0f"
INVISIBLE_AT_END = INVISIBLE + _VARIATIONS

_PREFIXES = "([{<\"'`“”‘’„‚«»‹›¿¡*_~|/\\=+—–…（「『【《〈〔［｛〖〘〝"
_SUFFIXES_OF_ADDRESSES = (
    ")]}>\"'`“”‘’«»‹›,;:!?…）」』】》〉〕］｝〗〙〞〟。、，！？：；．｡､｣،؛؟۔।॥։׃።፣፤፥፦፧።៕៖၊။᠂᠃"
)
_SUFFIXES = _SUFFIXES_OF_ADDRESSES + "*_~|/\\=+—–%％"
PUNCTUATION = frozenset(_PREFIXES + _SUFFIXES)

# Combining marks are parts of letters, which ``\w`` does not know; joiners and soft hyphens stand
# inside words.
_LETTER = rf"\w{COMBINING_MARKS}{_JOINERS}"

# Emoji and other pictures, with their colours and joiners; flags, which are two letters of a kind
# of their own; signs such as ® and †, which stand at the edge of a name.
_PICTURES = _members("S", (0x2100, 0x214F), (0x2190, 0x245F), (0x2500, 0x27BF), (0x2900, 0x297F))
_PICTURES += _members("S", (0x2B00, 0x2BFF), (0x1F000, 0x1FAFF)) + "\U0001f3fb-\U0001f3ff"
_SIGNS = "®©™†‡•"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_PICTURE = (
    rf"(?:{_FLAG}|(?![\U0001f1e6-\U0001f1ff])[{_PICTURES}{_SIGNS}])"
    rf"(?:[{COMBINING_MARKS}\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
    rf"|\u200d[{_PICTURES}])*"
)
SYMBOL = re.compile(rf"(?P<one>{_PICTURE})(?P=one)*|[\U0001f1e6-\U0001f1ff]")
_ARROW = r"-{1,4}>|={1,4}>|<-{1,4}(?!\d)|<={1,4}"

# Exceptions: abbreviations that keep their period. Only what is no word of its own: "no." or "Sun."
# more often end a sentence.
TITLES = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "rev", "gen", "col", "capt", "lt", "sgt", "gov", "sen"}
    | {"pres", "messrs", "mme"}
)
ABBREVIATIONS = TITLES | frozenset(
    {"st", "mt", "ft", "jr", "sr", "inc", "corp", "co", "ltd", "bros", "dept", "univ"}
    | {"vs", "etc", "jan", "feb", "aug", "sept", "oct", "nov", "ave", "blvd"}
)
_ADDRESS = r"(?:https?://|www\.)"
_IN_ADDRESS = r"[^\s<>\"“”«»]"
EXCEPTION = re.compile(
    rf"{_ADDRESS}{_IN_ADDRESS}*[^\s.{re.escape(_SUFFIXES_OF_ADDRESSES)}{INVISIBLE_AT_END}]"
    rf"|[{_LETTER}.+-]{{1,64}}@[{_LETTER}-]{{1,64}}(?:\.[{_LETTER}-]{{1,64}}){{1,8}}"  # for mail
    rf"|[#@]\w(?:[{_LETTER}-]*[\w{COMBINING_MARKS}-])?"  # a hashtag, a user
    rf"|[:;=]['^o-]?[()\[\]DPpOo3/\\|*]+(?![{_LETTER}])"  # an emoticon
    rf"|{_ARROW}"
    r"|&\w{1,8};"  # an entity of HTML
    r"|<3"
    rf"|['’]s-\w[{_LETTER}-]*"  # a Dutch name: 's-Hertogenbosch
    r"|['’][tn](?!\S)"  # a Dutch article: 't, 'n
)

# English clitics, split off at the end of a word.
CLITIC = re.compile(rf"(?:n['’]t|['’](?:s|re|ve|ll|d|m))(?![{_LETTER}-])", re.IGNORECASE)
CLITIC_AT_END = re.compile(
    rf"[{_LETTER}.{_DIRECTIONS}](n['’]t|['’](?:s|re|ve|ll|d|m))", re.IGNORECASE
)
LONGEST_CLITIC = 3

# Turkish writes the endings of names after an apostrophe: Oslo'da, Ankara'nın, Paris'e. A single
# vowel is an ending only after a consonant, so that Hawai'i and Shi'a stay whole.
_TURKISH = "a-zçğıöşüA-ZÇĞİÖŞÜâîû"
TURKISH_SUFFIX = re.compile(
    rf"['’](?:[dt][ae](?:n|ki(?:l[ae]r)?)?|n[dt][ae](?:n|ki)?|n?[ıiuü]n|[yn][ıiuü]|[yn][ae]|y?l[ae]"
    rf"|l[ıiuü](?:k|l[ae]r)?|l[ae]r(?:[ıi](?:n[ae]?)?|[dt][ae]n?)?|s[ıiuü](?:n[ae]|n[dt][ae]n?)?"
    rf"|(?:y|n)?m[ıiuü]ş|[dt][ıiuü]r|[cç][ae]|(?<=[bcçdfgğhjklmnprsştvyz]['’])[aeıiuü])"
    rf"(?![{_LETTER}])"
)
LONGEST_TURKISH_SUFFIX = 7

# What French, Italian, Catalan and Greek elide before a vowel; their corpora make it a word of its
# own. English and Irish names (O'Brien) begin otherwise. Words with an apostrophe inside, such as
# aujourd'hui, rock'n'roll or quelqu'un, do not begin so either.
_ELIDED = (
    r"[ldjmtsnc]|qu|jusqu|lorsqu|puisqu|quoiqu|un|gl"
    r"|dell|all|dall|nell|sull|coll|pell|dagl|degl|agl|negl|sugl|quell|quest|bell|sant|anch|dov"
    r"|[σμτνθκ]|απ|γι|κι|αλλ|κατ|μετ|παρ|αφ|εφ|υπ|επ|δι|αντ"
)
ELISION = re.compile(
    rf"(?P<elided>{_ELIDED})['’](?=[\w«“\"(\[]|\Z)"
    rf"(?!(?<=[cdmst]['’])(?:mon|h|oh|you|ya|lords?|lady|pose|was)(?![{_LETTER}]))",
    re.IGNORECASE,
)
# Names that are written with a small d', which is a part of them.
NAME_WITH_ELISION = re.compile(
    r"d['’](?:Alembert|Annunzio|Argenson|Artagnan|Aubign[ée]|Estaing|Estienne|Holbach|Hondt|Indy"
    rf"|Ormesson|Orves)(?![{_LETTER}])"
)

_SEPARATES = rf"\s{_SEPARATORS}{_UNSPACED}—"
# Long dashes separate words even without blanks around them, but not within an address.
CHUNK = re.compile(
    rf"(?P<cluster>{_CLUSTER})|—+[{COMBINING_MARKS}]*|--+(?!>)[{COMBINING_MARKS}]*"
    rf"|(?:(?<!\w){_ADDRESS}[^{_SEPARATES}]+|(?!--+(?!>))[^{_SEPARATES}])+"
)
# Infixes: what separates two words also without a blank. Of the 216,705 words of the sample,
# Wikigold and WNUT-17 none has a comma or a quote between letters, and 17 have a bracket. Numbers
# keep their commas, entities of HTML their semicolon.
_BRACKETS = '()[]{}<>"“”„«»‹›「」『』【】《》〈〉〔〕［］｛｝〖〗〘〙〝〞〟（）'
_FULL_STOPS = "…。、，！？：；．｡､｣،؛؟۔।॥։׃።፣፤፥፦፧።៕៖၊။᠂᠃"
INFIX = re.compile(
    rf"&\w{{1,8}};|(?<=[{_HEBREW}])[\"”“](?=[{_HEBREW}](?![{_HEBREW}]))"  # "ארה"ב" is one word
    rf"|(?P<mark>[;|{re.escape(_BRACKETS + _FULL_STOPS)}]|\.\.+|(?<!\d),|,(?!\d)|:(?={_ADDRESS})"
    rf"|{_ARROW}|[{_PICTURES}{_SIGNS}])"
    r"|(?P<joint>[/+–@]|=(?=[^\W\d])|&(?=\w+=))(?=\w)"
    r"|(?P<capital>[.:!?])(?=\w)"
)
COMBINING_OR_INVISIBLE = re.compile(rf"[{COMBINING_MARKS}{INVISIBLE}]+")
AFTER_GERESH = re.compile(rf"[{_HEBREW}]['׳]")
FOOTNOTE = re.compile(rf"[^\W\d_]{{3}}([{SUPERSCRIPTS}]+)")

# Longer ones are no abbreviations; the bound keeps splitting linear in the length of a chunk.
_LONGEST_ABBREVIATION = 24


def keeps_period(text: str, start: int, end: int) -> bool:
    """Return whether a final period belongs to the word: "U.S.", "J.", "Inc."."""
    if end - start > _LONGEST_ABBREVIATION:
        return False
    # Marks on a letter, and what is not seen, make it no longer.
    word = COMBINING_OR_INVISIBLE.sub("", text[start : end - 1])
    if not word or word.endswith("."):
        return False
    letters = re.split(r"\.-?", word)  # "J.-P." has a hyphen
    return (
        (len(word) == 1 and word.isalpha() and word.isupper())
        or word.lower() in ABBREVIATIONS
        or (len(letters) > 1 and all(len(part) <= 2 and part.isalpha() for part in letters))
    )
