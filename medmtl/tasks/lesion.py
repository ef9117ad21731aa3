"""Where the lesion is, and whether there is one, as an auxiliary task."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from medmtl.encoders.blocks import ResidualBlock
from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.tasks.base import Gives, Known, Task, TaskContext
from medmtl.tensors import Batch, Inputs, Pyramid


class LesionCentroid(Task):
    """The centroid of the tumour in the patch, from 0 to 1 along z, y, x, and the logit of there being one.

    The deepest map gives a heat map, whose softmax-weighted mean position is the centroid. Source: the regression and
    detection of Li, Liu and Chan, Heterogeneous multi-task learning, IJCV 2015; soft-argmax.
    """

    gives = Gives.NUMBERS
    auxiliary = True

    def __init__(self, context: TaskContext) -> None:
        super().__init__()
        self.heat = nn.Sequential(ResidualBlock(context.channels[-1], 16, 1), nn.Conv3d(16, 1, 1))
        self.present = nn.Linear(2, 1)

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return [B, 4]: z, y, x and the logit."""
        heat = self.heat(pyramid[-1]).float()
        flat = heat.flatten(1)
        part = flat.softmax(dim=1).view_as(heat)[:, 0]
        places = [_mean_place(part, axis) for axis in (1, 2, 3)]
        with torch.autocast(flat.device.type, enabled=False):
            present = self.present(torch.stack([flat.amax(dim=1), flat.mean(dim=1)], dim=1))
        return torch.cat([torch.stack(places, dim=1), present], dim=1)

    def read(self, prediction: Tensor) -> Tensor:
        """Return z, y, x and the probability of there being one."""
        return torch.cat([prediction[:, :3].float(), prediction[:, 3:].float().sigmoid()], dim=1)

    def loss(self, known: Known) -> Loss:
        """Return the smooth absolute error of the centroid plus the cross entropy of presence."""
        return _LesionLoss()


class _LesionLoss(Loss):
    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        known = batch.mask_known
        if not bool(known.any()):
            return nothing_known(prediction)
        found, tumour = prediction[known].float(), (batch.mask[known] > 0).float()
        present = tumour.flatten(1).any(dim=1)
        value = nn.functional.binary_cross_entropy_with_logits(found[:, 3], present.float())
        if bool(present.any()):
            part = tumour[present] / tumour[present].sum(dim=(1, 2, 3), keepdim=True)
            wanted = torch.stack([_mean_place(part, axis) for axis in (1, 2, 3)], dim=1)
            value = value + nn.functional.smooth_l1_loss(found[present, :3], wanted, beta=0.05)
        return TaskLoss(value, active=True)


def _mean_place(part: Tensor, axis: int) -> Tensor:
    """Return the mean position [B] along an axis of weights [B, D, H, W] that sum to 1; voxel centres, 0 to 1."""
    length = part.shape[axis]
    centres = (torch.arange(length, device=part.device, dtype=part.dtype) + 0.5) / length
    others = [one for one in (1, 2, 3) if one != axis]
    return (part.sum(dim=others) * centres).sum(dim=1)
