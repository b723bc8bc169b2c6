"""The label names of a trained model: check that they are tags, or replace them.

A model that was saved without label names has LABEL_0, LABEL_1 and so on in its config.json, and
its predictions mean nothing until the labels get their names.
"""

import re
from collections.abc import Sequence

from transformers import PreTrainedConfig

from ner_core import tags
from ner_core.errors import DataError, ModelError, UnnamedLabelsError

_NO_NAME = re.compile(r"(?:(?:label|class|tag)[_ -]?)?\d+", re.IGNORECASE)
_MAX_LISTED = 5


def set_label_names(
    config: PreTrainedConfig, label_names: Sequence[str] | None, model: str
) -> None:
    """Set the label names of a config to ``label_names``; check its own names if that is None.

    ``model`` is the name of the model in messages. Raises UnnamedLabelsError if the labels have no
    names, ModelError if a name is not a tag, or if the names do not fit the labels.
    """
    if label_names is None:
        _check_own(config, model)
        return
    names = [name.strip() for name in label_names]
    count = len(config.id2label)
    if len(names) != count:
        raise ModelError(
            f"{model} has {count} labels, but {len(names)} names were given. Enter one name for "
            "each label, in the order of their numbers, including O."
        )
    for name in names:
        if not _is_tag(name):
            raise ModelError(
                f"{name[:40]!r} can't be the name of a label of {model}. Use names such as O, "
                "B-PER or PER."
            )
        if names.count(name) > 1:
            raise ModelError(
                f"The name {name[:40]!r} was given to {names.count(name)} labels of {model}. Give "
                "each label a different name."
            )
    config.id2label = dict(enumerate(names))
    config.label2id = {name: number for number, name in enumerate(names)}


def _check_own(config: PreTrainedConfig, model: str) -> None:
    """Raise ModelError if the label ids have gaps, or the labels have no names or are not tags."""
    names = [str(label) for _, label in sorted(config.id2label.items())]
    if sorted(config.id2label) != list(range(len(names))):
        raise ModelError(
            f"The labels of {model} are not numbered from 0 without gaps: "
            f"{sorted(config.id2label)[:10]}. Correct id2label and label2id in its config.json."
        )
    if unnamed := [name for name in names if _NO_NAME.fullmatch(name)]:
        raise UnnamedLabelsError(model, _listed(unnamed, len(names)), len(names))
    for name in names:
        if not _is_tag(name):
            raise ModelError(
                f"The label {name[:40]!r} of {model} is not a tag such as O, B-PER or PER. Correct "
                "id2label and label2id in its config.json."
            )


def _listed(unnamed: Sequence[str], count: int) -> str:
    if len(unnamed) == count and count > 1:
        return f"{unnamed[0]} to {unnamed[-1]}"
    return ", ".join(unnamed[:_MAX_LISTED])


def _is_tag(name: str) -> bool:
    try:
        tags.decode([name])
    except DataError:
        return False
    return True
