"""The column of a table that numbers its sentences, found by content: its values come in runs."""

from collections.abc import Sequence
from itertools import groupby, pairwise

_FEWEST_RUNS = 2
_LONGEST_RUN = 150
"""On average, in words; a column of documents has longer ones."""


def sentence_column(rows: Sequence[Sequence[str]], taken: Sequence[int | None]) -> int | None:
    """Return the column whose values change least but often: one that numbers the sentences.

    An empty cell means the value above it. A value occurs in one run only, unless the column counts
    up and begins anew. ``taken`` are the columns that are known to be something else.

    >>> sentence_column([["0", "Ann"], ["0", "ran"], ["1", "Bob"], ["1", "ran"]], [1])
    0
    """
    width = min(map(len, rows), default=0)
    lengths = {
        place: len(rows) / runs
        for place in range(width)
        if place not in taken and (runs := _runs([row[place].strip() for row in rows]))
    }
    fitting = {place: mean for place, mean in lengths.items() if 1.5 <= mean <= _LONGEST_RUN}
    return min(fitting, key=fitting.__getitem__, default=None)


def _runs(cells: list[str]) -> int:
    """Return the number of runs in a column, 0 if it does not number anything."""
    filled: list[str] = []
    for cell in cells:
        filled.append(cell or (filled[-1] if filled else ""))
    runs = [value for value, _ in groupby(filled)]
    if len(runs) < _FEWEST_RUNS or "" in runs:
        return 0
    once = len(set(runs)) == len(runs)
    return len(runs) if once or _counts_up(runs) else 0


def _counts_up(runs: list[str]) -> bool:
    try:
        numbers = [float(value) for value in runs]
    except ValueError:
        return False
    return all(after in (before + 1, numbers[0]) for before, after in pairwise(numbers))
