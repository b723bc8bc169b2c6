import pytest
import torch
from torch.nn import functional

from ner_core.models.windows import IGNORED
from ner_core.training.losses import WeightedLoss, class_weights

LABELS = [[IGNORED, 0, 0, 1, IGNORED], [0, 0, 0, 0], [0, 0, 2, IGNORED]]  # 8 times 0, then 1 and 1


def test_without_weights_nothing_is_counted():
    assert class_weights(iter(()), 3, "none") is None


@pytest.mark.parametrize(("mode", "ratio"), [("inverse", 8.0), ("sqrt", 8**0.5)])
def test_rare_labels_count_more_and_the_mean_is_one(mode, ratio):
    weights = class_weights(LABELS, 4, mode)
    assert weights.shape == (4,)
    assert weights[1] == weights[2]
    assert float(weights[1] / weights[0]) == pytest.approx(ratio)
    assert weights[3] == 0
    assert float((weights * torch.tensor([8.0, 1, 1, 0])).sum() / 10) == pytest.approx(1)


def test_equal_weights_give_the_plain_loss():
    logits = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([[IGNORED, 0, 1, 2, IGNORED], [1, 1, 0, IGNORED, IGNORED]])
    plain = functional.cross_entropy(logits.view(-1, 3), labels.view(-1), ignore_index=IGNORED)
    loss = WeightedLoss(torch.ones(3))
    assert torch.allclose(loss({"logits": logits}, labels), plain)
    # Over the six labelled sub-tokens of a step of two batches, of which this is one.
    assert torch.allclose(loss({"logits": logits}, labels, torch.tensor(12)), plain / 2)


def test_a_weight_multiplies_the_loss_of_its_label():
    logits = torch.zeros(1, 2, 2)
    labels = torch.tensor([[0, 1]])
    loss = WeightedLoss(torch.tensor([0.5, 3.0]))({"logits": logits}, labels)
    assert float(loss) == pytest.approx((0.5 + 3) * 0.6931472 / 2)
