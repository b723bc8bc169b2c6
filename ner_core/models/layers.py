"""Dropout and frozen layers of an encoder that is about to be trained."""

import torch
from transformers import PreTrainedModel

from ner_core.config import TrainConfig
from ner_core.errors import ConfigError


def set_dropout_and_freeze(model: PreTrainedModel, config: TrainConfig) -> None:
    """Set the dropout of all layers, and freeze the embeddings and layers that the settings name.

    Raises ConfigError if the settings freeze more layers than the encoder has.
    """
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = config.dropout
    if config.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    if config.freeze_layers:
        # Everything below a frozen layer is frozen as well, position embeddings included, so that
        # the backward pass ends there.
        below = getattr(model.base_model, "embeddings", model.get_input_embeddings())
        below.requires_grad_(False)
        layers = encoder_layers(model)
        if config.freeze_layers > len(layers):
            raise ConfigError(
                f"freeze_layers can't be {config.freeze_layers}: {config.model} has only "
                f"{len(layers)} layers. Choose a smaller number."
            )
        for layer in layers[: config.freeze_layers]:
            layer.requires_grad_(False)


def encoder_layers(model: PreTrainedModel) -> list[torch.nn.Module]:
    """Return the layers of an encoder, the lowest first.

    They are the longest ``ModuleList`` of modules of one class.
    """
    stacks = [part for part in model.modules() if isinstance(part, torch.nn.ModuleList)]
    stacks = [part for part in stacks if len(part) and len({type(layer) for layer in part}) == 1]
    return list(max(stacks, key=len, default=[]))
