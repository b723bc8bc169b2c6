"""The one path from words to tags: training's evaluation, ``evaluate`` and the Predictor use it."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ner_core.config import Precision
from ner_core.inference import threads
from ner_core.inference.fused_bert import Network, network_of, plain_network
from ner_core.models import windows as align
from ner_core.models.loading import SETTINGS_KEY, best_device, load_trained, use_bf16, windows_of
from ner_core.tags import OUTSIDE

_CHUNK = 1024
"""Texts whose windows are in memory at a time, and are sorted by length together."""

_MOST_BYTES = 32 * 2**20
"""What may be remembered of a model's windows."""

_REMEMBERED_AT_ONCE = 256

_WINDOWS_A_CORE = 2
"""Of a long text at a time: with one of them, who is done first would wait for the others."""


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

    ``bf16`` computes in bfloat16 from weights in float32. ``network`` takes the place of the
    model's own forward pass, and ``memory`` keeps what it computed: both are for a model whose
    weights stay as they are.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        max_length: int,
        overlap: int,
        bf16: bool = False,
        network: Network | None = None,
        memory: "Memory | None" = None,
    ) -> None:
        self.model = model
        self.network = network or plain_network(model)
        self.memory = memory
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.overlap = overlap
        self.bf16 = bf16
        # Trained here, so an I- never starts an entity. Of others nobody can tell by their labels.
        self.iob2 = hasattr(model.config, SETTINGS_KEY)
        id2label = model.config.id2label
        self.label_names = [str(id2label[number]) for number in range(len(id2label))]
        # A fast tokenizer refuses to be used by two threads at once ("Already borrowed").
        self.tokenizer_lock = threading.Lock()

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
        for begin, windows in self._windows(texts):
            for window, rows in self._probabilities(windows, batch_size):
                text = begin + window.text
                for word, number, row in _words_of(window, rows):
                    tags[text][word] = self.label_names[number]
                    scores[text][word] = float(np.exp(row[number]))
                    if gold is not None and (wanted := numbers.get(gold[text][word])) is not None:
                        loss -= float(row[wanted])
                        counted += 1
        return Tagged(tags, scores, loss / counted if counted else None)

    def tag_in_steps(
        self, words: Sequence[str], batch_size: int = 32
    ) -> Iterator[tuple[list[str], list[float]]]:
        """Tag one long text as ``tag`` does, a few windows at a time.

        Each step gives the tags and scores of the words that come next.
        """
        _, windows = next(self._windows([words]))
        on_cpu = self.model.device.type == "cpu"
        at_once = _WINDOWS_A_CORE * threads.count() if on_cpu else batch_size
        tags, scores = [OUTSIDE] * len(words), [1.0] * len(words)
        begin = 0
        for start in range(0, len(windows), at_once):
            taken = windows[start : start + at_once]
            end = begin
            for window, rows in self._probabilities(taken, batch_size):
                for word, number, row in _words_of(window, rows):
                    tags[word] = self.label_names[number]
                    scores[word] = float(np.exp(row[number]))
                    end = max(end, word + 1)
            if start + at_once >= len(windows):
                end = len(words)  # the last ones may have no sub-token
            yield tags[begin:end], scores[begin:end]
            begin = end

    def sub_token_probabilities(self, words: Sequence[str]) -> np.ndarray:
        """Give the log-probabilities of a text's sub-tokens: [sub-tokens, labels] in float32.

        Each comes from its home window, without the special ones.
        """
        _, windows = next(self._windows([words]))
        computed = {id(window): rows for window, rows in self._probabilities(windows, 32)}
        parts = [
            computed[id(window)][[word is not None for word in window.word_ids]]
            for window in windows
        ]
        return np.concatenate(parts)

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
            with self.tokenizer_lock:
                windows = align.windows(
                    self.tokenizer, texts[begin : begin + _CHUNK], self.max_length, self.overlap
                )
            yield begin, windows

    def _probabilities(
        self, windows: Sequence[align.Window], batch_size: int
    ) -> Iterator[tuple[align.Window, np.ndarray]]:
        """Give each window with the log-probabilities of its [sub-tokens, labels], in any order."""
        unknown = []
        for window in windows:
            known = self.memory.get(window) if self.memory else None
            if known is None:
                unknown.append(window)
            else:
                yield window, known
        # Similar lengths side by side need little padding; the longest first, so that a lack of
        # memory shows at once.
        unknown.sort(key=lambda window: len(window.input_ids), reverse=True)
        on_cpu = self.model.device.type == "cpu"
        if on_cpu:  # few windows are shared out, so that no core is idle
            batch_size = min(batch_size, -(-len(unknown) // threads.count()) or 1)
        batches = [
            unknown[start : start + batch_size] for start in range(0, len(unknown), batch_size)
        ]
        computed = (threads.on_all_cores if on_cpu else map)(self._logits, batches)
        for batch, logits in zip(batches, computed, strict=True):
            for row, window in enumerate(batch):
                rows = logits[row, : len(window.input_ids)]
                if self.memory and len(windows) <= _REMEMBERED_AT_ONCE:
                    self.memory.put(window, rows)
                yield window, rows

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
            logits = self.network(input_ids.to(device), attention_mask.to(device))
        log_probabilities: np.ndarray = functional.log_softmax(logits.float(), -1).cpu().numpy()
        return log_probabilities


def _words_of(window: align.Window, rows: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Give each word that begins at home in a window, its best label, and its log-probabilities."""
    places, words = align.first_sub_tokens(window)
    own = rows[places]
    return zip(words.tolist(), own.argmax(axis=1).tolist(), own, strict=True)


class Memory:
    """What a model said of the windows it read last.

    Who types asks for the same windows again with each key, all but one of them unchanged.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, ...], np.ndarray] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, window: align.Window) -> np.ndarray | None:
        """Give what was computed of a window, None if that is not kept."""
        key = tuple(window.input_ids)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, window: align.Window, rows: np.ndarray) -> None:
        """Keep what was computed of a window; the one asked for longest ago goes."""
        with self._lock:
            before = self._kept.pop(tuple(window.input_ids), None)
            self._bytes += rows.nbytes - (0 if before is None else before.nbytes)
            self._kept[tuple(window.input_ids)] = rows.copy()  # not the whole batch with it
            while self._bytes > _MOST_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes


def load_tagger(
    name: str, label_names: Sequence[str] | None = None, precision: Precision = "auto"
) -> Tagger:
    """Load a trained model by its name (a run's id, a folder, a Hub id) onto the best device.

    Its weights are in bfloat16 where the device computes in it natively, or if ``precision`` says
    so. ``label_names`` are the tags of a model whose config.json does not tell them. Raises
    ModelError if there is no such model, or it cannot name entities.
    """
    model, tokenizer = load_trained(name, label_names)
    length, overlap = windows_of(model.config, tokenizer)
    device = best_device()
    if use_bf16(precision, device):
        model = model.to(torch.bfloat16)
    model = model.to(device)
    return Tagger(model, tokenizer, length, overlap, network=network_of(model), memory=Memory())
