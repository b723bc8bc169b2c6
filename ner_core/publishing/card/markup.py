"""Markdown of a card: text of data and file names is escaped, and never mark-up."""

import re
from collections.abc import Iterable, Sequence

# What no document can hold, breaks lines, or turns the order of letters around.
_UNREADABLE = re.compile(
    "[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]+"
)
_ESCAPED = {
    **{mark: "\\" + mark for mark in "*[]~"},
    # As entities they are text to every Markdown parser, inside a table's cell, too.
    **{mark: f"&#{ord(mark)};" for mark in "\\`|$"},
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
}
_TABLE = str.maketrans(_ESCAPED)
_LOOSE = re.compile(r"(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])")  # inside a word it is no mark


def plain(value: object) -> str:
    """Return a text as one line: control characters and line ends become blanks.

    >>> plain("New\\nYork \\x00 City ")
    'New York City'
    """
    return " ".join(_UNREADABLE.sub(" ", str(value)).split())


def text(value: object) -> str:
    """Return a text escaped for a line of Markdown, or a cell of a table.

    >>> text("a|b <i> *c*")
    'a&#124;b &lt;i&gt; \\\\*c\\\\*'
    """
    return _LOOSE.sub(r"\\_", plain(value).translate(_TABLE))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    """Return a table; cells must be Markdown already. Columns not in ``left`` are flush right."""
    rule = [":---" if number in left else "---:" for number in range(len(header))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def fenced(code: str, language: str) -> str:
    """Return code in a block that nothing in it can end."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def listing(items: Sequence[str]) -> str:
    """Return names joined as in a sentence.

    >>> listing(["PER"]), listing(["LOC", "ORG", "PER"])
    ('PER', 'LOC, ORG and PER')
    """
    return " and ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)
