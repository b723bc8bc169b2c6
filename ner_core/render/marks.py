"""Mark entities in a text as HTML: plain data in, escaped markup out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple


class Mark(NamedTuple):
    """A part of a text to be marked: ``text[start:end]``, in characters or in words.

    ``note`` is shown after the marked text, and ``spoken`` is read to people who use a screen
    reader, after the note. ``attributes`` are those of the ``mark`` element. All are plain text.
    """

    start: int
    end: int
    note: str
    attributes: Mapping[str, str]
    spoken: str = ""


def mark_text(text: str, marks: Iterable[Mark], escape: Callable[[str], str]) -> str:
    """Return a text as HTML with its ``marks``, which are sorted, disjoint and in characters.

    ``escape`` makes text safe in HTML, in attributes too.

    >>> import html
    >>> mark_text("in <Oslo>", [Mark(4, 8, "LOC", {"class": "c2"})], html.escape)
    'in &lt;<mark class="c2">Oslo<small>LOC</small></mark>&gt;'
    """
    parts: list[str] = []
    position = 0
    for mark in marks:
        attributes = " ".join(
            f'{name}="{escape(value)}"' for name, value in mark.attributes.items()
        )
        note = escape(mark.note)
        if mark.spoken:
            note = f'<bdi>{note}</bdi><span class="ner-unseen"> {escape(mark.spoken)}</span>'
        parts.append(escape(text[position : mark.start]))
        marked = escape(text[mark.start : mark.end])
        parts.append(f"<mark {attributes}>{marked}<small>{note}</small></mark>")
        position = mark.end
    parts.append(escape(text[position:]))
    return "".join(parts)


def mark_words(words: Sequence[str], marks: Iterable[Mark], escape: Callable[[str], str]) -> str:
    """Return words, joined by blanks, as HTML with their ``marks``, which are in words."""
    starts, position = [], 0
    for word in words:
        starts.append(position)
        position += len(word) + 1
    in_characters = (
        mark._replace(start=starts[mark.start], end=starts[mark.end - 1] + len(words[mark.end - 1]))
        for mark in marks
    )
    return mark_text(" ".join(words), in_characters, escape)
