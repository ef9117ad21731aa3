"""Soft Dice plus cross entropy, or plus focal loss, by MONAI."""

from typing import Literal

import torch
from monai.losses import DiceCELoss, DiceFocalLoss
from torch import Tensor

from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.tensors import Batch


class DiceWith(Loss):
    """The mean over cases of (1 - soft Dice of the foreground) and of a voxel-wise loss, over cases with a mask."""

    def __init__(self, voxel_loss: Literal["cross_entropy", "focal"] = "cross_entropy") -> None:
        super().__init__()
        options = {
            "include_background": False,
            "to_onehot_y": True,
            "softmax": True,
            "smooth_nr": 1.0,
            "smooth_dr": 1.0,
        }
        kinds = {"cross_entropy": DiceCELoss, "focal": DiceFocalLoss}
        self._loss = kinds[voxel_loss](**options)

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the loss of the logits [B, classes, D, H, W]."""
        known = batch.mask_known
        if not bool(known.any()):
            return nothing_known(prediction)
        with torch.autocast(prediction.device.type, enabled=False):
            value: Tensor = self._loss(prediction[known].float(), batch.mask[known].unsqueeze(1))
        return TaskLoss(value, active=True)
