"""Read the label names of a model as tags, however people spell them.

Models name their labels ``b-per``, ``B_PER``, ``PER-B`` or ``B–PER``, and the words outside of
entities ``o``, ``B-O``, ``OTHER``, ``None``, ``X`` or ``[PAD]``. A spelling is accepted if all
labels of the model have it. A name that could be something else is not guessed.
"""

import re
from collections.abc import Callable, Sequence

from ner_core import tags
from ner_core.errors import DataError
from ner_core.tags import NAMES_OF_OUTSIDE, OUTSIDE, SPECIAL

NO_NAME = re.compile(r"(?:(?:label|class|tag)[_ -]?)?\d+", re.IGNORECASE)
"""What a label is called that was never named."""

_LETTER, _MARK = r"([BIESLUM])", r"\s*[-_.:/|\u2010-\u2015\u2212 ]\s*"
_PREFIXED = re.compile(rf"{_LETTER}{_MARK}(\S.*)", re.IGNORECASE)
_SUFFIXED = re.compile(rf"(\S.*?){_MARK}{_LETTER}", re.IGNORECASE)

_Parts = tuple[str, str]
"""The letter of a tag and its type."""


class SpellingError(DataError):
    """Names that are not tags; ``names`` are those."""

    def __init__(self, *names: str) -> None:
        super().__init__(f"Can't read these as tags such as O, B-PER or PER: {', '.join(names)}.")
        self.names = names


def as_tags(names: Sequence[str]) -> list[str]:
    """Return the tag that each label name stands for. Raises SpellingError for unclear names.

    Several labels may stand for O. Names that are tags or bare types already stay as they are.

    >>> as_tags(["o", "b-per", "i-per"]), as_tags(["[PAD]", "OTHER", "PER_B", "PER_I"])
    (['O', 'B-per', 'I-per'], ['O', 'O', 'B-PER', 'I-PER'])
    """
    names = [name.strip() for name in names]
    outside = _outside(names)
    inside = [name for number, name in enumerate(names) if number not in outside]
    if unnamed := [name for name in inside if NO_NAME.fullmatch(name)]:
        raise SpellingError(*unnamed)
    spelled = dict(zip(inside, _spelled(inside), strict=True))
    twice = [name for name in inside if inside.count(name) > 1]
    if not twice:
        found = list(spelled.values())
        twice = [name for name in inside if found.count(spelled[name]) > 1]
    if twice:
        raise SpellingError(*dict.fromkeys(twice))
    return [OUTSIDE if n in outside else spelled[name] for n, name in enumerate(names)]


def types_of(names: Sequence[str]) -> set[str]:
    """Return the entity types that label names stand for; none if they are unclear."""
    try:
        return set(tags.entity_types(as_tags(names)))
    except DataError:
        return set()


def _spelled(names: list[str]) -> list[str]:
    """Return the tags of labels that are not outside, which all have the same spelling."""
    for parts_of in (_by_prefix, _by_suffix):
        parts = [found for name in names if (found := parts_of(name))]
        if len(parts) == len(names) and _fit(parts):
            return [f"{'I' if letter == 'M' else letter}-{label}" for letter, label in parts]
    if wrong := [name for name in names if not _is_tag(name)]:
        raise SpellingError(*wrong)
    return names


def _by_prefix(name: str) -> _Parts | None:
    found = _PREFIXED.fullmatch(name)
    return (found[1].upper(), found[2]) if found else None


def _by_suffix(name: str) -> _Parts | None:
    found = _SUFFIXED.fullmatch(name)
    return (found[2].upper(), found[1]) if found else None


def _fit(parts: Sequence[_Parts]) -> bool:
    """Return whether these are tags of a scheme: what goes on has begun, or all of it is I-.

    This tells them from words with a mark in them, such as ``e-mail``.
    """
    begun = {label for letter, label in parts if letter == "B"}
    goes_on = {label for letter, label in parts if letter in "IMEL"}
    return goes_on <= begun if begun else {letter for letter, _ in parts} <= {"I"}


def _outside(names: Sequence[str]) -> set[int]:
    """Return the numbers of the labels that stand for O."""

    def where(fits: Callable[[str], object]) -> set[int]:
        return {number for number, name in enumerate(names) if fits(name)}

    special = where(SPECIAL.fullmatch)
    outside = where(lambda name: name in ("O", "o"))
    if not outside:
        outside = where(lambda name: (_by_prefix(name) or _by_suffix(name) or "  ")[1] == OUTSIDE)
    nothing = where(lambda name: name.casefold() in NAMES_OF_OUTSIDE)
    rest = [n for number, n in enumerate(names) if number not in special | outside | nothing]
    # Beside tags, a bare word is no type. Beside bare types, "other" may be one.
    tagged = bool(rest) and all(_by_prefix(name) or _by_suffix(name) for name in rest)
    if tagged or (not outside and len(nothing) == 1):
        outside |= nothing
    elif not outside and len(nothing) > 1:
        raise SpellingError(*(names[number] for number in sorted(nothing)))
    return outside | special


def _is_tag(name: str) -> bool:
    try:
        tags.decode([name])
    except DataError:
        return False
    return True
