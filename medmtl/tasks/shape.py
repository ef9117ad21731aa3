"""Contour and distance maps as auxiliary tasks, each with a decoder of its own: three decoders, as in Psi-Net."""

from abc import ABC
from collections.abc import Mapping

from torch import Tensor, nn

from medmtl.losses.base import Loss
from medmtl.losses.shape import ContourLoss, DistanceKind, DistanceLoss
from medmtl.tasks.base import Gives, Known, TaskContext
from medmtl.tasks.decoding import DecodingTask
from medmtl.tensors import Inputs, Pyramid


class _ShapeMap(DecodingTask, ABC):
    """A map of the mask's shape, decoded apart; dropped at inference."""

    gives = Gives.MAP
    auxiliary = True

    def __init__(self, context: TaskContext, maps: int, convolutions: int) -> None:
        super().__init__(context, convolutions)
        self.map = nn.Conv3d(context.channels[0], maps, 1)

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        found: Tensor = self.map(self.decode(pyramid))
        return found


class ContourMap(_ShapeMap):
    """Logits [B, 2, D, H, W] of the tumour's contour.

    Source: Murugesan et al., Psi-Net, EMBC 2019, with real decoders per task.
    """

    def __init__(self, context: TaskContext, convolutions: int = 1) -> None:
        super().__init__(context, 2, convolutions)

    def read(self, prediction: Tensor) -> Tensor:
        """Return the probabilities of not being, and of being, contour."""
        return prediction.float().softmax(dim=1)

    def loss(self, known: Known) -> Loss:
        """Return the contour's cross entropy."""
        return ContourLoss()


class DistanceMap(_ShapeMap):
    """Logits [B, 1, D, H, W] of the distance to the tumour's border, from 0 to 1 at `reach` voxels.

    Source: Murugesan et al., Psi-Net, EMBC 2019, with real decoders per task.
    """

    def __init__(
        self, context: TaskContext, kind: DistanceKind = "signed", reach: float = 10.0, convolutions: int = 1
    ) -> None:
        super().__init__(context, 1, convolutions)
        self._kind: DistanceKind = kind
        self._reach = reach

    def read(self, prediction: Tensor) -> Tensor:
        """Return the distance, from 0 to 1."""
        return prediction.float().sigmoid()

    def loss(self, known: Known) -> Loss:
        """Return the squared error of the distance."""
        return DistanceLoss(self._kind, self._reach)
