"""BERT in NumPy: the starter model finds entities before torch is loaded.

Importing torch and transformers takes five to ten seconds on two cores, and people type into a page
before that. This computes the same as ``Predictor`` (BERT, Devlin et al. 2019), for texts whose
paragraphs fit into one window each; tests compare the two.
"""

import json
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from ner_core.dropped_words import bridge
from ner_core.entities import Entity, entities_of
from ner_core.models.sources import ADAPTER_CONFIG, ADAPTER_WEIGHTS, find_model
from ner_core.models.tokenizer import composed
from ner_core.tags import entity_types
from ner_core.words import paragraphs, readable, split_words

_Array = np.ndarray
_MODEL = "base_model.model."


class NumpyBert:
    """The starter model, which finds the entities of short texts without torch.

    Raises ModelError if the encoder is not installed.
    """

    def __init__(self) -> None:
        source = find_model("starter")
        adapter, encoder = Path(source.location), Path(source.weights)
        self.config = json.loads((adapter / "config.json").read_bytes())
        self.tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self._weights = _merged(encoder, adapter)

    @cached_property
    def label_names(self) -> list[str]:
        """The labels of the model, in the order of their ids."""
        names: dict[str, str] = self.config["id2label"]
        return [names[str(number)] for number in range(len(names))]

    @property
    def entity_types(self) -> list[str]:
        """The types that the model can name, sorted."""
        return entity_types(self.label_names)

    def predict(self, text: str) -> list[Entity] | None:
        """Return the entities of a text, None if a paragraph does not fit into one window."""
        found: list[Entity] = []
        for places in paragraphs(text, split_words(text)):
            words = readable(text, places)
            encoding = self.tokenizer.encode(composed(words), is_pretokenized=True)
            if len(encoding) > self.config["ner_studio"]["max_length"]:
                return None
            probabilities = self._probabilities(np.array(encoding.ids))
            tags: list[str | None] = [None] * len(words)
            scores = [1.0] * len(words)
            before = None
            for place, word in enumerate(encoding.word_ids):
                if (
                    word is not None and word != before
                ):  # the first sub-token of a word has its label
                    best = int(probabilities[place].argmax())
                    tags[word] = self.label_names[best]
                    scores[word] = float(probabilities[place, best])
                before = word
            found += entities_of(text, places, bridge(tags), scores, iob2=True)
        return found

    def _probabilities(self, ids: _Array) -> _Array:
        """Return the label probabilities of one window: [sub-tokens] to [sub-tokens, labels]."""
        names = ("word", "position", "token_type")
        words, positions, types = (
            self._weights[f"embeddings.{name}_embeddings.weight"] for name in names
        )
        hidden = self._norm("embeddings.LayerNorm", words[ids] + positions[: len(ids)] + types[0])
        for number in range(self.config["num_hidden_layers"]):
            hidden = self._layer(f"encoder.layer.{number}", hidden)
        logits = self._linear("classifier", hidden)
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        probabilities: _Array = powers / powers.sum(axis=-1, keepdims=True)
        return probabilities

    def _layer(self, name: str, hidden: _Array) -> _Array:
        heads = self.config["num_attention_heads"]
        size = hidden.shape[1] // heads
        query, key, value = (
            self._linear(f"{name}.attention.self.{part}", hidden)
            .reshape(-1, heads, size)
            .swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        weights = query @ key.swapaxes(1, 2) / np.sqrt(size).astype(np.float32)
        weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        seen = (weights @ value).swapaxes(0, 1).reshape(hidden.shape)
        attended = self._linear(f"{name}.attention.output.dense", seen)
        hidden = self._norm(f"{name}.attention.output.LayerNorm", attended + hidden)
        wide = _gelu(self._linear(f"{name}.intermediate.dense", hidden))
        return self._norm(
            f"{name}.output.LayerNorm", self._linear(f"{name}.output.dense", wide) + hidden
        )

    def _linear(self, name: str, values: _Array) -> _Array:
        result: _Array = values @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return result

    def _norm(self, name: str, values: _Array) -> _Array:
        mean = values.mean(axis=-1, keepdims=True)
        spread = np.sqrt(values.var(axis=-1, keepdims=True) + self.config["layer_norm_eps"])
        scaled = (values - mean) / spread * self._weights[f"{name}.weight"]
        result: _Array = scaled + self._weights[f"{name}.bias"]
        return result


def _merged(encoder: Path, adapter: Path) -> dict[str, _Array]:
    """Read the encoder's weights, the adapter's ``B @ A * alpha / rank`` added, and the head."""
    weights: dict[str, _Array] = load_file(encoder / "model.safetensors")
    update: dict[str, _Array] = load_file(adapter / ADAPTER_WEIGHTS)
    settings = json.loads((adapter / ADAPTER_CONFIG).read_bytes())
    scale = settings["lora_alpha"] / settings["r"]
    for name, down in update.items():
        if name.endswith(".lora_A.weight"):
            up = update[name.replace("lora_A", "lora_B")]
            target = name.removeprefix(_MODEL + "bert.").replace(".lora_A", "")
            weights[target] = weights[target] + up @ down * scale
        elif ".classifier." in name:
            weights[name.removeprefix(_MODEL)] = down
    return weights


def _gelu(values: _Array) -> _Array:
    """Return the exact GELU; erf by formula 7.1.26 of Abramowitz and Stegun, error below 2e-7."""
    size = np.abs(values) / np.float32(np.sqrt(2))
    t = 1 / (1 + 0.3275911 * size)
    series = t * (
        0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))
    )
    erf = np.sign(values) * (1 - series * np.exp(-size * size))
    result: _Array = (0.5 * values * (1 + erf)).astype(np.float32)
    return result
