"""The label names of a trained model: read them as tags, or replace them.

A model that was saved without label names has LABEL_0, LABEL_1 and so on in its config.json, and
its predictions mean nothing until the labels get their names.
"""

from collections.abc import Sequence

from transformers import PreTrainedConfig

from ner_core.counting import many
from ner_core.errors import ModelError, UnnamedLabelsError
from ner_core.models.label_spelling import NO_NAME, SpellingError, as_tags

_MAX_LISTED = 5


def set_label_names(
    config: PreTrainedConfig,
    label_names: Sequence[str] | None,
    model: str,
    count: int | None = None,
) -> None:
    """Set the label names of a config to ``label_names``; to its own ones, as tags, if None.

    ``model`` is the name of the model in messages, ``count`` the number of labels of its head, None
    if the config says it. Raises UnnamedLabelsError if the labels have no clear names, ModelError
    if the given names do not fit the labels.
    """
    count = count or len(config.id2label)
    names = _own(config, model, count) if label_names is None else _given(label_names, model, count)
    config.id2label = dict(enumerate(names))
    # Of several labels that stand for O, the first is the one that is meant.
    config.label2id = {name: number for number, name in reversed([*enumerate(names)])}


def _given(label_names: Sequence[str], model: str, count: int) -> list[str]:
    names = [name.strip() for name in label_names]
    if len(names) != count:
        raise ModelError(
            f"{model} has {count} labels, but you gave {many(len(names), 'name')}. Give one name "
            "for each label, in the order of their numbers, including O."
        )
    try:
        return as_tags(names)
    except SpellingError as error:
        name = error.names[0]
        if names.count(name) > 1 and name:
            raise ModelError(
                f"You gave the name {name[:40]!r} to {names.count(name)} labels of {model}. Give "
                "each label a different name."
            ) from None
        raise ModelError(
            f"{name[:40]!r} can't be the name of a label of {model}. Use names such as O, "
            "B-PER or PER."
        ) from None


def _own(config: PreTrainedConfig, model: str, count: int) -> list[str]:
    names = [str(label) for _, label in sorted(config.id2label.items())]
    if sorted(config.id2label) != list(range(len(names))):
        raise ModelError(
            f"The labels of {model} aren't numbered from 0 without gaps: "
            f"{sorted(config.id2label)[:10]}. Correct id2label and label2id in its config.json."
        )
    if len(names) != count:
        names_said = "1 name" if len(names) == 1 else f"{len(names)} names"
        problem = f"{model} has {count} labels, and {names_said} for them in its config.json."
        raise UnnamedLabelsError(model, "", count, problem)
    if unnamed := [name for name in names if NO_NAME.fullmatch(name)]:
        raise UnnamedLabelsError(model, _listed(unnamed, count), count)
    try:
        return as_tags(names)
    except SpellingError as error:
        unclear = ", ".join(repr(name[:40]) for name in error.names[:_MAX_LISTED])
        problem = (
            f"Can't read some labels of the model {model} as tags such as O, B-PER or PER: "
            f"{unclear}."
        )
        raise UnnamedLabelsError(model, "", count, problem) from None


def _listed(unnamed: Sequence[str], count: int) -> str:
    if len(unnamed) == count and count > 1:
        return f"{unnamed[0]} to {unnamed[-1]}"
    return ", ".join(unnamed[:_MAX_LISTED])
