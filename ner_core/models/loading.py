"""Loading encoders and trained models; giving an encoder a head for a set of labels.

Only safetensors weights are read and no code that comes with a model is run.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from ner_core.config import Precision, TrainConfig
from ner_core.errors import ConfigError, ModelError
from ner_core.models.heads import renew_head, with_labels
from ner_core.models.hub import located
from ner_core.models.labels import name_labels
from ner_core.models.lora import load_merged
from ner_core.models.probe import try_out
from ner_core.models.sources import ModelSource, find_model
from ner_core.models.tokenizer import fit_for_words
from ner_core.system import zero_gpu

SETTINGS_KEY = "ner_studio"
"""The key of config.json under which a model keeps the windows it was trained on."""

ADAPTER_RATE = 3

_POSITIONS_AFTER_PADDING = frozenset(
    {"camembert", "data2vec-text", "esm", "ibert", "layoutlmv3", "lilt", "longformer", "luke"}
    | {"markuplm", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl"}
    | {"xmod"}
)

_SAFE: dict[str, Any] = {"trust_remote_code": False}

transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()


def load_for_training(
    source: ModelSource, label_names: Sequence[str]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load an encoder and put a fresh token-classification head for these labels on it.

    A model that was trained on exactly these labels keeps its head. Raises ModelError if the model
    cannot be loaded or has no fast tokenizer.
    """
    source = located(source)
    tokenizer = load_tokenizer(source)
    labels = dict(enumerate(label_names))
    same_labels = has_head_for(source, label_names)
    named = {
        "num_labels": len(labels),
        "id2label": labels,
        "label2id": {label: number for number, label in labels.items()},
    }
    if source.base:
        model = _load(lambda: load_merged(source, **_SAFE), source)
        if not same_labels:
            model = with_labels(model, named)
        return model, tokenizer
    model = _load(
        lambda: AutoModelForTokenClassification.from_pretrained(
            source.location,
            **named,
            ignore_mismatched_sizes=True,
            use_safetensors=True,
            dtype=torch.float32,
            **_SAFE,
        ),
        source,
    )
    if not same_labels:
        renew_head(model)
    return model, tokenizer


def has_head_for(source: ModelSource, label_names: Sequence[str]) -> bool:
    """Tell whether a model was trained on exactly these labels, so that its head is kept."""
    source = located(source, weights=False)
    return bool(load_config(source).id2label == dict(enumerate(label_names)))


def prepare(model: PreTrainedModel, config: TrainConfig) -> None:
    """Set the dropout of all layers, and freeze what the settings say is left as it is.

    Raises ConfigError if more layers are to be frozen than the encoder has.
    """
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = config.dropout
    if config.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    if config.freeze_layers:
        # All that is below, also the embeddings of positions: nothing is computed backwards there.
        below = getattr(model.base_model, "embeddings", model.get_input_embeddings())
        below.requires_grad_(False)
        layers = encoder_layers(model)
        if config.freeze_layers > len(layers):
            raise ConfigError(
                f"freeze_layers: expected at most {len(layers)}, the layers of {config.model}, "
                f"found {config.freeze_layers}."
            )
        for layer in layers[: config.freeze_layers]:
            layer.requires_grad_(False)


def encoder_layers(model: PreTrainedModel) -> list[torch.nn.Module]:
    """Give the layers of an encoder, the lowest first: its longest list of like modules."""
    stacks = [part for part in model.modules() if isinstance(part, torch.nn.ModuleList)]
    stacks = [part for part in stacks if len(part) and len({type(layer) for layer in part}) == 1]
    return list(max(stacks, key=len, default=[]))


