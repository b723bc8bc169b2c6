"""The token-classification head on an encoder."""

import copy
from typing import Any

import torch
from transformers import AutoModelForTokenClassification, PreTrainedModel


def with_new_head(model: PreTrainedModel, labels: dict[str, Any]) -> PreTrainedModel:
    """Return a model with the same encoder and a new random head for other labels.

    ``labels`` are the config's settings of them: num_labels, id2label and label2id.
    """
    config = copy.deepcopy(model.config)
    config.update(labels)
    fresh: PreTrainedModel = AutoModelForTokenClassification.from_config(config)
    fresh.base_model.load_state_dict(model.base_model.state_dict())
    return fresh


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
