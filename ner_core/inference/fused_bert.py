"""BERT's forward pass for inference, with less work between the matrix products.

Of a short sentence's time in transformers' ``BertForTokenClassification``, a third goes into the
layers of modules around the arithmetic and into small products. This computes the same numbers
(Devlin et al. 2019; a test compares them) from the same weights: query, key and value in one
product, and for a single window with the weights packed once for oneDNN, GELU and the residual sum
inside the products. See benchmarks/predict_speed.py.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertForTokenClassification, PreTrainedModel

from ner_core.models.loading import bf16_pays

Network = Callable[[Tensor, Tensor], Tensor]
"""From input ids and attention mask, each [windows, sub-tokens], to logits [.., .., labels]."""

_PACKED_UP_TO = 512
"""Width up to which weights are kept packed as well: wider products gain nothing from it."""


def network_of(model: PreTrainedModel) -> Network:
    """Give the fastest way to run a model that is no longer trained: fused, or as it is."""
    config = model.config
    if (
        type(model) is BertForTokenClassification
        and model.device.type == "cpu"
        and config.hidden_act == "gelu"
        and not config.is_decoder
    ):
        return FusedBert(model)
    return plain_network(model)


def plain_network(model: PreTrainedModel) -> Network:
    """Give the model's own forward pass."""

    def network(input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits

    return network


class FusedBert:
    """The forward pass of a ``BertForTokenClassification`` on the CPU, without dropout."""

    def __init__(self, model: PreTrainedModel) -> None:
        embeddings = model.bert.embeddings
        self.words = embeddings.word_embeddings.weight.detach()
        # A text is all of one segment.
        segment = embeddings.token_type_embeddings.weight[0]
        self.positions = (embeddings.position_embeddings.weight + segment).detach()
        self.norm = _Norm(embeddings.LayerNorm)
        self.layers = [
            _Layer(layer, model.config.num_attention_heads) for layer in model.bert.encoder.layer
        ]
        self.head = _Product(model.classifier.weight, model.classifier.bias)
        self._packs = model.config.hidden_size <= _PACKED_UP_TO and _can_pack(self.words)

    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Give the logits; see ``Network``."""
        hidden = self.norm(self.words[input_ids] + self.positions[: input_ids.shape[1]])
        mask = None if attention_mask.all() else attention_mask[:, None, None, :].bool()
        # Larger batches are faster without: there the matrix library's own packing pays.
        packed = self._packs and len(input_ids) == 1
        for layer in self.layers:
            hidden = layer(hidden, mask, packed)
        return self.head(hidden)


class _Layer:
    def __init__(self, layer: Any, heads: int) -> None:
        attention, self.heads = layer.attention, heads
        parts = [getattr(attention.self, name) for name in ("query", "key", "value")]
        self.query_key_value = _joined(parts)
        self.attended = _Product(attention.output.dense.weight, attention.output.dense.bias)
        self.attention_norm = _Norm(attention.output.LayerNorm)
        self.wide = _Product(layer.intermediate.dense.weight, layer.intermediate.dense.bias)
        self.narrow = _Product(layer.output.dense.weight, layer.output.dense.bias)
        self.norm = _Norm(layer.output.LayerNorm)

    def __call__(self, hidden: Tensor, mask: Tensor | None, packed: bool) -> Tensor:
        windows, length, width = hidden.shape
        product = self.query_key_value
        joined = product.packed(hidden) if packed else product(hidden)
        joined = joined.view(windows, length, 3, self.heads, width // self.heads)
        query, key, value = joined.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        seen = seen.transpose(1, 2).reshape(windows, length, width)
        if packed:
            hidden = self.attention_norm(self.attended.packed_plus(seen, hidden))
            hidden = self.narrow.packed_plus(self.wide.packed(hidden, "gelu"), hidden)
        else:
            hidden = self.attention_norm(self.attended(seen).add_(hidden))
            hidden = self.narrow(functional.gelu(self.wide(hidden))).add_(hidden)
        return self.norm(hidden)


class _Product:
    """A matrix product and a sum; also with the weights packed, which is done at first use."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self.weight, self.bias = weight.detach(), bias.detach()

    def __call__(self, values: Tensor) -> Tensor:
        return functional.linear(values, self.weight, self.bias)

    def packed(self, values: Tensor, activation: str = "none") -> Tensor:
        run = torch.ops.mkldnn._linear_pointwise
        # The last argument is the algorithm of an activation that has several: "none" for erf.
        result: Tensor = run(values, self._packed, self.bias, activation, [], "none")
        return result

    def packed_plus(self, values: Tensor, others: Tensor) -> Tensor:
        run = torch.ops.mkldnn._linear_pointwise.binary
        result: Tensor = run(values, others, self._packed, self.bias, "add")
        return result

    @cached_property
    def _packed(self) -> Tensor:
        packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(self.weight)
        return packed


class _Norm:
    """A layer norm without its module, whose call takes as long as the arithmetic of a sentence."""

    def __init__(self, norm: Any) -> None:
        self.weight, self.bias = norm.weight.detach(), norm.bias.detach()
        self.shape, self.epsilon = list(norm.normalized_shape), norm.eps

    def __call__(self, values: Tensor) -> Tensor:
        return torch.layer_norm(values, self.shape, self.weight, self.bias, self.epsilon)


def _joined(parts: list[nn.Linear]) -> _Product:
    """Make one product of several; theirs then share its memory."""
    joined = _Product(
        torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts])
    )
    height = len(parts[0].weight)
    for number, part in enumerate(parts):
        rows = slice(number * height, (number + 1) * height)
        part.weight = nn.Parameter(joined.weight[rows], requires_grad=False)
        part.bias = nn.Parameter(joined.bias[rows], requires_grad=False)
    return joined


def _can_pack(weight: Tensor) -> bool:
    """Tell whether torch has oneDNN here, the operators of its compiler, and for these numbers."""
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return (
        available
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
        and (weight.dtype == torch.float32 or bf16_pays(weight.device))
    )
