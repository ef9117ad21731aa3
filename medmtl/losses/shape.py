"""Targets that a mask's shape gives, and their losses: its contour, and the distance to it."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional as F

from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.tensors import Batch

DistanceKind = Literal["inside", "contour", "signed"]


def contour_of(tumour: Tensor) -> Tensor:
    """Return the voxels [B, D, H, W] of the tumour, bool, that have a face towards its outside or the image's."""
    near = torch.zeros_like(tumour)
    for axis in range(3):
        widths = [0, 0, 0, 0, 0, 0]
        widths[2 * axis] = widths[2 * axis + 1] = 1  # F.pad counts axes from the last
        outside = F.pad((~tumour).float(), widths, value=1.0)
        kernel = [3 if one == 2 - axis else 1 for one in range(3)]
        near |= F.max_pool3d(outside, kernel, stride=1) > 0
    return tumour & near


def distance_of(tumour: Tensor, kind: DistanceKind, reach: float) -> Tensor:
    """Return the Euclidean distance [B, D, H, W] to the tumour's border, from 0 to 1; 1 is `reach` voxels or more.

    `inside` is the depth in the tumour, 0 outside; `contour` the distance to the nearest contour voxel, anywhere;
    `signed` is 0.5 at the border, towards 1 inside and 0 outside. A mask without tumour is 0, or 1 for `contour`.
    """
    found = [_distance(mask, kind) for mask in tumour.cpu().numpy()]
    scaled = torch.from_numpy(np.stack(found)).to(tumour.device, torch.float32) / reach
    return (scaled.clamp(-1, 1) + 1) / 2 if kind == "signed" else scaled.clamp(0, 1)


class ContourLoss(Loss):
    """The cross entropy of the contour's logits [B, 2, D, H, W], with the contour weighed up to a tenth of all."""

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the mean over the cases with a mask."""
        known = batch.mask_known
        if not bool(known.any()):
            return nothing_known(prediction)
        wanted = contour_of(batch.mask[known] > 0)
        with torch.autocast(prediction.device.type, enabled=False):
            weight = (0.1 * (~wanted).sum() / wanted.sum().clamp_min(1)).clamp(1, 50)
            weights = torch.stack([torch.ones_like(weight), weight])
            value = F.cross_entropy(prediction[known].float(), wanted.long(), weights)
        return TaskLoss(value, active=True)


class DistanceLoss(Loss):
    """The mean squared error of a distance map [B, 1, D, H, W], given as logits of values from 0 to 1."""

    def __init__(self, kind: DistanceKind, reach: float) -> None:
        super().__init__()
        self._kind, self._reach = kind, reach

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the mean over the cases with a mask."""
        known = batch.mask_known
        if not bool(known.any()):
            return nothing_known(prediction)
        wanted = distance_of(batch.mask[known] > 0, self._kind, self._reach)
        return TaskLoss(F.mse_loss(prediction[known, 0].float().sigmoid(), wanted), active=True)


def _distance(mask: NDArray[np.bool_], kind: DistanceKind) -> NDArray[np.float64]:
    if kind == "contour":
        border = contour_of(torch.from_numpy(mask)[None])[0].numpy()
        return distance_transform_edt(~border) if border.any() else np.full(mask.shape, np.inf)
    inside = distance_transform_edt(mask) if mask.any() else np.zeros(mask.shape)
    if kind == "inside":
        return inside
    outside = distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)
    return np.where(mask, inside - 0.5, 0.5 - outside)
