"""Measure how an encoder's tokenizer reads data: lengths, windows, unknown words.

For minilm it uses the ``tokenizers`` library alone: a page can show this before torch is there.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from tokenizers import Encoding, Tokenizer

from ner_core.checks.finding import MOST_ROWS, Finding, entities, places
from ner_core.config import TrainConfig
from ner_core.counting import many
from ner_core.data.corpus import Corpus
from ner_core.models.sources import ModelSource, find_model
from ner_core.models.tokenizer import casing_problem, composed, read_as_after_blanks

_BATCH = 1000


@dataclass(frozen=True)
class SubTokens:
    """How an encoder's tokenizer splits a corpus; lengths are in sub-tokens with the special ones.

    ``over_window`` counts the sentences that are longer than ``max_length`` and need several of the
    ``windows``. ``alignment`` shows the first sentence with an entity: sub-token, word and label,
    which only the first sub-token of a word has.
    """

    model: str
    max_length: int
    sentences: int
    windows: int
    median: float
    p95: float
    longest: int
    over_window: int
    unknown_words: int
    alignment: list[dict[str, str]]
    long_rows: list[tuple[str, int]] = field(default_factory=list, repr=False)
    unknown_rows: list[tuple[str, int]] = field(default_factory=list, repr=False)
    dropped_rows: list[tuple[str, int]] = field(default_factory=list, repr=False)
    unknown_characters: str = ""
    dropped_words: int = 0
    casing: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the figures as JSON types."""
        figures = asdict(self)
        return {name: figures[name] for name in figures if not name.endswith(("_rows", "casing"))}

    def findings(self, corpus: Corpus) -> Iterator[Finding]:
        """Yield sentences that need several windows, and words that the tokenizer cannot read."""
        if self.casing:
            yield Finding("warning", "casing", self.casing, 1)
        if self.dropped_words:
            words, one = many(self.dropped_words, "word"), self.dropped_words == 1
            yield Finding(
                "note",
                "dropped_words",
                f"{words} {'has' if one else 'have'} no character that {self.model} reads (only "
                f"invisible ones, perhaps): {'it goes' if one else 'they go'} by the words around "
                f"{'it' if one else 'them'}. Remove {'it' if one else 'them'} if that is wrong.",
                self.dropped_words,
                _rows(corpus, self.dropped_rows),
            )
        if self.over_window:
            one = self.over_window == 1
            yield Finding(
                "note",
                "long_sentences",
                f"{many(self.over_window, 'sentence')} {'is' if one else 'are'} longer than the "
                f"window of {self.max_length} sub-tokens, so the {self.sentences:,} sentences are "
                f"read in {self.windows:,} windows. Nothing is cut off.",
                self.over_window,
                _rows(corpus, self.long_rows),
            )
        if self.unknown_words:
            words, one = many(self.unknown_words, "word"), self.unknown_words == 1
            message = (
                f"{self.model} doesn't know some characters in {words} "
                f"({self.unknown_characters}). If they matter, choose an encoder made for this "
                "script."
                if self.unknown_characters
                else f"{words} {'is' if one else 'are'} too long for {self.model}. Split "
                f"{'it' if one else 'them'} if {'it matters' if one else 'they matter'}."
            )
            yield Finding(
                "warning",
                "unknown_words",
                message,
                self.unknown_words,
                _rows(corpus, self.unknown_rows),
            )


