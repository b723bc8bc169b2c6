"""Values of settings as people type them: what a setting takes, what is empty, what is wrong.

A setting is a pydantic field of a model such as ``TrainConfig``; this module knows no model.
"""

from collections.abc import Mapping
from typing import Any

import annotated_types
from pydantic import ValidationError
from pydantic.fields import FieldInfo

_EMPTY = {"", "none", "null", "auto"}


def expectation(field: FieldInfo) -> str:
    """Return in words which values a setting takes, from its bounds.

    >>> from pydantic import Field
    >>> expectation(FieldInfo.from_annotated_attribute(int, Field(default=32, ge=1, le=1024)))
    'a whole number from 1 to 1,024'
    """
    if isinstance(field.json_schema_extra, dict):
        return str(field.json_schema_extra["expectation"])
    annotation = str(field.annotation)
    choices = getattr(field.annotation, "__args__", ())
    if "Literal" in annotation:
        return "one of " + ", ".join(choices)
    if field.annotation is bool:
        return "true or false"
    if "str" in annotation:
        return "a text" if "None" in annotation else "a text that is not empty"
    noun = "a whole number" if "int" in annotation else "a number"
    low = high = ""
    for bound in field.metadata:
        if isinstance(bound, annotated_types.Gt):
            low = f"above {bound.gt:,}"
        elif isinstance(bound, annotated_types.Ge):
            low = f"from {bound.ge:,}"
        elif isinstance(bound, annotated_types.Lt):
            high = f"below {bound.lt:,}"
        elif isinstance(bound, annotated_types.Le):
            high = f"to {bound.le:,}"
    if low.startswith("from") and not high:
        low += " on"
    if low.startswith("above") and high:
        high = high.replace("to ", "and up to ")
    if low.startswith("from") and high.startswith("below"):
        high = "to " + high
    return " ".join(part for part in (noun, low, high) if part)


def without_empty(values: Mapping[str, Any], fields: Mapping[str, FieldInfo]) -> dict[str, Any]:
    """Drop what was not given (None); make None of an explicit request for an automatic value."""
    kept: dict[str, Any] = {}
    for key, value in values.items():
        field = fields.get(key)
        optional = field is not None and "None" in str(field.annotation)
        if optional and isinstance(value, str) and value.strip().lower() in _EMPTY:
            kept[key] = None
        elif value is not None:
            kept[key] = value
    return kept


def sentence_about(error: ValidationError, fields: Mapping[str, FieldInfo]) -> str:
    """Return one sentence about the first error of pydantic, with what the setting takes."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    if first["type"] == "extra_forbidden":
        return f"There is no setting {name!r}. The settings are {', '.join(fields)}."
    found = repr(first["input"])
    found = found if len(found) <= 80 else found[:80] + "…"
    return f"{name} can't be {found}. Use {expectation(fields[name])}."
