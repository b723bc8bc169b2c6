"""The fields for what data do not say of themselves: columns, label names, encoding, offsets."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from ner_core.config import READ_SETTINGS, TrainConfig
from ner_core.data.readers.sentence import ReadOptions
from ner_studio.base.setting_fields import OFFSETS, SOURCE


def reading_fields() -> dict[str, gr.Textbox | gr.Dropdown]:
    """Add the fields to the page; return them by the names of their settings."""
    return {name: _field(name) for name in READ_SETTINGS}


def options_of(fields: Mapping[str, Any], form: Mapping[Any, Any]) -> ReadOptions:
    """Return what a form says in these fields."""
    given = {name: (form[field] or "").strip() for name, field in fields.items()}
    return ReadOptions.of(**{name: value or None for name, value in given.items()})


def _field(name: str) -> gr.Textbox | gr.Dropdown:
    info = TrainConfig.model_fields[name].description
    label = SOURCE[name]
    if name == "span_offsets":
        return gr.Dropdown(
            [(says, choice) for choice, says in OFFSETS.items()],
            value="auto",
            label=label,
            info=info,
            filterable=False,
            elem_id=name,
        )
    return gr.Textbox(label=label, placeholder="auto", info=info, max_lines=1, elem_id=name)
