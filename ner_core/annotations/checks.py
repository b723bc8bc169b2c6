"""Check what people give to annotation sets: titles, types, texts and entities."""

from collections.abc import Iterable, Sequence
from typing import Any

from ner_core.data.readers.spans import (
    UnreadableError,
    checked_label,
    is_encodable,
    whole_number,
)
from ner_core.errors import AnnotationError, RunError
from ner_core.runs import names
from ner_core.tags import Span

MOST_CHARACTERS = 1_000_000
"""Of a text."""


def checked_title(text: str) -> str:
    """Return the title that somebody typed, cleaned. Raises AnnotationError if it cannot be one."""
    try:
        return names.checked(text, "set")
    except RunError as error:
        raise AnnotationError(str(error)) from None


def checked_type(name: str) -> str:
    """Return an entity type that somebody typed, cleaned. Raises AnnotationError if it is none."""
    try:
        return checked_label(names.clean(name) if isinstance(name, str) else name)
    except UnreadableError as error:
        message = str(error).replace("a span's label", "A type")
        raise AnnotationError(message[0].upper() + message[1:]) from None


def checked_text(text: str) -> str:
    """Return a text that can be saved. Raises AnnotationError if it cannot."""
    if not text.strip():
        raise AnnotationError("The text is empty. Type or paste one first.")
    if not is_encodable(text):
        raise AnnotationError("The text has half of a surrogate pair in it. Correct the text.")
    if len(text) > MOST_CHARACTERS:
        raise AnnotationError(
            f"The text has {len(text):,} characters, and one in a set has at most "
            f"{MOST_CHARACTERS:,}. Split it."
        )
    return text


def checked_spans(text: str, spans: Iterable[Sequence[Any]]) -> tuple[Span, ...]:
    """Return spans of a text, sorted. Raises AnnotationError if they are not inside, or overlap."""
    found = []
    for first, last, label in spans:
        start, end = whole_number(first), whole_number(last)
        if start is None or end is None:
            raise AnnotationError("An entity starts or ends at no whole number. Mark it again.")
        found.append(Span(start, end, checked_type(label)))
    found.sort(key=lambda span: span.start)
    last = 0
    for span in found:
        if not last <= span.start < span.end <= len(text):
            problem = "overlaps another one" if 0 <= span.start < last else "is not inside the text"
            raise AnnotationError(
                f"The entity {span.label} at {span.start} to {span.end} {problem}. Mark it again."
            )
        last = span.end
    return tuple(found)
