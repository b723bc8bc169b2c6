"""Lists and objects as Python prints them, read without running anything."""

import ast
import json
import re
import warnings
from typing import Any

LONGEST = 5_000_000
"""Longer ones are refused: Python needs some hundred bytes for each of their characters."""


def python_literal(text: str) -> Any:
    """Return the value of a literal as JSON has it: tuples are lists. Raises ValueError if it is
    none, has what JSON has not (sets, bytes), or is longer than ``LONGEST``.

    >>> python_literal("('Ann', {'entities': [(0, 3, 'PER')]})")
    ['Ann', {'entities': [[0, 3, 'PER']]}]
    """
    if len(text) > LONGEST:
        raise ValueError("too long")
    return _evaluated(text.strip())


def _evaluated(source: str | ast.expr) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" and other odd escapes
            return json.loads(json.dumps(ast.literal_eval(source)))
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(str(error)) from None


def assigned_lists(text: str) -> dict[str, list[Any]]:
    """Return the lists that the statements of a Python file give names to (``NAME = [...]``).

    Nothing is run. Raises ValueError if it is no Python, or is longer than ``LONGEST``.
    """
    if len(text) > LONGEST:
        raise ValueError("too long")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            statements = ast.parse(text).body
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(str(error)) from None
    found = {}
    for statement in statements:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name, value = statement.targets[0].id, statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            if statement.value is None:
                continue
            name, value = statement.target.id, statement.value
        else:
            continue
        try:
            rows = _evaluated(value)
        except ValueError:
            continue
        if isinstance(rows, list) and rows:
            found[name] = rows
    return found


_ONE_STRING = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_STRINGS = re.compile(rf"\[\s*(?:{_ONE_STRING})(?:\s+(?:{_ONE_STRING}))*\s*\]")
_NUMBERS = re.compile(r"\[\s*-?\d+(?:\s+-?\d+)+\s*\]")


def numpy_list(text: str) -> list[Any] | None:
    """Return the list that NumPy printed without commas, None if it is none.

    >>> numpy_list("['B-PER' 'O']"), numpy_list("[1 2 0]"), numpy_list("['a', 'b']")
    (['B-PER', 'O'], [1, 2, 0], None)
    """
    text = text.strip()
    if _NUMBERS.fullmatch(text):
        return [int(number) for number in text[1:-1].split()]
    if _STRINGS.fullmatch(text):
        return [python_literal(string[0]) for string in re.finditer(_ONE_STRING, text)]
    if re.search(r"\}\s+\{", text):
        try:
            found = python_literal(re.sub(r"\}\s+\{", "}, {", text))
        except ValueError:
            return None
        return found if isinstance(found, list) else None
    return None
