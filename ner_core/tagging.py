"""The one path from words to tags: training's evaluation, ``evaluate`` and the Predictor use it."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ner_core import align
from ner_core.models import SETTINGS_KEY, best_device, load_trained, windows_of
from ner_core.tags import OUTSIDE

_CHUNK = 1024
"""Texts whose windows are in memory at a time, and are sorted by length together."""


@dataclass(frozen=True)
class Tagged:
    """The tags of some texts: a tag and its probability for each word.

    ``loss`` is the mean cross-entropy of the words whose gold tag was given, None without any.
    """

    tags: list[list[str]]
    scores: list[list[float]]
    loss: float | None = None


class Tagger:
    """Tags words with a token-classification model, over texts of any length.

    A word's tag is its first sub-token's, taken from the window that shows it the most context. A
    word without sub-tokens is O. Nothing is repaired here: tags are the model's. May be used from
    several threads.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        max_length: int,
        overlap: int,
        bf16: bool = False,
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.overlap = overlap
        self.bf16 = bf16
        # Trained here, so an I- never starts an entity. Of others nobody can tell by their labels.
        self.iob2 = hasattr(model.config, SETTINGS_KEY)
        id2label = model.config.id2label
        self.label_names = [str(id2label[number]) for number in range(len(id2label))]
        # A fast tokenizer refuses to be used by two threads at once ("Already borrowed").
        self._tokenizer_lock = threading.Lock()

    def tag(
        self,
        texts: Sequence[Sequence[str]],
        gold: Sequence[Sequence[str]] | None = None,
        batch_size: int = 32,
    ) -> Tagged:
        """Tag texts given as words; results are in the order of the texts.

        ``gold``, the tags of the same words, is used for the loss only; tags that the model does
        not know are left out of it.
        """
        numbers = {label: number for number, label in enumerate(self.label_names)}
        tags = [[OUTSIDE] * len(words) for words in texts]
        scores = [[1.0] * len(words) for words in texts]
        loss, counted = 0.0, 0
        for text, words, log_probabilities in self._word_probabilities(texts, batch_size):
            best = log_probabilities.argmax(axis=1)
            for row, (word, number) in enumerate(zip(words, best, strict=True)):
                tags[text][word] = self.label_names[number]
                scores[text][word] = float(np.exp(log_probabilities[row, number]))
                if gold is not None and (wanted := numbers.get(gold[text][word])) is not None:
                    loss -= float(log_probabilities[row, wanted])
                    counted += 1
        return Tagged(tags, scores, loss / counted if counted else None)

    def window_counts(self, texts: Sequence[Sequence[str]]) -> list[int]:
        """Tell in how many windows each text is read."""
        counts = [0] * len(texts)
        for begin, windows in self._windows(texts):
            for window in windows:
                counts[begin + window.text] += 1
        return counts

    def _windows(self, texts: Sequence[Sequence[str]]) -> Iterator[tuple[int, list[align.Window]]]:
        """Give the windows of a chunk of texts after the other, and the chunk's first text."""
        for begin in range(0, len(texts), _CHUNK):
            with self._tokenizer_lock:
                windows = align.windows(
                    self.tokenizer, texts[begin : begin + _CHUNK], self.max_length, self.overlap
                )
            yield begin, windows

    def _word_probabilities(
        self, texts: Sequence[Sequence[str]], batch_size: int
    ) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Give, window by window: the text, its words at home there, [words, labels] log-probs."""
        for begin, windows in self._windows(texts):
            # Similar lengths side by side need little padding; the longest first, so that a lack
            # of memory shows at once.
            windows.sort(key=lambda window: len(window.input_ids), reverse=True)
            for start in range(0, len(windows), batch_size):
                batch = windows[start : start + batch_size]
                logits = self._logits(batch)
                for row, window in enumerate(batch):
                    places, words = align.first_sub_tokens(window)
                    yield begin + window.text, words, logits[row, places]

    @torch.inference_mode()
    def _logits(self, batch: list[align.Window]) -> np.ndarray:
        """Run the model; gives log-probabilities [windows, sub-tokens, labels] in float32."""
        longest = max(len(window.input_ids) for window in batch)
        input_ids = torch.full((len(batch), longest), self.tokenizer.pad_token_id or 0)
        attention_mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for row, window in enumerate(batch):
            input_ids[row, : len(window.input_ids)] = torch.tensor(window.input_ids)
            attention_mask[row, : len(window.input_ids)] = 1
        device = self.model.device
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.bf16):
            logits = self.model(
                input_ids=input_ids.to(device), attention_mask=attention_mask.to(device)
            ).logits
        log_probabilities: np.ndarray = functional.log_softmax(logits.float(), -1).cpu().numpy()
        return log_probabilities


def load_tagger(name: str) -> Tagger:
    """Load a trained model by its name (a run's id, a folder, a Hub id) onto the best device.

    Raises ModelError if there is none, or it cannot name entities.
    """
    model, tokenizer = load_trained(name)
    length, overlap = windows_of(model.config, tokenizer)
    return Tagger(model.to(best_device()), tokenizer, length, overlap)
