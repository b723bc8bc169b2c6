"""Words and sub-tokens: windows over texts of any length, and which sub-token speaks for a word.

A tokenizer cuts words into sub-tokens, an encoder reads a limited number of them. A text that is
longer is read in windows of ``max_length`` sub-tokens (special tokens included), of which
neighbours share ``overlap``. Each sub-token belongs to exactly one window, its home: the one that
shows it the most context on its poorer side. Labels are given, and predictions taken, at home only,
so nothing is cut off and nothing counts twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerBase

from ner_core.config import SubTokenLabels

IGNORED = -100
"""The label that PyTorch's cross-entropy passes over."""


@dataclass(frozen=True)
class Window:
    """One window of one text, as the encoder reads it.

    ``text`` is the text's index in the call. ``input_ids`` are the sub-tokens with the special
    ones. ``word_ids`` has the word of each sub-token for which this window is home, None for all
    others. ``first`` marks, among those, the first sub-token of its word.
    """

    text: int
    input_ids: list[int]
    word_ids: list[int | None]
    first: list[bool]


def windows(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[Sequence[str]],
    max_length: int,
    overlap: int,
) -> list[Window]:
    """Cut texts, given as words, into windows; in the order of the texts, then from left to right.

    A word that the tokenizer drops (a lone control character) has no sub-token in any window. A
    text without sub-tokens still gives one window.
    """
    if not texts:
        return []
    overlap = min(overlap, (max_length - tokenizer.num_special_tokens_to_add()) // 2)
    encoded = tokenizer(
        [list(words) for words in texts],
        is_split_into_words=True,
        truncation=True,
        max_length=max_length,
        stride=overlap,
        return_overflowing_tokens=True,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    )
    owners: list[int] = encoded["overflow_to_sample_mapping"]
    result: list[Window] = []
    begin = 0
    while begin < len(owners):
        end = begin + 1
        while end < len(owners) and owners[end] == owners[begin]:
            end += 1
        result += _windows_of_text(encoded, owners[begin], begin, end, overlap)
        begin = end
    return result


def _windows_of_text(encoded: Any, text: int, begin: int, end: int, overlap: int) -> list[Window]:
    """Settle the home of each sub-token of one text, whose windows are ``encoded[begin:end]``."""
    result: list[Window] = []
    # Homes follow each other without a gap, so the word before is known where a window begins
    # inside a word.
    previous_word: int | None = None
    for number in range(begin, end):
        word_ids: list[int | None] = encoded.word_ids(number)
        content = [place for place, word in enumerate(word_ids) if word is not None]
        # Of the sub-tokens that neighbours share, the left half is at home in the left window and
        # the right half in the right one: there each has more context on its poorer side.
        skip_left = overlap // 2 if number > begin else 0
        skip_right = overlap - overlap // 2 if number + 1 < end else 0
        own: list[int | None] = [None] * len(word_ids)
        first = [False] * len(word_ids)
        for place in content[skip_left : len(content) - skip_right]:
            own[place] = word_ids[place]
            first[place] = word_ids[place] != previous_word
            previous_word = word_ids[place]
        result.append(Window(text, encoded["input_ids"][number], own, first))
    return result


def label_window(
    window: Window, tags: Sequence[str], mode: SubTokenLabels = "first"
) -> list[str | None]:
    """Give each sub-token of a window its tag, None where it has none (-100 for the loss).

    ``tags`` are the IOB2 tags of the whole text's words. ``first`` labels the first sub-token of a
    word, as Devlin et al. (2019) do; ``all`` also the others, a continued B- becoming I-; ``copy``
    repeats the word's tag on each, as the notebook does that this project started from, which
    makes one entity look like several.

    >>> window = Window(0, [101, 7, 8, 102], [None, 0, 0, None], [False, True, False, False])
    >>> [label_window(window, ["B-PER"], mode) for mode in ("first", "all", "copy")]
    [[None, 'B-PER', None, None], [None, 'B-PER', 'I-PER', None], [None, 'B-PER', 'B-PER', None]]
    """
    labels: list[str | None] = [None] * len(window.input_ids)
    for place, word in enumerate(window.word_ids):
        if word is None or (mode == "first" and not window.first[place]):
            continue
        tag = tags[word]
        if mode == "all" and not window.first[place] and tag.startswith("B-"):
            tag = f"I-{tag[2:]}"
        labels[place] = tag
    return labels


def label_ids(labels: Sequence[str | None], label2id: Mapping[str, int]) -> list[int]:
    """Turn tags into the numbers that the loss takes, None into -100."""
    return [IGNORED if label is None else label2id[label] for label in labels]


def first_sub_tokens(window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Give the places of the first sub-tokens at home in a window, and the words they begin."""
    places = np.flatnonzero(np.asarray(window.first, dtype=bool))
    words = np.asarray([window.word_ids[place] for place in places], dtype=np.int64)
    return places, words


def show_alignment(
    tokenizer: PreTrainedTokenizerBase,
    words: Sequence[str],
    tags: Sequence[str],
    max_length: int,
    overlap: int,
    mode: SubTokenLabels = "first",
) -> list[dict[str, Any]]:
    """Lay one sentence out for the eye: a row a sub-token, with its window, word and label.

    ``label`` is None where the loss passes over the sub-token (-100); ``word_id`` and ``word`` are
    None for special tokens and for sub-tokens that are at home in another window.
    """
    return [
        {
            "window": number,
            "sub_token": piece,
            "word_id": word_id,
            "word": None if word_id is None else words[word_id],
            "label": label,
        }
        for number, window in enumerate(windows(tokenizer, [words], max_length, overlap))
        for piece, word_id, label in zip(
            tokenizer.convert_ids_to_tokens(window.input_ids),
            window.word_ids,
            label_window(window, tags, mode),
            strict=True,
        )
    ]
