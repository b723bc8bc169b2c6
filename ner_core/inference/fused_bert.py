"""The forward pass of BERT for inference, with less overhead between the matrix products.

For a short sentence, transformers' ``BertForTokenClassification`` spends a third of its time in
Python modules around the arithmetic and in small products. This computes the same numbers (Devlin
et al. 2019; a test compares them) from the same weights. Query, key and value are one product. For
a single window, the weights are packed once for oneDNN, and GELU and the residual sum are fused
into the products. See benchmarks/predict_speed.py.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertForTokenClassification, PreTrainedModel

from ner_core.models.device import supports_bf16

Network = Callable[[Tensor, Tensor], Tensor]
"""Input ids and attention mask, each [windows, sub-tokens], to logits [.., .., labels]."""

_MAX_PACKED_WIDTH = 512
"""Weights of wider encoders are not packed: their products gain nothing from it."""


def fast_forward(model: PreTrainedModel) -> Network:
    """Return the fastest forward pass of a model that is not trained any more."""
    config = model.config
    if (
        type(model) is BertForTokenClassification
        and model.device.type == "cpu"
        and config.hidden_act == "gelu"
        and not config.is_decoder
    ):
        return FusedBert(model)
    return plain_forward(model)


def plain_forward(model: PreTrainedModel) -> Network:
    """Return the forward pass of the model itself."""

    def forward(input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits

    return forward


class FusedBert:
    """The forward pass of a ``BertForTokenClassification`` on the CPU, without dropout."""

    def __init__(self, model: PreTrainedModel) -> None:
        embeddings = model.bert.embeddings
        self.words = embeddings.word_embeddings.weight.detach()
        # All of a text is the first segment.
        segment = embeddings.token_type_embeddings.weight[0]
        self.positions = (embeddings.position_embeddings.weight + segment).detach()
        self.norm = _Norm(embeddings.LayerNorm)
        self.layers = [
            _Layer(layer, model.config.num_attention_heads) for layer in model.bert.encoder.layer
        ]
        self.head = _Product(model.classifier.weight, model.classifier.bias)
        self._packs = model.config.hidden_size <= _MAX_PACKED_WIDTH and _can_pack(self.words)

    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the logits; see ``Network``."""
        hidden = self.norm(self.words[input_ids] + self.positions[: input_ids.shape[1]])
        mask = None if attention_mask.all() else attention_mask[:, None, None, :].bool()
        # Larger batches are faster without: the matrix library then packs the weights itself.
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
    """A linear layer; also with packed weights, which are made when they are first used."""

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
    """A layer norm without its module: the call of that takes as long as the arithmetic."""

    def __init__(self, norm: Any) -> None:
        self.weight, self.bias = norm.weight.detach(), norm.bias.detach()
        self.shape, self.epsilon = list(norm.normalized_shape), norm.eps

    def __call__(self, values: Tensor) -> Tensor:
        return torch.layer_norm(values, self.shape, self.weight, self.bias, self.epsilon)


def _joined(parts: list[nn.Linear]) -> _Product:
    """Return one product for several layers, which then share its memory."""
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
    """Return whether torch has oneDNN's packed operators here, for this number format."""
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return (
        available
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
        and (weight.dtype == torch.float32 or supports_bf16(weight.device))
    )
