"""Python files with training data, ``TRAIN_DATA = [("text", {"entities": [...]})]``, never run."""

import re
from collections.abc import Iterator
from pathlib import Path

from ner_core.data.readers.json_lines import read_rows
from ner_core.data.readers.json_values import Value
from ner_core.data.readers.literals import LONGEST, assigned_lists
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.span_offsets import Annotated, tagged
from ner_core.data.readers.text import head_lines, numbered_lines
from ner_core.errors import DataError

_ASSIGNED = re.compile(r"(?m)^[A-Za-z_]\w*(?:\s*:[^=\n]+)?[ \t]*=[ \t]*\[\s*[(\[{]\s*[\"'rRuU]")


def looks_like_python_data(head: bytes) -> bool:
    """Return whether a file gives a list of rows a name, as Python does.

    >>> looks_like_python_data(b'TRAIN_DATA = [("Ann left", {"entities": [(0, 3, "PER")]})]')
    True
    """
    return bool(_ASSIGNED.search("\n".join(head_lines(head))))


def read_python_data(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the rows of the longest list in a Python file as rows of JSON; see ``read_rows``.

    A Fault ``guess`` names it if there are several. Raises DataError if there is none.
    """
    yield from tagged(_records(path, options), options.span_offsets)


def _records(path: Path, options: ReadOptions) -> Iterator[Annotated | Record]:
    text = ""
    for _, line in numbered_lines(path, with_ends=True):
        text += line
        if len(text) > LONGEST:
            break  # it is refused, however long it is
    try:
        lists = assigned_lists(text)
    except ValueError:
        raise DataError(
            f"{path.name}: this looks like Python, but it isn't valid, or has more than "
            f"{LONGEST:,} characters. Write its list to a JSON file (json.dump)."
        ) from None
    if not lists:
        raise DataError(
            f"{path.name}: this looks like Python, but it has no list of texts with spans that can "
            "be read without running it. Write the list to a JSON file (json.dump)."
        )
    name = max(lists, key=lambda name: len(lists[name]))
    if len(lists) > 1:
        others = ", ".join(other for other in lists if other != name)
        yield Fault("guess", 0, f"the longest list, {name}, was read, and {others} ignored")
    rows = (Value(place, row, in_list=True) for place, row in enumerate(lists[name], start=1))
    yield from read_rows(path, rows, options)
