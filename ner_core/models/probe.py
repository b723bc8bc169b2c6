"""Trying a loaded model out, so that what it cannot do is said before anyone types."""

from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ner_core.errors import ModelError


def try_out(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, window: int, name: str
) -> None:
    """Run a model on one word. ``window`` is its length in sub-tokens, ``name`` is for messages.

    Raises ModelError if there is no room for a word, if the tokenizer knows sub-tokens that the
    model does not, or if the model wants more than text.
    """
    special = tokenizer.num_special_tokens_to_add()
    if window <= special:
        raise ModelError(
            f"Expected a model that reads at least {special + 1} sub-tokens at a time, found "
            f"{window} in {name}; correct model_max_length in its tokenizer_config.json."
        )
    known = getattr(model.get_input_embeddings(), "num_embeddings", None)
    highest = max(tokenizer.get_vocab().values())
    if known is not None and highest >= known:
        raise ModelError(
            f"Expected a model that knows all sub-tokens of its tokenizer, found {known:,} of "
            f"{highest + 1:,} in {name}; save the tokenizer that it was trained with beside it."
        )
    try:
        _run(model, tokenizer)
    except Exception as error:  # models of any kind raise what they like
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ModelError(
            f"Expected a model that can be run on text alone, found that {name} cannot "
            f"({reason.rstrip('.')}); choose another one."
        ) from error


@torch.inference_mode()
def _run(model: Any, tokenizer: PreTrainedTokenizerBase) -> None:
    encoded = tokenizer([["a"]], is_split_into_words=True, return_tensors="pt")
    model(input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"])
