"""Making a tokenizer fit for text that comes as words.

Byte-level tokenizers, and some of SentencePiece, tell a word that follows a blank from one that
follows nothing. Words given one by one follow nothing, so that the encoder would read
"AnnlivesinOslo" where it learned from text with blanks.
"""

import json
from typing import TYPE_CHECKING

from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def fit_for_words(tokenizer: "PreTrainedTokenizerBase") -> None:
    """Make a fast tokenizer read each word as after a blank, and cut long texts at their end.

    What the option add_prefix_space of transformers does for some classes (in 5.23 not for the
    generic one, which ModernBERT has) is done here for whatever the tokenizer is made of.
    """
    # Windows go from left to right, so what does not fit must be at the right.
    tokenizer.truncation_side = "right"
    tokenizer.model_max_length = int(tokenizer.model_max_length)  # raises for what is no number
    if read_as_after_blanks(tokenizer.backend_tokenizer):
        # Classes that build their parts anew when they are loaded go by this.
        tokenizer.add_prefix_space = True
        tokenizer.init_kwargs["add_prefix_space"] = True


def read_as_after_blanks(backend: Tokenizer) -> bool:
    """Make a tokenizer read each word as after a blank; tell whether its prefix space is now set.

    What it was saved with to cut texts or to fill them up is taken away.
    """
    backend.no_truncation()
    backend.no_padding()
    if _begins_words(backend):
        return False
    if isinstance(backend.pre_tokenizer, pre_tokenizers.ByteLevel):
        backend.pre_tokenizer.add_prefix_space = True
        if isinstance(backend.post_processor, processors.RobertaProcessing):
            backend.post_processor = _told_of_blanks(backend.post_processor)
        return True
    # Another part cuts words up before their bytes are read, and may not begin each piece so.
    blank = normalizers.Prepend(" ")
    rest = [backend.normalizer] if backend.normalizer else []
    backend.normalizer = normalizers.Sequence([blank, *rest])
    return False


def _begins_words(backend: Tokenizer) -> bool:
    """Tell whether a word given apart is read as the same word after a blank."""
    alone, after = (backend.encode(text, add_special_tokens=False).ids for text in ("a", "a a"))
    given = backend.encode(["a", "a"], is_pretokenized=True, add_special_tokens=False)
    second = [number for number, word in zip(given.ids, given.word_ids, strict=True) if word == 1]
    return second == after[len(alone) :]


def _told_of_blanks(processor: processors.RobertaProcessing) -> processors.RobertaProcessing:
    """Let a post-processor know that the blanks are not in the text.

    Otherwise it takes the first letter of each word for one, and leaves it out of the offsets.
    """
    state = json.loads(processor.__getstate__())
    return processors.RobertaProcessing(
        tuple(state["sep"]),
        tuple(state["cls"]),
        trim_offsets=state["trim_offsets"],
        add_prefix_space=True,
    )