def _rows(corpus: Corpus, rows: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [place for split, row in rows for place in places(corpus, split, [row])]


def measure(corpus: Corpus, model: str, folders: bool = True) -> SubTokens:
    """Split all sentences of a corpus into sub-tokens; ``folders`` as in ``find_model``.

    Raises ModelError if there is no such model, or it has no fast tokenizer.
    """
    source = find_model(model, folders)
    tokenizer = _tokenizer(source)
    settings = TrainConfig()
    special = tokenizer.num_special_tokens_to_add(is_pair=False)
    unknown = _unknown_id(tokenizer)
    lengths: list[int] = []
    long_rows: list[tuple[str, int]] = []
    unknown_rows: list[tuple[str, int]] = []
    characters: Counter[str] = Counter()
    dropped_rows: list[tuple[str, int]] = []
    unknown_words = over = dropped_words = 0
    for split, data in corpus.dataset.items():
        for row, words, encoding in _encodings(tokenizer, data):
            lengths.append(len(encoding))
            if dropped := len(words) - len({*encoding.word_ids} - {None}):
                dropped_words += dropped
                dropped_rows.append((split, row))
            if len(encoding) > settings.max_length:
                over += 1
                long_rows.append((split, row))
            if unknown is not None and unknown in encoding.ids:
                found = _unknown_words(encoding, words, unknown)
                unknown_words += len(found)
                characters.update(character for word in found for character in set(word))
                unknown_rows.append((split, row))
    array = np.array(lengths or [0])
    return SubTokens(
        model=source.name,
        max_length=settings.max_length,
        sentences=len(lengths),
        windows=int(_windows(array, settings.max_length, settings.overlap, special).sum()),
        median=float(np.median(array)),
        p95=float(np.percentile(array, 95)),
        longest=int(array.max()),
        over_window=over,
        unknown_words=unknown_words,
        alignment=_alignment(tokenizer, corpus),
        long_rows=long_rows[:MOST_ROWS],
        unknown_rows=unknown_rows[:MOST_ROWS],
        dropped_rows=dropped_rows[:MOST_ROWS],
        dropped_words=dropped_words,
        casing=casing_problem(tokenizer, source.name),
        unknown_characters=_unreadable(tokenizer, characters, unknown),
    )


def _windows(lengths: np.ndarray, max_length: int, overlap: int, special: int) -> np.ndarray:
    """Return the number of windows of each text; see ``split_into_windows``."""
    body, room = lengths - special, max_length - special
    more = np.ceil((body - overlap) / (room - overlap)).astype(int)
    return np.where(body <= room, 1, more)


def _encodings(tokenizer: Tokenizer, data: Dataset) -> Iterator[tuple[int, list[str], Encoding]]:
    for begin in range(0, data.num_rows, _BATCH):
        texts: list[list[str]] = data[begin : begin + _BATCH]["tokens"]
        encoded = tokenizer.encode_batch([composed(words) for words in texts], is_pretokenized=True)
        for offset, (words, encoding) in enumerate(zip(texts, encoded, strict=True)):
            yield begin + offset, words, encoding


def _unknown_words(encoding: Encoding, words: list[str], unknown: int) -> list[str]:
    numbers = {
        word
        for token, word in zip(encoding.ids, encoding.word_ids, strict=True)
        if token == unknown and word is not None
    }
    return composed(words[number] for number in sorted(numbers))


def _unreadable(tokenizer: Tokenizer, characters: Counter[str], unknown: int | None) -> str:
    """Return the most frequent characters that are unknown even alone: a word may have others."""
    ordered = sorted(characters, key=lambda character: (-characters[character], character))
    known = (unknown not in tokenizer.encode(c, add_special_tokens=False).ids for c in ordered)
    found = [character for character, fine in zip(ordered, known, strict=True) if not fine]
    return " ".join(found[:10])


def _alignment(tokenizer: Tokenizer, corpus: Corpus) -> list[dict[str, str]]:
    names = corpus.label_names
    for row, words, _ in entities(corpus, "train"):
        tags = [names[number] for number in corpus.dataset["train"][row]["ner_tags"]]
        encoding = tokenizer.encode(composed(words), is_pretokenized=True)
        rows, before = [], None
        for token, word in zip(encoding.tokens, encoding.word_ids, strict=True):
            first = word is not None and word != before
            rows.append(
                {
                    "sub_token": token,
                    "word": "" if word is None else words[word],
                    "label": tags[word] if word is not None and first else "",
                }
            )
            before = word
        return rows
    return []


def _unknown_id(tokenizer: Tokenizer) -> int | None:
    """Return the id of the unknown token; byte-level tokenizers have none."""
    name = getattr(tokenizer.model, "unk_token", None)
    return tokenizer.token_to_id(name) if isinstance(name, str) else None


def _tokenizer(source: ModelSource) -> Tokenizer:
    """Return the tokenizer as training reads with it."""
    if source.weights == find_model("minilm").weights:  # by far the most used, without torch
        tokenizer = Tokenizer.from_file(str(Path(source.weights) / "tokenizer.json"))
        read_as_after_blanks(tokenizer)
        return tokenizer
    from ner_core.models.loading import load_tokenizer  # brings torch

    loaded: Tokenizer = load_tokenizer(source).backend_tokenizer
    return loaded
