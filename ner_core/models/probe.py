"""Probe a model that was just loaded: a model that can't be used is refused at once."""

from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ner_core.errors import ModelError


def probe_model(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, max_length: int, name: str
) -> None:
    """Run a model on one word, in a window of ``max_length`` sub-tokens.

    Raises ModelError, which calls the model ``name``, if the window has no room for a word, if the
    tokenizer has sub-tokens that the model has no embedding for, or if the model needs other input
    besides text.
    """
    special = tokenizer.num_special_tokens_to_add()
    if max_length <= special:
        raise ModelError(
            f"{name} reads only {max_length} sub-tokens at a time, but needs at least "
            f"{special + 1}. Correct model_max_length in its tokenizer_config.json."
        )
    known = getattr(model.get_input_embeddings(), "num_embeddings", None)
    highest = max(tokenizer.get_vocab().values())
    if known is not None and highest >= known:
        raise ModelError(
            f"{name} has embeddings for only {known:,} of the {highest + 1:,} sub-tokens of its "
            "tokenizer. Save the tokenizer that it was trained with beside it."
        )
    try:
        _run(model, tokenizer)
    except Exception as error:  # other architectures raise errors of all kinds
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ModelError(
            f"{name} can't be run on text alone ({reason.rstrip('.')}). Choose another model."
        ) from error


@torch.inference_mode()
def _run(model: Any, tokenizer: PreTrainedTokenizerBase) -> None:
    encoded = tokenizer([["a"]], is_split_into_words=True, return_tensors="pt")
    model(input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"])
