"""Lists in the cells of a table: JSON, or as Python prints them."""

import ast
import json
import re
import warnings
from typing import Any

from ner_core.data.readers.spans import UnreadableError, shown

_WORD_LIST = re.compile(r"""\s*\[\s*(['"]|\]\s*$)""")
# Lists as numpy prints them, which Python would read as one string: ['a' 'b'].
_NO_COMMA = re.compile(r"""(['"])\s+['"]""")


def is_list(cell: str) -> bool:
    """Return whether a cell begins like a list, or like an object with lists."""
    return cell.lstrip()[:1] in ("[", "{")


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
    """Return the value of JSON, or of what Python prints for lists; None if it is neither."""
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        pass
    if _NO_COMMA.search(cell):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" and other odd escapes
            # By way of JSON: tuples become lists, sets and bytes are refused.
            return json.loads(json.dumps(ast.literal_eval(cell.strip())))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
