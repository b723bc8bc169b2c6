"""The token-classification head on an encoder."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from transformers import AutoModelForTokenClassification, PreTrainedModel


def with_new_head(model: PreTrainedModel, labels: dict[str, Any]) -> PreTrainedModel:
    """Return a model with the same encoder and a new random head for other labels.

    ``labels`` are the config's settings of them; see ``label_settings``.
    """
    config = copy.deepcopy(model.config)
    config.update(labels)
    fresh: PreTrainedModel = AutoModelForTokenClassification.from_config(config)
    fresh.base_model.load_state_dict(model.base_model.state_dict())
    return fresh


def with_labels(
    model: PreTrainedModel, own: Sequence[str], wanted: Sequence[str]
) -> PreTrainedModel:
    """Return a model with the same encoder and a head for other labels.

    The rows of labels that both have are those of the old head; the others are new and random.
    """
    fresh = with_new_head(model, label_settings(wanted))
    rows = [(own.index(label), n) for n, label in enumerate(wanted) if label in own]
    before, after = zip(*rows, strict=True)
    old = model.state_dict()
    head = set(head_parameters(fresh))
    with torch.no_grad():
        for name, weights in fresh.named_parameters():
            if weights not in head or name not in old:
                continue
            if len(old[name]) == len(own) and len(weights) == len(wanted):
                weights[list(after)] = old[name][list(before)]
            else:
                weights.copy_(old[name])
    return fresh


def label_settings(names: Sequence[str]) -> dict[str, Any]:
    """Return the settings of a model's config for these labels."""
    id2label = dict(enumerate(names))
    label2id = {label: number for number, label in id2label.items()}
    return {"num_labels": len(id2label), "id2label": id2label, "label2id": label2id}


def reset_head(model: PreTrainedModel) -> None:
    """Set the head of a model to new random weights."""
    for name, part in model.named_children():
        if name == model.base_model_prefix:
            continue
        for module in part.modules():
            if isinstance(module, torch.nn.Linear):
                torch.nn.init.normal_(module.weight, std=model.config.initializer_range)
                if module.bias is not None:
                    torch.nn.init.zeros_(module.bias)


def head_parameters(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    """Return the weights of a token classifier that are not its encoder's, also with an adapter."""
    plain: Any = getattr(model, "get_base_model", lambda: model)()
    encoder = set(plain.base_model.parameters())
    return [weights for weights in plain.parameters() if weights not in encoder]
