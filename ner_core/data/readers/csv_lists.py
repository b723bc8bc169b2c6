"""Lists in the cells of a table: JSON, or as Python prints them."""

import json
import re
from typing import Any

from ner_core.data.readers.literals import numpy_list, python_literal
from ner_core.data.readers.spans import UnreadableError, shown

_WORD_LIST = re.compile(r"""\s*\[\s*(['"]|\]\s*$)""")
_ARRAY = re.compile(r"array\((\[.*\])(?:,\s*dtype=\w+)?\)", re.DOTALL)
_ELISION = re.compile(r"""['"\d]\s+\.\.\.\s+['"\d]""")


def is_list(cell: str) -> bool:
    """Return whether a cell begins like a list, or like an object with lists."""
    return cell.lstrip()[:1] in ("[", "{") or cell.startswith("array([")


def is_word_list(cell: str) -> bool:
    """Return whether a cell is a list of words, not text that begins with a bracket."""
    return bool(_WORD_LIST.match(cell))


def marks_of(cell: str) -> list[Any]:
    """Return the list of tags or spans of a row; an empty cell is an empty list.

    Raises UnreadableError for anything else.
    """
    value = _literal(cell) if cell.strip() else []
    if isinstance(value, dict):  # spaCy 2 has {"entities": [...]}
        value = value.get("entities")
    if isinstance(value, list):
        return value
    raise UnreadableError(
        f"{shown(cell.strip())} can't be read as a list of tags or spans in JSON. Correct it."
    )


def words_of(cell: str) -> list[Any]:
    """Return the words of a row: a list, or text with blanks between them.

    Raises UnreadableError for a list that cannot be read. The words may be of any type.
    """
    value = _literal(cell) if is_list(cell) else None
    if value is None and is_word_list(cell):
        raise UnreadableError(
            f"{shown(cell.strip())} can't be read as a list of words in JSON. Correct it."
        )
    return value if isinstance(value, list) else cell.split()


def _literal(cell: str) -> Any:
    """Return the value of JSON, or of what Python or NumPy print for lists; None if it is neither.

    Of NumPy and pandas also ``array([...], dtype=object)``.
    """
    if match := _ARRAY.fullmatch(cell.strip()):
        cell = match[1]
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        pass
    if (found := numpy_list(cell)) is not None:
        return found
    if _ELISION.search(cell):
        raise UnreadableError(
            "NumPy shortened this list to ... when it was written. Write the file again with "
            "lists instead of arrays (array.tolist())."
        )
    try:
        return python_literal(cell)
    except ValueError:
        return None
