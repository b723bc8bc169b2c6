"""No message of ner_core reads like a failed test: it says what happened, then what to do."""

import ast
import re
from functools import cache

import pytest

from tests.support.places import REPOSITORY

FORBIDDEN = {
    r"\b[Ee]xpect(ed|s)\b": "say what is wrong, and then what to do",
    r"(, |\()found\b|: found \{": "say what is wrong, and then what to do",
    r"\bcannot\b": "write can't",
    r"\bmust be [^.]*, (not|but) \{": "write: x can't be 3. Use 1 or 2.",
    r"\b(was|were|is|are) not (used|asked|read)\b": "say who or what doesn't do it",
    r"\w  \w": "one blank is enough",
}


def shown(node):
    """Return the text of a string with ``{}`` for each value in it."""
    if isinstance(node, ast.Constant):
        return node.value
    return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)


def messages(source):
    """Return the line and text of each string in a source that reads like a sentence.

    Docstrings are none, and neither is BibTeX.
    """
    nodes = list(ast.walk(ast.parse(source)))
    texts = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    within = {id(part) for text in texts for part in text.values}
    within |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    texts += [node for node in nodes if isinstance(node, ast.Constant)]
    return [
        (node.lineno, shown(node))
        for node in texts
        if id(node) not in within and isinstance(shown(node), str)
        if shown(node).count(" ") > 1 and not shown(node).startswith("@")
    ]


@cache
def all_messages():
    """Return each message of ner_core, with its place after it."""
    return [
        f"{text} ({file.relative_to(REPOSITORY)}:{line})"
        for file in sorted((REPOSITORY / "ner_core").rglob("*.py"))
        for line, text in messages(file.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_messages_are_plain_english(pattern):
    found = [message for message in all_messages() if re.search(pattern, message)]
    assert not found, FORBIDDEN[pattern]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('raise E(f"Expected {a}, " "found {b}.")', "Expected {}, found {b}."),
        ('x = f"There is {a} " f"(found: {b})."', "There is {} (found: {})."),
        ('x = "{count} cannot be read."', "{count} cannot be read."),
        ('x = f"epochs must be a number, not {a!r}."', "epochs must be a number, not {}."),
        ('x = "--encoding was not used."', "--encoding was not used."),
        ('x = "Choose  another one."', "Choose  another one."),
    ],
)
def test_the_patterns_see_what_they_are_for(source, message):
    assert messages(f'"""Expected in a docstring is fine."""\n{source}') == [(2, message)]
    assert any(re.search(pattern, message) for pattern in FORBIDDEN)
