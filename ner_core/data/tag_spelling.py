"""Tags that are written in an unusual way, as the tags that they mean: ``b-per``, ``PER_B``, ``0``.

A spelling is decided by all the tags of a file together, never by one: ``e-mail`` can be a type.
What was read differently than it is written is said in the data check.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from ner_core.data.readers.sentence import Fault
from ner_core.data.readers.text import shorten
from ner_core.tags import NAMES_OF_OUTSIDE, OUTSIDE, SPECIAL

_PREFIX = re.compile(r"[BIESLU]-\S.*")
# Letters of other alphabets that look like those of prefixes: Cyrillic, Greek, full width.
_LOOK_ALIKES = str.maketrans("ВІЕЅОΒΙΕΟＢＩＥＳＬＵＯ", "BIESOBIEOBIESLUO")
_ZERO_OR_SMALL_O = ("0", "o")
_SEVERAL = re.compile(r"([BIESLU]-[^\s|,;+]+)[|,;+]\s*(?:[BIESLU]-\S|O\b).*")
_PATTERNS = (
    re.compile(r"(?P<prefix>[bieslu])-(?P<type>\S+)"),
    re.compile(r"(?P<prefix>[BIESMW])-(?P<type>\S+)"),
    re.compile(r"(?P<prefix>[BIESLU])[_.:/|](?P<type>\S+)"),
    re.compile(r"(?P<type>\S+)[-_.:/|](?P<prefix>[BIESLU])"),
)
# BMES writes M- inside an entity, BMEWO also W- for an entity of one word.
_SAME_PREFIX = {"M": "I", "W": "S"}


class Spelling(NamedTuple):
    """What tags of a file mean; ``faults`` says it to the user."""

    meant: dict[str, str]
    faults: tuple[Fault, ...]


def spelling_of(tags: Iterable[str]) -> Spelling:
    """Return what the tags of a file mean that are not written as tags are; nothing for others.

    >>> spelling_of(["O", "b-per", "i-per"]).meant
    {'b-per': 'B-per', 'i-per': 'I-per'}
    >>> spelling_of(["O", "B-PER", "e-mail"]).meant
    {}
    """
    seen = set(tags)
    meant = _look_alikes(seen)
    faults = [
        Fault("odd", 0, f"the tag {_named(tag)} was read as {meaning}. Write {meaning} instead")
        for tag, meaning in sorted(meant.items())
    ]
    outside = _outside(seen, meant)
    if outside:
        names = ", ".join(sorted(map(shorten, outside)))
        faults.append(
            Fault("odd", 0, f"words tagged {names} were read as outside entities. Write O there")
        )
        meant |= dict.fromkeys(outside, OUTSIDE)
    several = {tag: found[1] for tag in seen if (found := _SEVERAL.fullmatch(tag))}
    if several:
        faults.append(
            Fault(
                "odd",
                0,
                f"some words have several tags, and the first was read: {_examples(several)}. "
                "Keep one tag for each word",
            )
        )
        meant |= several
    rest = {tag for tag in seen if tag not in meant and tag != OUTSIDE}
    prefixed = {} if all(map(_PREFIX.fullmatch, rest)) else _prefixed(rest)
    if prefixed:
        faults.append(Fault("guess", 0, f"tags were read like this: {_examples(prefixed)}"))
    return Spelling(meant | prefixed, tuple(faults))


def _look_alikes(seen: set[str]) -> dict[str, str]:
    meant = {}
    for tag in seen:
        changed = tag[:1].translate(_LOOK_ALIKES) + tag[1:]
        if changed != tag and (changed == OUTSIDE or _PREFIX.fullmatch(changed)):
            meant[tag] = changed
    others = {tag.translate(_LOOK_ALIKES).upper() for tag in seen}
    if any(map(_PREFIX.fullmatch, others)):  # beside bare types, these may be types
        meant |= {tag: OUTSIDE for tag in _ZERO_OR_SMALL_O if tag in seen}
    return meant


def _outside(seen: set[str], meant: dict[str, str]) -> set[str]:
    """Return the tags that stand for O: special tokens, and names such as OTHER.

    Beside tags with prefixes, such a name is no type. Beside bare types it may be one: there it
    stands for O only if there is no O, and no second such name.
    """
    rest = {tag for tag in seen if tag != OUTSIDE and tag not in meant}
    special = {tag for tag in rest if SPECIAL.fullmatch(tag)}
    nothing = {tag for tag in rest if tag.casefold() in NAMES_OF_OUTSIDE}
    has_outside = OUTSIDE in seen or OUTSIDE in meant.values()
    of_type_o = {tag for tag in rest if re.fullmatch("[BIESLU]-O", tag)} - (
        rest if has_outside else set()
    )
    types = rest - special - nothing - of_type_o
    if not types:
        return set()
    if all(map(_PREFIX.fullmatch, types)):
        return special | nothing | of_type_o
    alone = len(nothing) == 1 and not has_outside
    return special | of_type_o | (nothing if alone else set())


def _prefixed(tags: set[str]) -> dict[str, str]:
    """Return the tags in the usual form, if one unusual form explains all of them."""
    for pattern in _PATTERNS:
        found = [(tag, pattern.fullmatch(tag)) for tag in sorted(tags)]
        meant = {tag: _usual(match) for tag, match in found if match}
        if len(meant) == len(tags) > 1 and any(tag[0] in "BSU" for tag in meant.values()):
            return {tag: usual for tag, usual in meant.items() if tag != usual}
    return {}


def _usual(match: re.Match[str]) -> str:
    prefix = match["prefix"].upper()
    return f"{_SAME_PREFIX.get(prefix, prefix)}-{match['type']}"


def _named(tag: str) -> str:
    name = unicodedata.name(tag[:1], "")
    return f"{shorten(tag)!r} ({name.capitalize()})" if name else repr(shorten(tag))


def _examples(meant: dict[str, str]) -> str:
    shown = [f"{shorten(tag)} as {shorten(meaning)}" for tag, meaning in sorted(meant.items())[:4]]
    more = len(meant) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
