"""The fused forward pass gives what transformers' own gives."""

import pytest
import torch
from transformers import AutoModelForTokenClassification

from ner_core.inference.fused_bert import FusedBert, fast_forward, plain_forward
from ner_core.inference.predictor import Predictor
from ner_core.models.loading import load_trained
from tests.conftest import TINY_LABELS, _tiny_config


def inputs(lengths, vocabulary=50, longest=None):
    """Return random input ids, padded, and their mask: each [windows, sub-tokens]."""
    generator = torch.Generator().manual_seed(1)
    longest = longest or max(lengths)
    ids = torch.randint(5, vocabulary, (len(lengths), longest), generator=generator)
    mask = torch.zeros(len(lengths), longest, dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
        ids[row, length:] = 0
    return ids, mask


@pytest.fixture(scope="module", params=["tiny", "starter"])
def model(request):
    name = request.getfixturevalue("tiny_model") if request.param == "tiny" else request.param
    return load_trained(str(name))[0]


@pytest.mark.parametrize("lengths", [[1], [23], [128], [7, 3, 1], [16] * 9, [64, 63]], ids=str)
@torch.inference_mode()
def test_the_logits_are_those_of_the_model(model, lengths):
    ids, mask = inputs(lengths)
    wanted = plain_forward(model)(ids, mask)
    fused = fast_forward(model)
    assert isinstance(fused, FusedBert)
    found = fused(ids, mask)
    assert found.shape == wanted.shape == (*ids.shape, model.config.num_labels)
    for row, length in enumerate(lengths):
        torch.testing.assert_close(found[row, :length], wanted[row, :length], atol=2e-5, rtol=1e-4)


@torch.inference_mode()
def test_fusing_leaves_the_model_as_it_was(model):
    ids, mask = inputs([9, 5])
    before = plain_forward(model)(ids, mask)
    weights = {name: part.clone() for name, part in model.state_dict().items()}
    fast_forward(model)(ids, mask)
    for name, part in model.state_dict().items():
        torch.testing.assert_close(part, weights[name], atol=0, rtol=0)
    torch.testing.assert_close(plain_forward(model)(ids, mask), before, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_padding_changes_nothing(model):
    fused = fast_forward(model)
    alone = fused(*inputs([11]))
    padded = fused(*inputs([11], longest=11))
    ids, mask = inputs([11, 30])
    ids[0, :11] = inputs([11])[0][0]
    together = fused(ids, mask)
    torch.testing.assert_close(alone, padded, atol=0, rtol=0)
    torch.testing.assert_close(together[0, :11], alone[0], atol=2e-5, rtol=1e-4)


@torch.inference_mode()
def test_bfloat16_stays_near_float32(model):
    ids, mask = inputs([20, 12])
    wanted = plain_forward(model)(ids, mask).softmax(-1)
    lower = type(model)(model.config).eval()
    lower.load_state_dict(model.state_dict())
    fused = fast_forward(lower.to(torch.bfloat16))
    for rows in (slice(None), slice(1)):
        found = fused(ids[rows], mask[rows]).float().softmax(-1)
        near = (found - wanted[rows]).abs()[mask[rows].bool()]
        assert near.mean() < 0.01


@pytest.mark.parametrize("change", [{"hidden_act": "relu"}, {"is_decoder": True}])
def test_another_kind_of_bert_keeps_its_own_forward_pass(change):
    config = _tiny_config(num_labels=len(TINY_LABELS), **change)
    model = AutoModelForTokenClassification.from_config(config).eval()
    assert not isinstance(fast_forward(model), FusedBert)


def test_a_predictor_of_a_bert_is_fused(tiny_model):
    assert isinstance(Predictor.load(str(tiny_model)).tagger.network, FusedBert)
