"""The settings of a run as fields of a form: their labels, their places, and what they show.

Names, bounds, defaults and help come from ``TrainConfig``; here are only words and places.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import gradio as gr

from ner_core.config import TrainConfig, problem_with
from ner_core.errors import NerError
from ner_core.runs.command import value_text

FIRST = {"epochs": "Epochs", "batch_size": "Batch size", "learning_rate": "Learning rate"}
"""The settings that are always in sight, and their labels."""

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
"""The other settings and their labels, by what they are about."""

LABELS = FIRST | {name: label for group in MORE.values() for name, label in group.items()}

# Empty, the overlap follows from the window's length; elsewhere only None has an automatic value.
_FOLLOWS = "overlap"


def place(name: str, **more: Any) -> Any:
    """Place the component of a setting: choices, a box to tick, or a text.

    Numbers are texts too: an empty number field would read as 0.
    """
    annotation = TrainConfig.model_fields[name].annotation
    shared = {
        "label": LABELS[name],
        "elem_id": name,
        "interactive": True,
        **calm(name),
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
    """Give the help of a setting: its description, then the name it has in files and commands.

    Those in sight have none: there is no room for it, and a line below them.
    """
    if name in FIRST:
        return ""
    return f"{TrainConfig.model_fields[name].description} `{name}`"


def shown(config: TrainConfig, name: str) -> Any:
    """Give what a setting's component shows for a configuration."""
    value = getattr(config, name)
    if value is None or (name == _FOLLOWS and value == _overlap_of(config.max_length)):
        return ""
    kept = isinstance(value, str | bool)
    return value if kept else value_text(value)


def read(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the components show as ``TrainConfig.from_values`` takes it."""
    return {
        name: value
        for name, value in texts.items()
        if not (name == _FOLLOWS and not str(value or "").strip())
    }


def problems(texts: Mapping[str, Any]) -> dict[str, str]:
    """Say what is wrong with each setting that is wrong, on its own or beside the others."""
    given = read(texts)
    found = {name: text for name, value in given.items() if (text := problem_with(name, value))}
    if not found:
        try:
            TrainConfig.from_values(given)
        except NerError as error:  # its sentence starts with the name of the setting
            name, _, text = str(error).partition(": ")
            found[name] = text
    return found


def wrong(text: str) -> dict[str, Any]:
    """Give the look of a field with a problem, which takes the place of the help.

    What was found is left out: it stands right there.
    """
    expected = text.partition(", found ")[0]
    return {"info": f"{expected[:1].upper()}{expected[1:]}.", "elem_classes": ["ner-wrong"]}


def calm(name: str) -> dict[str, Any]:
    """Give the look of a field without a problem."""
    return {"info": help_text(name), "elem_classes": []}


def _overlap_of(max_length: int) -> int:
    return TrainConfig.from_values({"max_length": max_length}).overlap