def head_parameters(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    """Give the weights of a token classifier that are not its encoder's, also under an adapter."""
    plain: Any = getattr(model, "get_base_model", lambda: model)()
    encoder = {id(weights) for weights in plain.base_model.parameters()}
    return [weights for weights in plain.parameters() if id(weights) not in encoder]


def load_trained(
    name: str, label_names: Sequence[str] | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model that already names entities, ready for use on the CPU in float32.

    ``label_names`` are its tags in the order of their numbers, for a model whose config.json does
    not name them, or names them otherwise. Raises UnnamedLabelsError if the labels have no names,
    ModelError if the model has no token-classification head, the names do not fit it, or it cannot
    be run on text alone.
    """
    source = located(find_model(name))
    config = load_config(source)
    architectures = config.architectures
    if not isinstance(architectures, list) or not any(
        str(kind).endswith("ForTokenClassification") for kind in architectures
    ):
        raise _no_head(source)
    name_labels(config, label_names, source.name)
    if source.base:
        model = _load(lambda: load_merged(source, **_SAFE), source)
    else:
        model, info = _load(
            lambda: AutoModelForTokenClassification.from_pretrained(
                source.location,
                use_safetensors=True,
                dtype=torch.float32,
                output_loading_info=True,
                **_SAFE,
            ),
            source,
        )
        if info["missing_keys"] or info["mismatched_keys"]:
            raise _no_head(source)
    model.config.id2label, model.config.label2id = config.id2label, config.label2id
    tokenizer = load_tokenizer(source)
    try_out(model.eval(), tokenizer, windows_of(config, tokenizer)[0], source.name)
    return model, tokenizer


def _no_head(source: ModelSource) -> ModelError:
    return ModelError(
        f"Expected a model that was trained to name entities, found {source.name}, an encoder "
        "without a token-classification head; train it first."
    )


def load_tokenizer(source: ModelSource) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a model, made fit for words; see ``fit_for_words``.

    Raises ModelError if it cannot be loaded, or cannot say which word a sub-token is from.
    """
    source = located(source, weights=False)
    fast = "a model with a fast tokenizer (tokenizer.json or a SentencePiece model)"
    tokenizer = _load(lambda: AutoTokenizer.from_pretrained(source.weights, **_SAFE), source, fast)
    # Without its files transformers makes up a tokenizer that knows its special tokens only.
    if not tokenizer.is_fast or len(tokenizer) <= len(tokenizer.all_special_ids):
        raise ModelError(
            f"Expected {fast}, found none in {source.name}; choose a model that has one."
        )
    _load(lambda: fit_for_words(tokenizer), source, fast)
    return tokenizer


def window_limit(config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    """Give the longest window that a model can read, in sub-tokens."""
    limits = [int(tokenizer.model_max_length)]
    positions = getattr(config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        limits.append(positions - _first_position(config))
    return min(limits)


def _first_position(config: PreTrainedConfig) -> int:
    """Give the number of the first position: RoBERTa and its kin begin after their padding id."""
    if config.model_type not in _POSITIONS_AFTER_PADDING:
        return 0
    # MPNet has it fixed, whatever its config says.
    padding = 1 if config.model_type == "mpnet" else config.pad_token_id
    return 0 if padding is None else int(padding) + 1


def windows_of(config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> tuple[int, int]:
    """Give the window length and overlap that a trained model is to be used with.

    Ours are kept in its config.json; for others the defaults, as far as the model can read.
    """
    defaults = TrainConfig()
    raw: Any = getattr(config, SETTINGS_KEY, None)
    try:
        kept = TrainConfig.model_validate({name: raw[name] for name in ("max_length", "overlap")})
    except (KeyError, TypeError, ValueError):  # not ours, or damaged
        kept = defaults
    length = min(kept.max_length, window_limit(config, tokenizer))
    return length, min(kept.overlap, length // 2)


def learning_rate_for(config: PreTrainedConfig, adapter: bool = False) -> float:
    """Choose a peak learning rate for fine-tuning an encoder of this width, or an adapter for it.

    A power law through two points: 3e-4 at width 384 (measured best for MiniLM with batches of 32)
    and 5e-5 at 768 (within the range of Devlin et al. 2019 for BERT-base), kept within 1e-5 and
    1e-3; for an adapter ``ADAPTER_RATE`` times that.
    """
    width = getattr(config, "hidden_size", None) or getattr(config, "dim", None) or 768
    rate = 3e-4 * (384 / width) ** math.log2(6)
    rate = min(1e-3, max(1e-5, rate)) * (ADAPTER_RATE if adapter else 1)
    return float(f"{rate:.1e}")


def best_device() -> torch.device:
    """Choose where models compute: the first CUDA GPU, otherwise the CPU.

    On ZeroGPU torch says everywhere that there is a GPU; only a process that was lent one has it.
    """
    if zero_gpu.is_here() and not zero_gpu.has_gpu():
        return torch.device("cpu")
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def bf16_pays(device: torch.device) -> bool:
    """Tell whether a device computes in bfloat16 natively, so that it is faster there."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        # AVX-512 without its bf16 part emulates the format, and is slower than float32.
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False


def use_bf16(precision: Precision, device: torch.device) -> bool:
    """Decide between bfloat16 and float32 for the forward pass."""
    return precision == "bf16" or (precision == "auto" and bf16_pays(device))


def check_window(config: TrainConfig, limit: int) -> None:
    """Raise ConfigError if the chosen windows are longer than the encoder can read."""
    if config.max_length > limit:
        raise ConfigError(
            f"max_length: expected at most {limit}, the window of {config.model}, "
            f"found {config.max_length}."
        )


def load_config(source: ModelSource) -> PreTrainedConfig:
    """Read the configuration of a model. Raises ModelError if it cannot be loaded."""
    return _load(lambda: AutoConfig.from_pretrained(source.location, **_SAFE), source)


def _load(
    call: Any,
    source: ModelSource,
    expected: str = "a model of transformers with safetensors weights",
) -> Any:
    """Call a loader of transformers; turn what it raises about the model into a ModelError."""
    try:
        return call()
    except Exception as error:  # files of strangers: their parsers raise what they like
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else ""
        reason = first or type(error).__name__
        # Where the files of a Hub id are is nobody's business.
        reason = reason.rstrip(".").replace(source.location, source.name)
        if "tiktoken" in reason:  # what transformers tries last, and complains of
            reason = "a SentencePiece model that cannot be read as one"
        raise ModelError(f"Expected {expected} at {source.name}, found: {reason}.") from error
