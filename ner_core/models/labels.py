"""The names of a trained model's labels: whether they are tags, and giving them where they are not.

Who saves a model without saying what its labels are called leaves LABEL_0, LABEL_1 and so on in its
config.json. Such a model tags words well, and nobody can tell with what.
"""

import re
from collections.abc import Sequence

from transformers import PreTrainedConfig

from ner_core import tags as tagging
from ner_core.errors import DataError, ModelError, UnnamedLabelsError

_NO_NAME = re.compile(r"(?:(?:label|class|tag)[_ -]?)?\d+", re.IGNORECASE)
_SHOWN = 5


def name_labels(config: PreTrainedConfig, label_names: Sequence[str] | None, model: str) -> None:
    """See to it that the labels of a config are tags; ``label_names`` take the place of its own.

    ``model`` is what the model is called in messages. Raises UnnamedLabelsError if the labels have
    no names, ModelError if one is no tag, or if the names do not fit the labels.
    """
    if label_names is None:
        _check_own(config, model)
        return
    names = [name.strip() for name in label_names]
    count = len(config.id2label)
    if len(names) != count:
        raise ModelError(
            f"Expected {count} names for the {count} labels of {model}, found {len(names)}; "
            "give one a label, in the order of their numbers, O among them."
        )
    for name in names:
        if not _is_tag(name):
            raise ModelError(
                f"Expected names such as O, B-PER or PER for the labels of {model}, found "
                f"{name[:40]!r}; correct it."
            )
        if names.count(name) > 1:
            raise ModelError(
                f"Expected {count} different names for the labels of {model}, found {name[:40]!r} "
                f"{names.count(name)} times; give each label its own."
            )
    config.id2label = dict(enumerate(names))
    config.label2id = {name: number for number, name in enumerate(names)}


def _check_own(config: PreTrainedConfig, model: str) -> None:
    """Refuse labels that are numbered with holes, have no names, or are no tags."""
    names = [str(label) for _, label in sorted(config.id2label.items())]
    if sorted(config.id2label) != list(range(len(names))):
        raise ModelError(
            f"Expected labels numbered from 0 without a hole in {model}, found "
            f"{sorted(config.id2label)[:10]}; correct id2label and label2id of its config.json."
        )
    if unnamed := [name for name in names if _NO_NAME.fullmatch(name)]:
        raise UnnamedLabelsError(model, _listed(unnamed, len(names)), len(names))
    for name in names:
        if not _is_tag(name):
            raise ModelError(
                f"Expected labels such as O, B-PER or PER in {model}, found {name[:40]!r}; "
                "correct id2label and label2id of its config.json."
            )


def _listed(unnamed: Sequence[str], count: int) -> str:
    if len(unnamed) == count and count > 1:
        return f"{unnamed[0]} to {unnamed[-1]}"
    return ", ".join(unnamed[:_SHOWN])


def _is_tag(name: str) -> bool:
    try:
        tagging.decode([name])
    except DataError:
        return False
    return True
