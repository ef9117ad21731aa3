"""The loss of a picture of what the network looks at."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from medmtl.losses.base import Loss, TaskLoss
from medmtl.tensors import Batch


class ImageLoss(Loss):
    """The mean absolute error over voxels of images [B, channels, D, H, W]; the batch's own are the label.

    Every case has its images, so it is always active.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self._channels = list(channels)

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the mean over cases, channels and voxels."""
        wanted = batch.inputs.image[:, self._channels].float()
        return TaskLoss(F.l1_loss(prediction.float(), wanted), active=True)
