"""Prepare a tokenizer for text that comes as words.

Byte-level tokenizers, and some SentencePiece ones, encode a word differently after a blank. Words
that are passed one by one have no blank before them, so the encoder would read "AnnlivesinOslo"
although it was pretrained on text with blanks.
"""

import json
from typing import TYPE_CHECKING

from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def fit_for_words(tokenizer: "PreTrainedTokenizerBase") -> None:
    """Make a fast tokenizer read each word as after a blank, and truncate texts at their end.

    The option add_prefix_space of transformers does this for some tokenizer classes only (in 5.23
    not for the generic class, which ModernBERT uses). This works for all of them.
    """
    # Windows go from left to right, so texts are truncated on the right.
    tokenizer.truncation_side = "right"
    tokenizer.model_max_length = int(tokenizer.model_max_length)  # raises if it is not a number
    if read_as_after_blanks(tokenizer.backend_tokenizer):
        # Classes that build their parts when they are loaded use these settings.
        tokenizer.add_prefix_space = True
        tokenizer.init_kwargs["add_prefix_space"] = True


def read_as_after_blanks(backend: Tokenizer) -> bool:
    """Make a tokenizer read each word as after a blank; return whether that set its prefix space.

    Truncation and padding that the tokenizer was saved with are removed.
    """
    backend.no_truncation()
    backend.no_padding()
    if _begins_words(backend):
        return False
    if isinstance(backend.pre_tokenizer, pre_tokenizers.ByteLevel):
        backend.pre_tokenizer.add_prefix_space = True
        if isinstance(backend.post_processor, processors.RobertaProcessing):
            backend.post_processor = _with_prefix_space(backend.post_processor)
        return True
    # Another part splits words before the byte-level one, which must not add a blank to each piece.
    blank = normalizers.Prepend(" ")
    rest = [backend.normalizer] if backend.normalizer else []
    backend.normalizer = normalizers.Sequence([blank, *rest])
    return False


def _begins_words(backend: Tokenizer) -> bool:
    """Return whether a word passed by itself is encoded as the same word after a blank."""
    alone, after = (backend.encode(text, add_special_tokens=False).ids for text in ("a", "a a"))
    given = backend.encode(["a", "a"], is_pretokenized=True, add_special_tokens=False)
    second = [number for number, word in zip(given.ids, given.word_ids, strict=True) if word == 1]
    return second == after[len(alone) :]


def _with_prefix_space(processor: processors.RobertaProcessing) -> processors.RobertaProcessing:
    """Return the post-processor for words with an added blank, which is not part of the text.

    Without this it would leave the first letter of each word out of the offsets.
    """
    state = json.loads(processor.__getstate__())
    return processors.RobertaProcessing(
        tuple(state["sep"]),
        tuple(state["cls"]),
        trim_offsets=state["trim_offsets"],
        add_prefix_space=True,
    )
