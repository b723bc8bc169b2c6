"""A file of texts for the queue of an annotation set."""

import json
from collections.abc import Iterator

from ner_core.annotations.annotation_set import AnnotationSet
from ner_core.counting import many
from ner_core.data.texts import read_texts
from ner_core.errors import AnnotationError, NerError
from ner_core.teaching.queue import Queue
from ner_core.teaching.units import Unit, cut
from ner_studio.base import set_rights
from ner_studio.highlight.editor.asked import DEFAULT_TITLE, unit_of


def add_file(path: str | None, chosen: object, unit: object) -> str:
    """Add the texts of a file to the queue of the chosen set, and return what to say.

    ``chosen`` is the set as the browser has it, JSON with ``id`` and ``title``. What a row of a
    table or of JSON has is one text; the lines of other files are cut into ``unit`` together.
    """
    try:
        if not path:
            raise AnnotationError("There is no file. Choose one first.")
        set_rights.check_saving()
        found = _set_of(chosen)
        added = Queue(found).add(_pieces(path, unit_of(unit)))
    except NerError as error:
        return str(error)
    return f"{many(added, 'new text')} to annotate in {found.title}."


def _pieces(path: str, unit: Unit) -> Iterator[str]:
    """Return the pieces of a file: all lines of prose are one text, so that sentences go on."""
    try:
        return cut(list(read_texts(path, whole=True)), unit)
    except NerError:  # a table or JSON, which has rows of its own
        return cut(read_texts(path), "rows")


def _set_of(chosen: object) -> AnnotationSet:
    try:
        about = json.loads(str(chosen))
        set_id, title = str(about.get("id", "")), str(about.get("title", ""))
    except (ValueError, AttributeError, RecursionError):
        raise AnnotationError("This request is none of the editor's. Reload the page.") from None
    if set_id:
        return set_rights.find_set(set_id[:100])
    title = title[:1000].strip() or DEFAULT_TITLE
    return set_rights.open_titled(title, ())
