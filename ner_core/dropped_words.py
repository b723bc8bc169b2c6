"""Tags of words that a tokenizer has no sub-token for, such as words of zero-width characters."""

from collections.abc import Iterable, Sequence

from ner_core.tags import OUTSIDE


def bridge(tags: Sequence[str | None], before: str = OUTSIDE) -> list[str]:
    """Return the tags of words of which some have none, since a tokenizer dropped them.

    Such a word, one of zero-width characters perhaps, belongs to the entity that goes on around it,
    else to none. ``before`` is the tag of the word before the first.

    >>> bridge(["B-PER", None, "I-PER", None, "B-PER", None])
    ['B-PER', 'I-PER', 'I-PER', 'O', 'B-PER', 'O']
    """
    result: list[str] = []
    after = OUTSIDE
    followed: list[str] = []  # the next tag there is, for each word, from the last to the first
    for tag in reversed(tags):
        followed.append(after)
        after = tag or after
    for tag, following in zip(tags, reversed(followed), strict=True):
        if tag is None:
            goes_on = following[:2] in ("I-", "E-", "L-") and before[2:] == following[2:]
            tag = f"I-{following[2:]}" if goes_on else OUTSIDE
        result.append(tag)
        before = tag
    return result


def carry_starts(tags: Sequence[str], dropped: Iterable[int]) -> list[str]:
    """Return IOB2 tags in which the word after a dropped one starts the entity in its place.

    ``dropped`` are the words that a tokenizer has no sub-token for, in order.

    >>> carry_starts(["B-PER", "I-PER", "O"], [0])
    ['B-PER', 'B-PER', 'O']
    """
    result = list(tags)
    for word in dropped:
        if word + 1 < len(tags) and result[word][:2] == "B-" and tags[word + 1][:2] == "I-":
            result[word + 1] = result[word]
    return result
