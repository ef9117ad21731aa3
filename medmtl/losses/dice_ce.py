"""Soft Dice plus cross entropy, or plus focal loss."""

from collections.abc import Callable
from typing import Literal

import torch
from monai.losses import DiceLoss
from torch import Tensor
from torch.nn import functional as F

from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.tensors import Batch

VoxelLoss = Callable[[Tensor, Tensor], Tensor]  # of logits [B, classes, D, H, W] and mask [B, D, H, W]
FOCUS = 2  # gamma of the focal loss, as in its paper


class DiceWith(Loss):
    """The mean over cases of (1 - soft Dice of the foreground) and of a voxel-wise loss, over cases with a mask."""

    def __init__(self, voxel_loss: Literal["cross_entropy", "focal"] = "cross_entropy") -> None:
        super().__init__()
        self._dice = DiceLoss(include_background=False, to_onehot_y=True, softmax=True, smooth_nr=1.0, smooth_dr=1.0)
        self._voxel_loss: VoxelLoss = focal_loss if voxel_loss == "focal" else F.cross_entropy

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the loss of the logits [B, classes, D, H, W]."""
        known = batch.mask_known
        if not bool(known.any()):
            return nothing_known(prediction)
        with torch.autocast(prediction.device.type, enabled=False):
            logits, mask = prediction[known].float(), batch.mask[known]
            value: Tensor = self._dice(logits, mask.unsqueeze(1)) + self._voxel_loss(logits, mask)
        return TaskLoss(value, active=True)


def focal_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over voxels of -(1 - p)^2 log p, where p is the softmax probability of the true class.

    Source: Lin et al., Focal loss for dense object detection, ICCV 2017, eq. 4. MONAI's DiceFocalLoss takes the
    sigmoid of each logit instead, which says nothing of the probabilities that Dice and the prediction use.
    """
    cost = F.cross_entropy(logits, mask, reduction="none")
    return ((1 - torch.exp(-cost)) ** FOCUS * cost).mean()
