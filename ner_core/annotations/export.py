"""Write an annotation set as JSON Lines of spans, which other tools and this project read.

A line has ``text``, ``spans`` (each ``start``, ``end``, ``label``), as Prodigy and Hugging Face
tools have them, ``label`` (each ``[start, end, label]``), as doccano has them, and ``meta`` with
``split``, ``model`` and ``suggested``. Texts that were annotated only in part are left out: to
those who read the file, words without an entity are outside of entities.
"""

import json
from pathlib import Path

from ner_core.annotations.decisions import Contents, Decision
from ner_core.errors import AnnotationError
from ner_core.system import atomic


def as_line(decision: Decision) -> str:
    """Return the line of a decision."""
    names = ("start", "end", "label")
    row = {
        "text": decision.text,
        "spans": [dict(zip(names, span, strict=True)) for span in decision.entities],
        "label": [list(span) for span in decision.entities],
        "meta": {
            "split": decision.part,
            "model": decision.model,
            "suggested": [list(one) for one in decision.suggested],
        },
    }
    return json.dumps(row, ensure_ascii=False) + "\n"


def lines(found: Contents) -> list[str]:
    """Return the lines of a set."""
    return [as_line(one) for one in found.decisions.values() if one.complete]


def write(found: Contents, path: Path) -> int:
    """Write a set to a new file, and return the number of texts that were written.

    Raises AnnotationError if there is something at ``path``, or it can't be written.
    """
    if path.exists():
        raise AnnotationError(f"There is already something at {path}. Choose another file.")
    written = lines(found)
    try:
        atomic.write_text(path, "".join(written))
    except OSError as error:
        raise AnnotationError(f"Can't write {path}: {error.strerror}.") from None
    return len(written)
