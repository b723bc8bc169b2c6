"""The settings of runs as people read them, for comparing runs and beside the watched one."""

from collections.abc import Mapping
from typing import Any

from ner_core.config import TrainConfig
from ner_core.errors import NerError
from ner_core.runs.command import value_text
from ner_core.runs.view import RunView
from ner_studio.base.setting_fields import LABELS, SOURCE
from ner_studio.runs.rows import short_name

_ALWAYS = ("data", "model", "recipe", "epochs", "batch_size", "learning_rate")


def settings_of(view: RunView) -> dict[str, str]:
    """Return all settings of a run by name; {} if they are damaged.

    Automatic values are those that the run started with; before the start they are ``auto``.
    """
    values: Mapping[str, Any] = view.settings
    if not values:
        try:
            values = view.run.config().model_dump()
        except NerError:  # damaged settings must not hide the other runs
            values = {}
    shown = {name: value_text(value) for name, value in values.items()}
    return shown | {name: short_name(shown[name]) for name in ("data", "model") if name in shown}


def main_settings_of(view: RunView) -> dict[str, str]:
    """Return what a run learns from, the main settings, and those that its person changed."""
    found = settings_of(view)
    try:
        config = view.run.config()
        usual = TrainConfig.from_values({"recipe": config.recipe})
    except NerError:
        return {name: found[name] for name in _ALWAYS if name in found}
    changed = {name for name in found if getattr(config, name, None) != getattr(usual, name, None)}
    order = [*_ALWAYS, *SOURCE, *LABELS]
    return {name: found[name] for name in order if name in found and name in {*_ALWAYS, *changed}}


def label_of(name: str) -> str:
    """Return the label of a setting.

    >>> label_of("tag_column"), label_of("epochs"), label_of("of_later_times")
    ('Tag column', 'Epochs', 'of later times')
    """
    return SOURCE.get(name) or LABELS.get(name) or name.replace("_", " ")
