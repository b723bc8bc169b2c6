"""LoRA adapters: small matrices beside an encoder's frozen weights (Hu et al. 2021), through peft.

An adapter is kept as a folder: what peft saves, and the config.json of the model with its labels.
To be used it is added into the encoder's weights, so that nothing is slower for it afterwards.
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
"""An adapter's update is multiplied by ``alpha / rank``; alpha is twice the rank, as is common."""


def add_adapter(model: PreTrainedModel, source: ModelSource, rank: int) -> PeftModel:
    """Freeze a token classifier's encoder and put LoRA matrices beside all its linear layers.

    The head (``classifier`` or ``score``, as peft knows them for this task) stays trainable as it
    is, and is kept with the adapter. ``source`` is what the model
    was loaded from: the adapter's config names it, so that the adapter can be put there again.
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
    """Hide that peft 0.21 asks a model by a name that transformers 5.23 calls deprecated."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "`is_gradient_checkpointing` is deprecated", category=FutureWarning
        )
        yield


def merged(model: PeftModel) -> PreTrainedModel:
    """Give a copy of the model with the adapter added into its weights: a plain transformers model.

    The model itself goes on training unchanged.
    """
    plain: PreTrainedModel = copy.deepcopy(model).merge_and_unload()
    return plain


def save_adapter(model: PeftModel, folder: Path) -> None:
    """Save the adapter with its head, and the config.json with labels and windows."""
    # Left to itself, peft would ask the Hub whether the vocabulary was changed.
    model.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
    (folder / "README.md").unlink()  # peft's empty form of a model card
    config = copy.deepcopy(model.config)
    config.architectures = [type(model.get_base_model()).__name__]
    config.save_pretrained(folder)


def load_merged(source: ModelSource, **options: Any) -> PreTrainedModel:
    """Load the encoder that an adapter folder belongs to and add the adapter into it, in float32.

    Raises what transformers and peft raise if the folder does not fit the encoder.
    """
    # peft would go on with a pickle where there are no safetensors.
    if not (Path(source.location) / ADAPTER_WEIGHTS).is_file():
        raise FileNotFoundError(f"no {ADAPTER_WEIGHTS} beside its {ADAPTER_CONFIG}")
    base = AutoModelForTokenClassification.from_pretrained(
        source.weights,
        config=AutoConfig.from_pretrained(source.location, **options),
        use_safetensors=True,
        dtype=torch.float32,
        **options,
    )
    with _without_warning():  # and without peft's guess of a device: the encoder is on the CPU
        adapted = PeftModel.from_pretrained(base, source.location, torch_device="cpu")
    plain: PreTrainedModel = adapted.merge_and_unload()
    return plain.requires_grad_(True)  # peft had frozen the encoder
