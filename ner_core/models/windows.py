"""Cut texts into overlapping windows that an encoder can read, and label their sub-tokens.

A tokenizer cuts words into sub-tokens, and an encoder reads a limited number of them at a time. A
longer text is read in windows of ``max_length`` sub-tokens (special tokens included); neighbouring
windows share ``overlap`` sub-tokens. Each sub-token has one home window: the one in which the
shorter of its two sides of context is longer. Labels and predictions of a sub-token are used in its
home window only, so nothing is truncated and nothing counts twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from transformers import PreTrainedConfig, PreTrainedTokenizerBase

from ner_core.config import SubTokenLabels, TrainConfig
from ner_core.errors import ConfigError
from ner_core.models.tokenizer import composed
from ner_core.tags import UNDECIDED

SETTINGS_KEY = "ner_studio"
"""The key of config.json that holds the window settings a model was trained with."""

IGNORED = -100
"""The label that PyTorch's cross-entropy ignores."""

_POSITIONS_AFTER_PADDING = frozenset(
    {"camembert", "data2vec-text", "esm", "ibert", "layoutlmv3", "lilt", "longformer", "luke"}
    | {"markuplm", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl"}
    | {"xmod"}
)


def window_settings(
    config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase
) -> tuple[int, int]:
    """Return the window length and the overlap that a trained model is used with, in sub-tokens.

    Models trained here keep both in their config.json. Others get the defaults of ``TrainConfig``,
    shortened to what the model can read.
    """
    saved: Any = getattr(config, SETTINGS_KEY, None)
    try:
        settings = TrainConfig.model_validate(
            {name: saved[name] for name in ("max_length", "overlap")}
        )
    except (KeyError, TypeError, ValueError):  # trained elsewhere, or a damaged config.json
        settings = TrainConfig()
    length = min(settings.max_length, max_window_length(config, tokenizer))
    return length, window_overlap(settings.overlap, length)


def window_overlap(wanted: int, room: int) -> int:
    """Return how many sub-tokens neighbouring windows share: at most half of their ``room``."""
    return min(wanted, room // 2)


def max_window_length(config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the length of the longest window that a model can read, in sub-tokens."""
    limits = [int(tokenizer.model_max_length)]
    positions = getattr(config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        limits.append(positions - _first_position(config))
    return min(limits)


def _first_position(config: PreTrainedConfig) -> int:
    """Return the number of the first position: RoBERTa and its kin count from their padding id."""
    if config.model_type not in _POSITIONS_AFTER_PADDING:
        return 0
    # MPNet has a fixed padding id, whatever its config says.
    padding = 1 if config.model_type == "mpnet" else config.pad_token_id
    return 0 if padding is None else int(padding) + 1


def check_max_length(config: TrainConfig, limit: int) -> None:
    """Raise ConfigError if the chosen windows are longer than the encoder can read."""
    if config.max_length > limit:
        raise ConfigError(
            f"max_length can't be {config.max_length}: {config.model} reads at most {limit} "
            "sub-tokens at a time. Choose a smaller number."
        )


@dataclass(frozen=True)
class Window:
    """One window of one text, as the encoder reads it.

    ``text`` is the index of the text in the call. ``input_ids`` are the sub-tokens, special tokens
    included. ``word_ids`` has the index of the word of each sub-token that has its home in this
    window, None for all others. ``first`` is True for those that are the first of their word.
    """

    text: int
    input_ids: list[int]
    word_ids: list[int | None]
    first: list[bool]


def split_into_windows(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[Sequence[str]],
    max_length: int,
    overlap: int,
) -> list[Window]:
    """Return the windows of texts, given as words: in the order of the texts, from left to right.

    A word that the tokenizer drops (such as a control character) has no sub-token in any window. A
    text without sub-tokens still has one window.
    """
    if not texts:
        return []
    overlap = window_overlap(overlap, max_length - tokenizer.num_special_tokens_to_add())
    encoded = tokenizer(
        [composed(words) for words in texts],
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
    """Return the windows ``encoded[begin:end]`` of one text, with the homes of its sub-tokens."""
    result: list[Window] = []
    # Homes follow each other without a gap, so the previous word is also known for a window that
    # begins inside a word.
    previous_word: int | None = None
    for number in range(begin, end):
        word_ids: list[int | None] = encoded.word_ids(number)
        content = [place for place, word in enumerate(word_ids) if word is not None]
        # Of the sub-tokens that two windows share, the left half has its home in the left window
        # and the right half in the right one.
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


def dropped_words(
    windows: Sequence[Window], texts: Sequence[Sequence[str]]
) -> dict[int, list[int]]:
    """Return the words without a sub-token of each text that has any: their indices, in order."""
    seen: dict[int, set[int]] = {number: set() for number in range(len(texts))}
    for window in windows:
        seen[window.text].update(word for word in window.word_ids if word is not None)
    return {
        number: [word for word in range(len(texts[number])) if word not in kept]
        for number, kept in seen.items()
        if len(kept) < len(texts[number])
    }


def label_window(
    window: Window, tags: Sequence[str], mode: SubTokenLabels = "first"
) -> list[str | None]:
    """Return the tag of each sub-token of a window, None where the loss ignores it.

    ``tags`` are the IOB2 tags of the words of the whole text, or ``UNDECIDED``. Mode ``first``
    labels the first sub-token of a word, as Devlin et al. (2019) do. ``all`` also labels the
    others, as I- where the word is B-. ``copy`` repeats the tag, as in the notebook that this
    project started from, which makes one entity look like several.

    >>> window = Window(0, [101, 7, 8, 102], [None, 0, 0, None], [False, True, False, False])
    >>> [label_window(window, ["B-PER"], mode) for mode in ("first", "all", "copy")]
    [[None, 'B-PER', None, None], [None, 'B-PER', 'I-PER', None], [None, 'B-PER', 'B-PER', None]]
    """
    labels: list[str | None] = [None] * len(window.input_ids)
    for place, word in enumerate(window.word_ids):
        if word is None or (mode == "first" and not window.first[place]):
            continue
        tag = tags[word]
        if tag == UNDECIDED:
            continue
        if mode == "all" and not window.first[place] and tag.startswith("B-"):
            tag = f"I-{tag[2:]}"
        labels[place] = tag
    return labels


def label_ids(labels: Sequence[str | None], label2id: Mapping[str, int]) -> list[int]:
    """Return the label ids of tags, ``IGNORED`` for None."""
    return [IGNORED if label is None else label2id[label] for label in labels]


def first_sub_tokens(window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the first sub-tokens at home in a window, and their words."""
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
    """Return a row for each sub-token of a sentence, with its window, word and label.

    ``label`` is None where the loss ignores the sub-token; ``word_id`` and ``word`` are None for
    special tokens and for sub-tokens that have their home in another window.
    """
    return [
        {
            "window": number,
            "sub_token": piece,
            "word_id": word_id,
            "word": None if word_id is None else words[word_id],
            "label": label,
        }
        for number, window in enumerate(split_into_windows(tokenizer, [words], max_length, overlap))
        for piece, word_id, label in zip(
            tokenizer.convert_ids_to_tokens(window.input_ids),
            window.word_ids,
            label_window(window, tags, mode),
            strict=True,
        )
    ]
