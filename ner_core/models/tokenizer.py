"""Prepare a tokenizer for text that comes as words.

Byte-level tokenizers, and some SentencePiece ones, encode a word differently after a blank. Words
that are passed one by one have no blank before them, so the encoder would read "AnnlivesinOslo"
although it was pretrained on text with blanks.

Words are composed (NFC) first: an accent that stands by itself, as in texts from PDF files and
macOS, is a sub-token of its own to a cased encoder, which then finds less.
"""

import json
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


_MANY_CAPITALS = 0.01
"""The share of pieces with a capital in the vocabulary of a cased encoder; most have 0.2 to 0.5."""


def composed(words: Iterable[str]) -> list[str]:
    """Return words as tokenizers get them: letters and their accents composed.

    >>> [len(word) for word in composed(["Ann", "Jose\u0301"])]
    [3, 4]
    """
    return [word if word.isascii() else unicodedata.normalize("NFC", word) for word in words]


def place_in_word(word: str, start: int, end: int) -> tuple[int, int]:
    """Return the characters of a word that are those from ``start`` to ``end`` once composed.

    >>> place_in_word("Jose\u0301!", 3, 4)
    (3, 5)
    """
    if word.isascii() or unicodedata.is_normalized("NFC", word):
        return start, end
    lengths = [len(unicodedata.normalize("NFC", word[:n])) for n in range(len(word) + 1)]
    # An accent belongs to the letter before it.
    begin = bisect_right(lengths, start) - 1
    return begin, max(begin, bisect_right(lengths, lengths[bisect_left(lengths, end)]) - 1)


def lower_cases(backend: Tokenizer) -> bool:
    """Return whether a tokenizer lower-cases the text that it reads."""
    return backend.normalizer is not None and "a" in backend.normalizer.normalize_str("A")


def meant_as_cased(folder: Path, backend: Tokenizer) -> bool:
    """Return whether a model reads capitals, if its tokenizer_config.json does not say.

    transformers takes such a tokenizer for one that lower-cases, whatever its other files say.
    """
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_bytes())
    except (OSError, ValueError):
        settings = {}
    if "do_lower_case" in settings:
        return False
    if (folder / "tokenizer.json").is_file():
        return not lower_cases(Tokenizer.from_file(str(folder / "tokenizer.json")))
    return _has_capitals(backend)


def casing_problem(backend: Tokenizer, name: str) -> str | None:
    """Return what is wrong if a tokenizer lower-cases and its vocabulary has capitals, or neither.

    ``name`` is that of the model. None if the two agree.
    """
    lower, capitals = lower_cases(backend), _has_capitals(backend)
    if lower == capitals and lower:
        return (
            f"{name} has capitals in its vocabulary, but its tokenizer lower-cases all text, so "
            "it never sees them. Set do_lower_case to false in its tokenizer_config.json if it "
            "was trained on text with capitals."
        )
    if lower == capitals and backend.token_to_id("a") is not None:  # not one of another script
        return (
            f"{name} has no capitals in its vocabulary, but its tokenizer doesn't lower-case "
            "text, so it doesn't know words with capitals. Set do_lower_case to true in its "
            "tokenizer_config.json."
        )
    return None


def _has_capitals(backend: Tokenizer) -> bool:
    pieces = [piece for piece in backend.get_vocab() if not re.fullmatch(r"[\[<].*[\]>]", piece)]
    capitals = sum(piece != piece.lower() for piece in pieces)
    return capitals > _MANY_CAPITALS * len(pieces)


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
