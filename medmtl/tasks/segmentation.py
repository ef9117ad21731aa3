"""Tumour segmentation: the decoder of a residual 3D U-Net."""

from collections.abc import Mapping
from typing import Literal

from torch import Tensor, nn

from medmtl.losses.base import Loss
from medmtl.losses.dice_ce import DiceWith
from medmtl.tasks.base import Gives, Known, TaskContext
from medmtl.tasks.decoding import DecodingTask
from medmtl.tensors import Inputs, Pyramid


class Segmentation(DecodingTask):
    """Logits of background and of every label at full resolution."""

    gives = Gives.MASK

    def __init__(
        self,
        context: TaskContext,
        convolutions: int = 1,
        voxel_loss: Literal["cross_entropy", "focal"] = "cross_entropy",
    ) -> None:
        super().__init__(context, convolutions)
        self.logits = nn.Conv3d(context.channels[0], context.classes, 1)
        self._voxel_loss = voxel_loss

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return logits [B, classes, D, H, W]."""
        logits: Tensor = self.logits(self.decode(pyramid))
        return logits

    def read(self, prediction: Tensor) -> Tensor:
        """Return probabilities [B, classes, D, H, W] that sum to 1 over the classes."""
        return prediction.float().softmax(dim=1)

    def loss(self, known: Known) -> Loss:
        """Return Dice plus the voxel loss; it needs nothing known."""
        return DiceWith(self._voxel_loss)
