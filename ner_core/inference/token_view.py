"""The tag of each sub-token of a text, as transformers' plain ``ner`` pipeline prints it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ner_core.models.tokenizer import composed, place_in_word
from ner_core.words import Word, readable

if TYPE_CHECKING:  # imports torch, which the page does without
    from transformers import PreTrainedTokenizerBase

    from ner_core.inference.tagger import Tagger

_BYTE_LEVEL_BLANK = "Ġ"
_BLANKS = (_BYTE_LEVEL_BLANK, "▁")
"""How byte-level and SentencePiece vocabularies write a blank."""


class SubToken(NamedTuple):
    """One sub-token of a text with its own tag, whether or not it is the first of its word.

    ``sub_token`` is written as in the vocabulary ("##ed", "Ġin", "▁in"), an unknown one as in the
    text. ``score`` is the probability of ``tag``, from 0 to 1. ``index`` counts from 1; the special
    token before the text is 0. ``start`` and ``end`` are in characters of the text, half-open. They
    are equal for a sub-token that is only a blank ("Ġ"). Several sub-tokens that are bytes of one
    character have the same ``start`` and ``end``.
    """

    sub_token: str
    tag: str
    score: float
    index: int  # type: ignore[assignment]  # named as in the pipeline
    start: int
    end: int


def view_sub_tokens(tagger: "Tagger", text: str, places: Sequence[Word]) -> list[SubToken]:
    """Return the sub-tokens of a text in their order, without special tokens.

    ``places`` are the words of the text. Each sub-token is tagged in its home window, as for
    entities; see ``ner_core.models.windows``. The index counts through all windows.
    """
    words = readable(text, places)
    log_probabilities = tagger.sub_token_probabilities(words)
    with tagger.tokenizer_lock:
        pieces = _pieces(tagger.tokenizer, composed(words))
    spots = [place_in_word(words[piece.word], piece.start, piece.end) for piece in pieces]
    best = log_probabilities.argmax(axis=1)
    scores = np.exp(log_probabilities.max(axis=1))
    return [
        SubToken(
            piece.sub_token,
            tagger.label_names[number],
            float(score),
            index,
            places[piece.word].start + start,
            places[piece.word].start + end,
        )
        for index, (piece, (start, end), number, score) in enumerate(
            zip(pieces, spots, best, scores, strict=True), 1
        )
    ]


class _Piece(NamedTuple):
    """A sub-token, the index of its word, and its place in the word: half-open characters.

    ``sub_token`` is written as in the vocabulary, an unknown one as in the word. The place of a
    sub-token that is only a blank is empty.
    """

    sub_token: str
    word: int
    start: int
    end: int


def _pieces(tokenizer: "PreTrainedTokenizerBase", words: Sequence[str]) -> list[_Piece]:
    """Return the sub-tokens of the words of one text, in their order."""
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
            # Words contain no blanks: the tokenizer added this one, and its offsets may leave out
            # the letter after it.
            start = result[-1].end if result and result[-1].word == word else 0
            end = max(start, end)
        if name in _BLANKS and after == word and place_after[0] < end:
            start = end = place_after[0]
        elif number == tokenizer.unk_token_id:
            name = words[word][start:end]
        result.append(_Piece(name, word, start, end))
    return result
