"""The settings of a run as fields of a form: their labels, groups and values.

Names, bounds, defaults and help come from ``TrainConfig``.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import gradio as gr

from ner_core.config import READ_SETTINGS, TrainConfig, problem_with
from ner_core.errors import NerError
from ner_core.runs.command import value_text

FIRST = {"epochs": "Epochs", "batch_size": "Batch size", "learning_rate": "Learning rate"}
"""The settings that are always visible, and their labels."""

MORE: dict[str, dict[str, str]] = {
    "Learning": {
        "auto_steps": "Steps aimed at",
        "schedule": "Schedule",
        "warmup": "Warm-up",
        "gradient_accumulation": "Gradient accumulation",
        "max_grad_norm": "Gradient clipping",
        "head_rate": "Head rate",
        "weight_decay": "Weight decay",
        "dropout": "Dropout",
        "class_weights": "Class weights",
    },
    "Encoder": {
        "lora_rank": "LoRA rank",
        "freeze_layers": "Frozen layers",
        "freeze_embeddings": "Frozen embeddings",
        "keep_types": "Keep known types",
    },
    "Text": {
        "max_length": "Window length",
        "overlap": "Overlap",
        "sub_token_labels": "Labelled sub-tokens",
        "group_by_length": "Group by length",
        "max_train": "Training sentences",
    },
    "Scores": {
        "evaluations": "Evaluations",
        "eval_sentences": "Sentences in each",
        "early_stopping": "Early stopping",
    },
    "Machine": {
        "precision": "Precision",
        "seed": "Seed",
        "report_to": "Report to",
    },
}
"""The other settings and their labels, by group."""

LABELS = FIRST | {name: label for group in MORE.values() for name, label in group.items()}

SOURCE = {
    "data": "Data",
    "token_column": "Word column",
    "tag_column": "Tag column",
    "label_names": "Tag names",
    "sentence_column": "Sentence column",
    "encoding": "Encoding",
    "span_offsets": "Span offsets",
    "model": "Encoder",
    "recipe": "Recipe",
}
"""What is learned from, and how it is read: settings whose fields are not among the others."""

OFFSETS = {
    "auto": "auto: found in the data",
    "as-given": "as-given: from 0, without the end",
    "inclusive-ends": "inclusive-ends: from 0, with the end",
    "from-one": "from-one: from 1, without the end",
    "from-one-inclusive": "from-one-inclusive: from 1, with the end",
    "utf-16": "utf-16: as JavaScript counts emoji",
    "bytes": "bytes: of the text in UTF-8",
    "two-for-line-ends": "two-for-line-ends: as Windows counts them",
}
"""The choices of ``span_offsets``, and what they say on the page."""

_FLAG = re.compile(r"--([a-z]+(?:-[a-z]+)*)")

# An empty overlap follows from the window length; other settings have an automatic value only if
# they may be None.
_FOLLOWS = "overlap"


def in_page_words(message: str) -> str:
    """Return a message with the names that settings have on the page instead of the command's.

    >>> in_page_words("Name them with --label-names O,B-PER,... .")
    'Name them with “Tag names” O,B-PER,... .'
    """

    def label(flag: re.Match[str]) -> str:
        found = (SOURCE | LABELS).get(flag[1].replace("-", "_"))
        return f"“{found}”" if found else flag[0]

    return _FLAG.sub(label, message)


def asks_how_to_read(message: str) -> bool:
    """Return whether a message names a setting of how data are read."""
    return any(flag[1].replace("-", "_") in READ_SETTINGS for flag in _FLAG.finditer(message))


def add(name: str, **more: Any) -> Any:
    """Add the component of a setting: a dropdown, a checkbox or a text box.

    Numbers have text boxes too, because an empty number field would be read as 0.
    """
    annotation = TrainConfig.model_fields[name].annotation
    shared = {
        "label": LABELS[name],
        "elem_id": name,
        "interactive": True,
        **usual_look(name),
        **more,
    }
    value = shown(TrainConfig(), name)
    if get_origin(annotation) is Literal:
        return gr.Dropdown(list(get_args(annotation)), value=value, filterable=False, **shared)
    if annotation is bool:
        return gr.Checkbox(value=value, **shared)
    empty = "auto" if value == "" else ""
    return gr.Textbox(value=value, placeholder=empty, max_lines=1, **shared)


def help_text(name: str) -> str:
    """Return the help of a setting: its description, then its name in files and commands.

    The settings that are always visible have none; one line below them explains them all.
    """
    if name in FIRST:
        return ""
    return f"{TrainConfig.model_fields[name].description} `{name}`"


def shown(config: TrainConfig, name: str) -> Any:
    """Return the value of a setting's component for a configuration."""
    value = getattr(config, name)
    if value is None or (name == _FOLLOWS and value == _overlap_of(config.max_length)):
        return ""
    kept = isinstance(value, str | bool)
    return value if kept else value_text(value)


def read(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the components as ``TrainConfig.from_values`` takes them."""
    return {
        name: value
        for name, value in texts.items()
        if not (name == _FOLLOWS and not str(value or "").strip())
    }


def problems(texts: Mapping[str, Any]) -> dict[str, str]:
    """Return the problem of each wrong setting: of its value alone, or with the other settings."""
    given = read(texts)
    found = {name: text for name, value in given.items() if (text := problem_with(name, value))}
    if not found:
        try:
            TrainConfig.from_values(given)
        except NerError as error:  # the message starts with the name of the setting
            name, _, text = str(error).partition(" ")
            found[name] = text
    return found


def problem_look(text: str) -> dict[str, Any]:
    """Return the update of a field with a problem, which is shown instead of the help.

    The message leaves out the wrong value, which is in the field.
    """
    remedy = text.rpartition(". Use ")[2]
    return {"info": f"Use {remedy}", "elem_classes": ["ner-wrong"]}


def usual_look(name: str) -> dict[str, Any]:
    """Return the update of a field without a problem."""
    return {"info": help_text(name), "elem_classes": []}


def _overlap_of(max_length: int) -> int:
    return TrainConfig.from_values({"max_length": max_length}).overlap
