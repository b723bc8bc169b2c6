"""What a model says of each sub-token of a text, as the plain ``ner`` pipeline prints it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ner_core.words import Word, readable

if TYPE_CHECKING:  # at run time this is light, so that a page can know what a SubToken is
    from transformers import PreTrainedTokenizerBase

    from ner_core.inference.tagger import Tagger

_BYTE_LEVEL_BLANK = "Ġ"
_BLANKS = (_BYTE_LEVEL_BLANK, "▁")
"""How byte-level vocabularies and those of SentencePiece write a blank."""


class SubToken(NamedTuple):
    """One sub-token of a text and the tag that is its own, first of its word or not.

    ``sub_token`` is as the vocabulary has it ("##ed", "Ġin", "▁in"), what it does not have as the
    text has it. ``score`` is the probability of ``tag``, from 0 to 1. ``index`` counts from 1, the
    special token before the text being 0. ``start`` and ``end`` are in characters of the text,
    half-open. They are alike where only a blank is meant ("Ġ"), and the same for several
    sub-tokens that are bytes of one character.
    """

    sub_token: str
    tag: str
    score: float
    index: int  # type: ignore[assignment]  # the pipeline's name for it; nobody looks up in a tuple
    start: int
    end: int


def view_sub_tokens(tagger: "Tagger", text: str, places: Sequence[Word]) -> list[SubToken]:
    """Give the sub-tokens of a text in their order, without the special ones.

    ``places`` are its words. Each sub-token is seen in its home window, as for entities; see
    ``align``. The index goes on through all windows.
    """
    words = readable(text, places)
    log_probabilities = tagger.sub_token_probabilities(words)
    with tagger.tokenizer_lock:
        pieces = _pieces(tagger.tokenizer, words)
    best = log_probabilities.argmax(axis=1)
    scores = np.exp(log_probabilities.max(axis=1))
    return [
        SubToken(
            piece.sub_token,
            tagger.label_names[number],
            float(score),
            index,
            places[piece.word].start + piece.start,
            places[piece.word].start + piece.end,
        )
        for index, (piece, number, score) in enumerate(zip(pieces, best, scores, strict=True), 1)
    ]


class _Piece(NamedTuple):
    """A sub-token, its word, and its place in it: half-open characters.

    ``sub_token`` is as the vocabulary has it, or as the word has it if the vocabulary does not. One
    that only says that a blank stood before has an empty place.
    """

    sub_token: str
    word: int
    start: int
    end: int


def _pieces(tokenizer: "PreTrainedTokenizerBase", words: Sequence[str]) -> list[_Piece]:
    """Cut the words of one text into sub-tokens: those at home in its windows, in their order."""
    encoded = tokenizer(
        [list(words)],
        is_split_into_words=True,
        add_special_tokens=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    )
    numbers: list[int] = encoded["input_ids"][0]
    owners: list[int] = encoded.word_ids(0)
    names: list[str] = tokenizer.convert_ids_to_tokens(numbers)
    places: list[tuple[int, int]] = encoded["offset_mapping"][0]
    result: list[_Piece] = []
    for number, name, word, (start, end), after, place_after in zip(
        numbers, names, owners, places, [*owners, None][1:], [*places, (0, 0)][1:], strict=True
    ):
        if name.startswith(_BYTE_LEVEL_BLANK):
            # No word has a blank inside: it was put there, and the letter after it may have been
            # taken for it and left out.
            start = result[-1].end if result and result[-1].word == word else 0
            end = max(start, end)
        if name in _BLANKS and after == word and place_after[0] < end:
            start = end = place_after[0]
        elif number == tokenizer.unk_token_id:
            name = words[word][start:end]
        result.append(_Piece(name, word, start, end))
    return result
