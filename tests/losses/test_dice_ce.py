import pytest
import torch
from monai.losses import FocalLoss
from torch.nn import functional as F

from medmtl.losses.dice_ce import DiceWith

GENERATOR = torch.Generator().manual_seed(0)
LOGITS = torch.randn(3, 2, 4, 4, 4, generator=GENERATOR)
MASK = (torch.rand(3, 4, 4, 4, generator=GENERATOR) < 0.3).long()


def soft_dice_loss(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """By its formula, with 1 added above and below, as a mean over cases."""
    probability, truth = logits.softmax(dim=1)[:, 1].flatten(1), (mask == 1).float().flatten(1)
    return (1 - (2 * (probability * truth).sum(1) + 1) / (probability.sum(1) + truth.sum(1) + 1)).mean()


def test_it_is_soft_dice_plus_cross_entropy(batch) -> None:
    found = DiceWith("cross_entropy")(LOGITS, batch("abc", MASK))
    torch.testing.assert_close(found.value, soft_dice_loss(LOGITS, MASK) + F.cross_entropy(LOGITS, MASK))
    assert found.active


def test_the_focal_variant_spares_what_is_already_right(batch) -> None:
    found = DiceWith("focal")(LOGITS, batch("abc", MASK)).value
    per_class = FocalLoss(to_onehot_y=True, use_softmax=True)(LOGITS, MASK[:, None])  # a mean over the two classes too
    torch.testing.assert_close(found, soft_dice_loss(LOGITS, MASK) + 2 * per_class)
    assert float(found) < float(DiceWith("cross_entropy")(LOGITS, batch("abc", MASK)).value)


@pytest.mark.parametrize("voxel_loss", ["cross_entropy", "focal"])
def test_a_case_without_a_mask_is_ignored_exactly(voxel_loss, batch) -> None:
    whole, part = LOGITS.clone().requires_grad_(), LOGITS[[0, 2]].clone().requires_grad_()
    first = DiceWith(voxel_loss)(whole, batch("abc", MASK, [True, False, True]))
    second = DiceWith(voxel_loss)(part, batch("ac", MASK[[0, 2]]))
    first.value.backward()
    second.value.backward()
    assert first.value.item() == second.value.item()
    assert whole.grad is not None
    assert part.grad is not None
    assert torch.equal(whole.grad[[0, 2]], part.grad)
    assert not whole.grad[1].any()


def test_a_batch_without_a_mask_is_an_exact_nought_with_a_gradient_path(batch) -> None:
    logits = LOGITS.clone().requires_grad_()
    found = DiceWith()(logits, batch("abc", MASK, [False] * 3))
    found.value.backward()
    assert (found.value.item(), found.active) == (0.0, False)
    assert logits.grad is not None
    assert not logits.grad.any()


@pytest.mark.parametrize("voxel_loss", ["cross_entropy", "focal"])
def test_a_right_answer_costs_nearly_nothing_and_a_wrong_one_much(voxel_loss, batch) -> None:
    right = 20 * (F.one_hot(MASK, 2).movedim(-1, 1).float() - 0.5)
    costs = [float(DiceWith(voxel_loss)(logits, batch("abc", MASK)).value) for logits in (right, -right)]
    assert 0 <= costs[0] < 1e-3
    assert costs[1] > 1


def test_an_empty_mask_is_answered_and_never_gives_nan(batch) -> None:
    found = DiceWith()(LOGITS, batch("abc", torch.zeros_like(MASK)))
    assert torch.isfinite(found.value)
    assert float(found.value) >= 0
