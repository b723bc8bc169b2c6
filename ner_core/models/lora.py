"""LoRA adapters: small matrices beside the frozen weights of an encoder (Hu et al. 2021), by peft.

An adapter is saved as a folder: the files that peft saves, and the config.json of the model with
its labels. To use it, it is merged into the weights of the encoder, so that inference is not
slower.
"""

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from transformers import AutoConfig, AutoModelForTokenClassification, PreTrainedModel

from ner_core.models.sources import ADAPTER_CONFIG, ADAPTER_WEIGHTS, ModelSource

SCALE = 2
"""``alpha / rank``, the factor of the update of an adapter; twice the rank is a common alpha."""


def add_adapter(model: PreTrainedModel, source: ModelSource, rank: int) -> PeftModel:
    """Freeze the encoder of a token classifier and add LoRA matrices to all its linear layers.

    The head (``classifier`` or ``score``, the names that peft knows for this task) stays trainable
    and is saved with the adapter. ``source`` is where the model was loaded from. The config of the
    adapter names it as the base model.
    """
    head = [
        name
        for name, part in model.named_children()
        if name != model.base_model_prefix and any(True for _ in part.parameters())
    ]
    config = LoraConfig(
        task_type=TaskType.TOKEN_CLS,
        r=rank,
        lora_alpha=SCALE * rank,
        target_modules="all-linear",
        exclude_modules=head,
    )
    with _without_warning():
        adapted = get_peft_model(model, config)
    described = adapted.peft_config["default"]
    described.base_model_name_or_path = source.public_name
    described.revision = source.revision
    return adapted


@contextmanager
def _without_warning() -> Iterator[None]:
    """Hide the warning about a name that peft 0.21 uses and transformers 5.23 deprecates."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "`is_gradient_checkpointing` is deprecated", category=FutureWarning
        )
        yield


def merged(model: PeftModel) -> PreTrainedModel:
    """Return a copy with the adapter merged into its weights: a plain transformers model.

    The model itself stays as it is and can be trained on.
    """
    plain: PreTrainedModel = copy.deepcopy(model).merge_and_unload()
    return plain


def save_adapter(model: PeftModel, folder: Path) -> None:
    """Save the adapter with its head, and the config.json with the labels and window settings."""
    # By default, peft asks the Hub whether the vocabulary was changed.
    model.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
    (folder / "README.md").unlink()  # an empty model card from peft
    config = copy.deepcopy(model.config)
    config.architectures = [type(model.get_base_model()).__name__]
    config.save_pretrained(folder)


def load_merged(source: ModelSource, **options: Any) -> PreTrainedModel:
    """Load the encoder of an adapter folder and merge the adapter into it, in float32.

    Raises the errors of transformers and peft if the adapter does not fit the encoder.
    """
    # Without safetensors, peft would load a pickle.
    if not (Path(source.location) / ADAPTER_WEIGHTS).is_file():
        raise FileNotFoundError(f"no {ADAPTER_WEIGHTS} beside its {ADAPTER_CONFIG}")
    base = AutoModelForTokenClassification.from_pretrained(
        source.weights,
        config=AutoConfig.from_pretrained(source.location, **options),
        use_safetensors=True,
        dtype=torch.float32,
        **options,
    )
    with _without_warning():  # on the CPU, where the encoder is; peft would choose another device
        adapted = PeftModel.from_pretrained(base, source.location, torch_device="cpu")
    plain: PreTrainedModel = adapted.merge_and_unload()
    return plain.requires_grad_(True)  # peft freezes the encoder
