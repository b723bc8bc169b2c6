"""A run's settings as the command that gives the same run."""

import shlex
from typing import Any

from ner_core.config import READ_SETTINGS, TrainConfig

FLAGS: dict[str, str] = {
    name: "--" + name.replace("_", "-")
    for name in (
        *("data", "model", "recipe", *READ_SETTINGS),
        *("epochs", "batch_size", "learning_rate", "max_length", "seed", "max_train"),
    )
}
"""The settings that have a flag of their own; others are given with ``--set KEY=VALUE``."""


def command_line(config: TrainConfig) -> str:
    """Return the command ``python -m ner_core train`` with these settings, quoted for a shell.

    It has the data, and what differs from the recipe's values. Raises ConfigError if the recipe is
    not one of ``RECIPES``.

    >>> command_line(TrainConfig.from_values({"recipe": "notebook", "epochs": 2, "dropout": 0}))
    'python -m ner_core train --data sample --recipe notebook --epochs 2 --set dropout=0'
    """
    # The usual overlap depends on the window's length, so that is set first.
    same = {"recipe": config.recipe, "max_length": config.max_length}
    usual = TrainConfig.from_values(same).model_dump()
    usual["max_length"] = TrainConfig.from_values({"recipe": config.recipe}).max_length
    usual["recipe"] = TrainConfig().recipe
    words = ["python", "-m", "ner_core", "train", "--data", config.data]
    if config.data.startswith("-"):
        words[-2:] = [f"--data={config.data}"]
    for name, value in config.model_dump(exclude={"data"}).items():
        if value == usual[name]:
            continue
        text = value_text(value)
        if name not in FLAGS:
            words += ["--set", f"{name}={text}"]
        elif text.startswith("-"):  # as a word of its own it would be taken for a flag
            words.append(f"{FLAGS[name]}={text}")
        else:
            words += [FLAGS[name], text]
    return shlex.join(words)


def value_text(value: Any) -> str:
    """Return a setting's value as a person would type it; it is read as the same value.

    >>> [value_text(value) for value in (None, True, 10.0, 2e-5, 0.1, 256, "first")]
    ['auto', 'true', '10', '2e-05', '0.1', '256', 'first']
    """
    if value is None:
        return "auto"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)
