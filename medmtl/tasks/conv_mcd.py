"""Conv-MCD: mask, contour and distance from three parallel convolutions on one decoder."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from medmtl.losses.base import Loss, TaskLoss
from medmtl.losses.dice_ce import DiceWith
from medmtl.losses.shape import ContourLoss, DistanceKind, DistanceLoss
from medmtl.tasks.base import Known, TaskContext
from medmtl.tasks.segmentation import Segmentation
from medmtl.tensors import Batch, Inputs, Pyramid


class ConvMcd(Segmentation):
    """Segmentation whose last feature maps must also tell the contour and the distance to it, at next to no cost.

    Source: Murugesan et al., Conv-MCD, MICCAI workshop MLMI 2019. The weights of the three losses are 1 there.
    """

    def __init__(  # noqa: PLR0913, PLR0917  (the options of a member are its arguments)
        self,
        context: TaskContext,
        contour_weight: float = 1.0,
        distance_weight: float = 1.0,
        kind: DistanceKind = "signed",
        reach: float = 10.0,
        convolutions: int = 1,
        voxel_loss: Literal["cross_entropy", "focal"] = "cross_entropy",
    ) -> None:
        super().__init__(context, convolutions, voxel_loss)
        self._classes = context.classes
        self._shape = _ShapeLosses(context.classes, (contour_weight, distance_weight), kind, reach)
        self.contour = nn.Conv3d(context.channels[0], 2, 1)
        self.distance = nn.Conv3d(context.channels[0], 1, 1)

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return logits [B, classes + 3, D, H, W]: of the mask, of the contour (2) and of the distance."""
        x = self.decode(pyramid)
        return torch.cat([self.logits(x), self.contour(x), self.distance(x)], dim=1)

    def read(self, prediction: Tensor) -> Tensor:
        """Return probabilities [B, classes, D, H, W] of the mask alone."""
        return super().read(prediction[:, : self._classes])

    def loss(self, known: Known) -> Loss:
        """Return the sum of the three losses."""
        return _ConvMcdLoss(DiceWith(self._voxel_loss), self._shape, self._classes)


class _ShapeLosses(nn.Module):
    """The weighed losses of contour and distance."""

    def __init__(self, classes: int, weights: tuple[float, float], kind: DistanceKind, reach: float) -> None:
        super().__init__()
        self._classes, self._weights = classes, weights
        self.contour, self.distance = ContourLoss(), DistanceLoss(kind, reach)

    def forward(self, prediction: Tensor, batch: Batch) -> Tensor:
        contour, distance = prediction[:, self._classes : self._classes + 2], prediction[:, self._classes + 2 :]
        of_contour, of_distance = self._weights
        value: Tensor = of_contour * self.contour(contour, batch).value
        value = value + of_distance * self.distance(distance, batch).value
        return value


class _ConvMcdLoss(Loss):
    """The loss of the mask, and those of its shape."""

    def __init__(self, mask: Loss, shape: _ShapeLosses, classes: int) -> None:
        super().__init__()
        self._classes = classes
        self.mask, self.shape = mask, shape

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        mask: TaskLoss = self.mask(prediction[:, : self._classes], batch)
        return TaskLoss(mask.value + self.shape(prediction, batch), mask.active)
