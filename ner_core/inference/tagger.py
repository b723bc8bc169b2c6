"""Tag words with a model: used by evaluation during training, ``evaluate`` and the Predictor."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ner_core.config import Precision
from ner_core.dropped_words import bridge
from ner_core.inference import threads
from ner_core.inference.fused_bert import Network, fast_forward, plain_forward
from ner_core.models.device import best_device, use_bf16
from ner_core.models.loading import load_trained
from ner_core.models.windows import (
    SETTINGS_KEY,
    Window,
    first_sub_tokens,
    split_into_windows,
    window_settings,
)
from ner_core.tags import OUTSIDE

_CHUNK = 1024
"""Number of texts whose windows are in memory, and sorted by length, at a time."""

_MAX_CACHE_BYTES = 32 * 2**20

_MAX_CACHED_AT_ONCE = 256
"""If more windows are tagged at once, none of them is cached."""

_WINDOWS_PER_THREAD = 2
"""Windows of a long text in one step: with one each, fast threads would wait for slow ones."""


@dataclass(frozen=True)
class Tagged:
    """The tags of some texts: a tag and its probability for each word.

    ``loss`` is the mean cross-entropy of the words that had a gold tag, None if there were none.
    """

    tags: list[list[str]]
    scores: list[list[float]]
    loss: float | None = None


class Tagger:
    """Tags words with a token-classification model, over texts of any length.

    The tag of a word is that of its first sub-token, in the home window of that sub-token. A word
    without sub-tokens goes by the words around it; see ``dropped_words.bridge``. Invalid tags are
    not repaired here. A Tagger may be used from several threads.

    ``bf16`` computes in bfloat16 from weights in float32. ``network`` replaces the forward pass of
    the model, and ``cache`` keeps its results: both are for a model that is not trained any more.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        max_length: int,
        overlap: int,
        bf16: bool = False,
        network: Network | None = None,
        cache: "WindowCache | None" = None,
    ) -> None:
        self.model = model
        self.network = network or plain_forward(model)
        self.cache = cache
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.overlap = overlap
        self.bf16 = bf16
        # Models trained here are IOB2: an I- never starts an entity. Others may use any scheme.
        self.iob2 = hasattr(model.config, SETTINGS_KEY)
        id2label = model.config.id2label
        self.label_names = [str(id2label[number]) for number in range(len(id2label))]
        # A fast tokenizer raises "Already borrowed" if two threads use it at once.
        self.tokenizer_lock = threading.Lock()

    def tag(
        self,
        texts: Sequence[Sequence[str]],
        gold: Sequence[Sequence[str]] | None = None,
        batch_size: int = 32,
    ) -> Tagged:
        """Return the tags of texts that are given as words, in the order of the texts.

        ``gold`` are the correct tags of the same words. They are used for the loss only, which
        leaves out tags that the model does not know.
        """
        numbers = {label: number for number, label in enumerate(self.label_names)}
        tags: list[list[str | None]] = [[None] * len(words) for words in texts]
        scores = [[1.0] * len(words) for words in texts]
        loss, counted = 0.0, 0
        for begin, windows in self._windows(texts):
            for index, rows in self._probabilities(windows, batch_size):
                text = begin + windows[index].text
                for word, number, row in _words_of(windows[index], rows):
                    tags[text][word] = self.label_names[number]
                    scores[text][word] = float(np.exp(row[number]))
                    if gold is not None and (wanted := numbers.get(gold[text][word])) is not None:
                        loss -= float(row[wanted])
                        counted += 1
        return Tagged([bridge(row) for row in tags], scores, loss / counted if counted else None)

    def tag_in_steps(
        self, words: Sequence[str], batch_size: int = 32
    ) -> Iterator[tuple[list[str], list[float]]]:
        """Tag one long text as ``tag`` does, a few windows at a time.

        Each step yields the tags and scores of the next words.
        """
        _, windows = next(self._windows([words]))
        on_cpu = self.model.device.type == "cpu"
        at_once = _WINDOWS_PER_THREAD * threads.num_threads() if on_cpu else batch_size
        tags: list[str | None] = [None] * len(words)
        scores = [1.0] * len(words)
        begin, before = 0, OUTSIDE
        for start in range(0, len(windows), at_once):
            taken = windows[start : start + at_once]
            end = begin
            for index, rows in self._probabilities(taken, batch_size):
                for word, number, row in _words_of(taken[index], rows):
                    tags[word] = self.label_names[number]
                    scores[word] = float(np.exp(row[number]))
                    end = max(end, word + 1)
            if start + at_once >= len(windows):
                end = len(words)  # also the last words if they have no sub-token
            bridged = bridge(tags[begin:end], before)
            yield bridged, scores[begin:end]
            begin, before = end, bridged[-1] if bridged else before

    def sub_token_probabilities(self, words: Sequence[str]) -> np.ndarray:
        """Return the log-probabilities of a text's sub-tokens: [sub-tokens, labels] in float32.

        Each is computed in its home window; special tokens are left out.
        """
        _, windows = next(self._windows([words]))
        computed = dict(self._probabilities(windows, 32))
        parts = [
            computed[index][[word is not None for word in window.word_ids]]
            for index, window in enumerate(windows)
        ]
        return np.concatenate(parts)

    def window_counts(self, texts: Sequence[Sequence[str]]) -> list[int]:
        """Return the number of windows of each text."""
        counts = [0] * len(texts)
        for begin, windows in self._windows(texts):
            for window in windows:
                counts[begin + window.text] += 1
        return counts

    def _windows(self, texts: Sequence[Sequence[str]]) -> Iterator[tuple[int, list[Window]]]:
        """Yield the index of the first text, and the windows, of each chunk of texts."""
        for begin in range(0, len(texts), _CHUNK):
            with self.tokenizer_lock:
                windows = split_into_windows(
                    self.tokenizer, texts[begin : begin + _CHUNK], self.max_length, self.overlap
                )
            yield begin, windows

    def _probabilities(
        self, windows: Sequence[Window], batch_size: int
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the index of each window with its log-probabilities, in any order of the windows.

        The log-probabilities are [sub-tokens, labels].
        """
        missing = []
        for index, window in enumerate(windows):
            cached = self.cache.get(window) if self.cache else None
            if cached is None:
                missing.append(index)
            else:
                yield index, cached
        # Windows of similar length need little padding in one batch. The longest come first, so
        # that a batch that does not fit into memory fails at once.
        missing.sort(key=lambda index: len(windows[index].input_ids), reverse=True)
        on_cpu = self.model.device.type == "cpu"
        if on_cpu:  # a few windows are divided between the threads
            batch_size = min(batch_size, -(-len(missing) // threads.num_threads()) or 1)
        batches = [
            missing[start : start + batch_size] for start in range(0, len(missing), batch_size)
        ]
        computed = (threads.parallel_map if on_cpu else map)(
            self._log_probabilities, [[windows[index] for index in batch] for batch in batches]
        )
        for batch, log_probabilities in zip(batches, computed, strict=True):
            for row, index in enumerate(batch):
                rows = log_probabilities[row, : len(windows[index].input_ids)]
                if self.cache and len(windows) <= _MAX_CACHED_AT_ONCE:
                    self.cache.put(windows[index], rows)
                yield index, rows

    @torch.inference_mode()
    def _log_probabilities(self, batch: list[Window]) -> np.ndarray:
        """Run the model; return [windows, sub-tokens, labels] in float32."""
        longest = max(len(window.input_ids) for window in batch)
        input_ids = torch.full((len(batch), longest), self.tokenizer.pad_token_id or 0)
        attention_mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for row, window in enumerate(batch):
            input_ids[row, : len(window.input_ids)] = torch.tensor(window.input_ids)
            attention_mask[row, : len(window.input_ids)] = 1
        device = self.model.device
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.bf16):
            logits = self.network(input_ids.to(device), attention_mask.to(device))
        log_probabilities: np.ndarray = functional.log_softmax(logits.float(), -1).cpu().numpy()
        return log_probabilities


def _words_of(window: Window, rows: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield each word that begins at home in a window, its best label, its log-probabilities."""
    places, words = first_sub_tokens(window)
    own = rows[places]
    return zip(words.tolist(), own.argmax(axis=1).tolist(), own, strict=True)


class WindowCache:
    """The log-probabilities of the windows that a model computed last.

    Each key press asks for the same windows again, and all but one of them are unchanged.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, ...], np.ndarray] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, window: Window) -> np.ndarray | None:
        """Return the cached result of a window, None if there is none."""
        key = tuple(window.input_ids)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, window: Window, rows: np.ndarray) -> None:
        """Cache the result of a window; the least recently used ones are dropped."""
        with self._lock:
            before = self._kept.pop(tuple(window.input_ids), None)
            self._bytes += rows.nbytes - (0 if before is None else before.nbytes)
            self._kept[tuple(window.input_ids)] = rows.copy()  # not the whole batch with it
            while self._bytes > _MAX_CACHE_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes


def load_tagger(
    name: str, label_names: Sequence[str] | None = None, precision: Precision = "auto"
) -> Tagger:
    """Load a trained model by its name (a run id, a folder, a Hub id) onto the best device.

    Its weights are in bfloat16 if the device computes in it natively, or if ``precision`` says so.
    ``label_names`` are the tags of a model whose config.json does not name them. Raises ModelError
    if there is no such model, or it was not trained for NER.
    """
    model, tokenizer = load_trained(name, label_names)
    length, overlap = window_settings(model.config, tokenizer)
    device = best_device()
    if use_bf16(precision, device):
        model = model.to(torch.bfloat16)
    model = model.to(device)
    return Tagger(
        model, tokenizer, length, overlap, network=fast_forward(model), cache=WindowCache()
    )
