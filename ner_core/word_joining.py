"""Join the words of a corpus to a text, as people write it."""

from collections.abc import Sequence

from ner_core import word_rules as rules
from ner_core.words import Word

_CLOSING = frozenset(",;:!?.%)]}»”’…,، ؛؟。、，！？：；）」』】》।") - {" "} | {
    "''",
    "...",
    "?!",
    "!!",
}
_OPENING = frozenset("([{«“‘„¿¡（「『【《") | {"``"}


def join_words(words: Sequence[str]) -> tuple[str, list[Word]]:
    """Return the words of a corpus as people write them, and the place of each in that text.

    There is no blank before a comma or a clitic, nor after an opening bracket or an elided article.
    Straight quotes open and close by turns.

    >>> join_words(["qu'", "Ann", "(", "25", ")", ",", "who", "'s", "in"])[0]
    "qu'Ann (25), who's in"
    """
    text, last = "", ""
    places: list[Word] = []
    glued, quoted = True, False
    for word in words:
        closes = word in _CLOSING or rules.CLITIC.fullmatch(word) is not None
        opens = word in _OPENING or (
            rules.ELISION.fullmatch(word) is not None and word[:1] not in "'’"
        )
        if word == '"':
            closes, opens, quoted = quoted, not quoted, not quoted
        # Two "!" are not "!!", and "Thomas D" at the end of a sentence is not "Thomas D.".
        parted = text[-1:] == word[:1] or (
            word == "." and rules.keeps_period(last + ".", 0, len(last) + 1)
        )
        if not glued and (parted or not closes):
            text += " "
        places.append(Word(len(text), len(text) + len(word)))
        text += word
        glued, last = opens, word
    return text, places
