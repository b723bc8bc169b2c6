"""Rows that several people annotated: one of their responses is read, and that is said.

Argilla writes ``responses`` as a list, or under the name of the question, and the datasets that it
exports have a key such as ``spans.responses`` with a list for each person.
"""

from typing import Any

from ner_core.data.readers.span_shapes import is_span

_KEY, _SUFFIX = "responses", ".responses"
_NOT_COUNTED = ("discarded", "draft")
SEVERAL = (
    "some rows have responses from several people. The first submitted one of each row was read. "
    "Remove the others if that is wrong"
)


def with_one_response(fields: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return a row with one of its responses, and whether there were others with annotation."""
    several = False
    for key, value in fields.items():
        if key == _KEY and isinstance(value, dict):
            questions = {name: _chosen(given) for name, given in value.items()}
            several = several or any(count > 1 for _, count in questions.values())
            kept = {name: [chosen] for name, (chosen, count) in questions.items() if count}
            if kept:
                fields = {**fields, key: kept}
        elif key == _KEY and isinstance(value, list):
            chosen, count = _chosen(value)
            if count:
                several = several or count > 1
                fields = {**fields, key: [chosen]}
        elif key.endswith(_SUFFIX) and isinstance(value, list) and _KEY not in fields:
            lists = [part for part in value if isinstance(part, list)]
            if len(lists) == len(value) > 0 and all(map(is_span, lists[0])):
                states = fields.get(f"{key}.status")
                place = _first_counted(states if isinstance(states, list) else [])
                several = several or len(lists) > 1
                fields = {**fields, _KEY: lists[place if place < len(lists) else 0]}
    return fields, several


def _chosen(given: Any) -> tuple[Any, int]:
    """Return the response that counts, and how many people gave one; 0 if these are none."""
    if not isinstance(given, list):
        return None, 0
    answers = [part for part in given if isinstance(part, dict) and _is_answer(part)]
    if not answers or len(answers) != len(given):
        return None, 0
    place = _first_counted([part.get("status") for part in answers])
    return answers[place], len(answers)


def _is_answer(part: dict[str, Any]) -> bool:
    return not is_span(part) and ("value" in part or "values" in part)


def _first_counted(states: list[Any]) -> int:
    return next((n for n, state in enumerate(states) if state not in _NOT_COUNTED), 0)
