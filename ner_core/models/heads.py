"""A new token-classification head on an encoder, with nothing of other labels left in it."""

import copy
from typing import Any

import torch
from transformers import AutoModelForTokenClassification, PreTrainedModel


def with_labels(model: PreTrainedModel, named: dict[str, Any]) -> PreTrainedModel:
    """Give a model with the same encoder and a new random head for other labels.

    ``named`` are the settings of its config: num_labels, id2label, label2id.
    """
    config = copy.deepcopy(model.config)
    config.update(named)
    fresh: PreTrainedModel = AutoModelForTokenClassification.from_config(config)
    fresh.base_model.load_state_dict(model.base_model.state_dict())
    return fresh


def renew_head(model: PreTrainedModel) -> None:
    """Give a model's own head new random weights."""
    for name, part in model.named_children():
        if name == model.base_model_prefix:
            continue
        for module in part.modules():
            if isinstance(module, torch.nn.Linear):
                torch.nn.init.normal_(module.weight, std=model.config.initializer_range)
                if module.bias is not None:
                    torch.nn.init.zeros_(module.bias)
