"""The images themselves as an auxiliary task: the pyramid must keep what makes PET and CT."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from torch import Tensor, nn

from medmtl.errors import MedmtlError
from medmtl.losses.base import Loss
from medmtl.losses.image import ImageLoss
from medmtl.tasks.base import Gives, Known, Task, TaskContext
from medmtl.tensors import Inputs, Pyramid


class Reconstruction(Task):
    """PET (channel 0) and CT (channel 1) of the input from the levels of the pyramid from `level` on.

    It needs no label, so that unlabelled cases teach the shared part, too. The finest levels are left out, as they
    could be copied. Source: the autoencoder branch of Myronenko, BrainLes 2018.
    """

    gives = Gives.MAP
    auxiliary = True

    def __init__(self, context: TaskContext, channels: Sequence[int] = (0, 1), level: int = 1) -> None:
        super().__init__()
        if not (1 <= level < len(context.channels) and set(channels) <= {0, 1} and channels):
            raise MedmtlError(
                f"Reconstruction: level must be from 1 to {len(context.channels) - 1}, channels among 0 and 1. "
                f"Found {level} and {list(channels)}."
            )
        self._channels, self._level = tuple(channels), level
        kept = context.channels[level:]
        steps = list(pairwise(kept))
        self.up = nn.ModuleList(nn.ConvTranspose3d(coarse, fine, 2, 2) for fine, coarse in steps)
        self.image = nn.Conv3d(kept[0], len(self._channels), 3, padding=1)

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return the images [B, channels, D, H, W]."""
        kept = pyramid[self._level :]
        x = kept[-1]
        for index in reversed(range(len(self.up))):
            x = nn.functional.leaky_relu(self.up[index](x) + kept[index], 0.01)
        found: Tensor = nn.functional.interpolate(self.image(x), scale_factor=2**self._level, mode="trilinear")
        return found

    def read(self, prediction: Tensor) -> Tensor:
        """Return the images as the network sees them, normalised."""
        return prediction.float()

    def loss(self, known: Known) -> Loss:
        """Return the mean absolute error."""
        return ImageLoss(self._channels)
