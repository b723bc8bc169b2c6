"""Load encoders and trained models; put a head for a set of labels on an encoder.

Only safetensors weights are read, and no code that comes with a model is run.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

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

from ner_core.errors import ModelError
from ner_core.models.head_change import HeadChange, labels_in
from ner_core.models.heads import label_settings, reset_head, with_labels, with_new_head
from ner_core.models.hub import located
from ner_core.models.label_spelling import as_tags
from ner_core.models.labels import set_label_names
from ner_core.models.lora import load_merged
from ner_core.models.probe import probe_model
from ner_core.models.sources import ModelSource, find_model
from ner_core.models.tokenizer import fit_for_words, lower_cases, meant_as_cased
from ner_core.models.weight_files import check_pointers, head_size, wrapper_of
from ner_core.models.windows import window_settings

T = TypeVar("T")

_OTHER_HEAD = re.compile(r"For(?:Sequence|Multiple|NextSentence|Image|Audio)")
"""Architectures whose head has the same name as one for tokens."""

_SAFE: dict[str, Any] = {"trust_remote_code": False}
_NO_TOKENIZER = "has no fast tokenizer (tokenizer.json or a SentencePiece model)"
_UNREADABLE_TOKENIZER = f"{_NO_TOKENIZER} that can be read"

transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()


def load_for_training(
    source: ModelSource, label_names: Sequence[str]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load an encoder and put a token-classification head for these labels on it.

    A head that the model has already keeps its rows of these labels; the other rows are new. Raises
    ModelError if the model cannot be loaded or has no fast tokenizer.
    """
    source = located(source)
    check_pointers(Path(source.location), source.name)
    tokenizer = load_tokenizer(source)
    change = head_change(source, label_names)
    labels = label_settings(label_names)
    if change is None or not change.kept:
        if source.base:
            return with_new_head(_merged(source), labels), tokenizer
        model, _ = _whole(source, **labels)
        reset_head(model)
        return model, tokenizer
    model = _any(source)
    own = as_tags([model.config.id2label[number] for number in range(model.config.num_labels)])
    if own == list(label_names):
        model.config.update(labels)
        return model, tokenizer
    return with_labels(model, own, label_names), tokenizer


def head_change(source: ModelSource, label_names: Sequence[str]) -> HeadChange | None:
    """Return which entity types of a model stay, come and go if it is trained on these labels.

    None for a model that knows no types. Raises ModelError if its config.json can't be downloaded.
    """
    return HeadChange.of(labels_in(Path(located(source, weights=False).location)), label_names)


def _any(source: ModelSource) -> PreTrainedModel:
    return _merged(source) if source.base else _whole(source)[0]


def _merged(source: ModelSource) -> PreTrainedModel:
    return _load(lambda: load_merged(source, **_SAFE), source)


def _whole(source: ModelSource, **settings: Any) -> tuple[PreTrainedModel, dict[str, Any]]:
    """Load a model that is no adapter; also return what of it was missing or did not fit."""
    if wrapper := wrapper_of(Path(source.location), _encoder_name(source)):
        settings["key_mapping"] = {f"^{re.escape(wrapper)}": ""}
    loaded: tuple[PreTrainedModel, dict[str, Any]] = _load(
        lambda: AutoModelForTokenClassification.from_pretrained(
            source.location,
            **settings,
            ignore_mismatched_sizes=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            **_SAFE,
        ),
        source,
    )
    return loaded


def load_trained(
    name: str, label_names: Sequence[str] | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model that was trained for NER, ready for use on the CPU in float32.

    ``label_names`` are its tags in the order of their numbers, for a model whose config.json does
    not name them or names them differently. Raises UnnamedLabelsError if the labels have no names,
    ModelError if the model has no token-classification head, the names do not fit it, or it cannot
    be run on text alone.
    """
    source = located(find_model(name))
    check_pointers(Path(source.location), source.name)
    config = load_config(source)
    # Architectures are often missing, or name a class of the author's. The weights know.
    size = head_size(Path(source.location))
    if size is None or _OTHER_HEAD.search(str(config.architectures)):
        _any(source)  # if it can't be loaded, that is said first
        raise _no_head(source)
    set_label_names(config, label_names, source.name, size)
    if source.base:
        model = _merged(source)
    else:
        model, info = _whole(source, num_labels=size)
        if info["missing_keys"] or info["mismatched_keys"]:
            raise _no_head(source)
    model.config.id2label, model.config.label2id = config.id2label, config.label2id
    tokenizer = load_tokenizer(source)
    max_length, _ = window_settings(config, tokenizer)
    probe_model(model.eval(), tokenizer, max_length, source.name)
    return model, tokenizer


def _encoder_name(source: ModelSource) -> str:
    """Return the name of the encoder's part in the architecture of a model."""
    kind = AutoModelForTokenClassification._model_mapping.get(type(load_config(source)), None)
    return str(getattr(kind, "base_model_prefix", "")) or "bert"


def _no_head(source: ModelSource) -> ModelError:
    return ModelError(
        f"{source.name} is an encoder without a token-classification head, so it can't find "
        "entities yet. Train it first."
    )


def load_tokenizer(source: ModelSource) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a model, prepared for text that comes as words; see ``fit_for_words``.

    Raises ModelError if it cannot be loaded, or cannot map sub-tokens to words.
    """
    source = located(source, weights=False)

    def load(**settings: Any) -> PreTrainedTokenizerBase:
        return AutoTokenizer.from_pretrained(source.weights, **settings, **_SAFE)

    tokenizer = _load(load, source, _UNREADABLE_TOKENIZER)
    # If its files are missing, transformers makes a tokenizer that has special tokens only.
    if not tokenizer.is_fast or len(tokenizer) <= len(tokenizer.all_special_ids):
        raise ModelError(f"{source.name} {_NO_TOKENIZER}. Choose a model that has one.")
    if lower_cases(tokenizer.backend_tokenizer) and _load(
        lambda: meant_as_cased(Path(source.weights), tokenizer.backend_tokenizer),
        source,
        _UNREADABLE_TOKENIZER,
    ):
        tokenizer = load(do_lower_case=False)
    _load(lambda: fit_for_words(tokenizer), source, _UNREADABLE_TOKENIZER)
    return tokenizer


def load_config(source: ModelSource) -> PreTrainedConfig:
    """Read the configuration of a model. Raises ModelError if it cannot be loaded."""
    return _load(lambda: AutoConfig.from_pretrained(source.location, **_SAFE), source)


def _load(
    call: Callable[[], T],
    source: ModelSource,
    problem: str = "can't be loaded as a transformers model with safetensors weights",
) -> T:
    """Call a loader of transformers; raise ModelError for any error it raises about the model."""
    try:
        return call()
    except Exception as error:  # parsers of files by strangers raise errors of all kinds
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else ""
        reason = first or type(error).__name__
        # Visitors of a page are not shown where the files of a Hub model are kept.
        reason = reason.rstrip(".").replace(source.location, source.name)
        if "tiktoken" in reason:  # the format that transformers tries last
            reason = "its SentencePiece model can't be read"
        raise ModelError(f"{source.name} {problem}: {reason}.") from error
