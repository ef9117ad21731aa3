"""Tumour segmentation: the decoder of a residual 3D U-Net."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from medmtl.encoders.blocks import ResidualBlock
from medmtl.losses.dice_ce import DiceWith
from medmtl.tasks.base import Gives, Known, Task, TaskContext
from medmtl.tensors import Inputs, Pyramid


class Segmentation(Task):
    """Logits of background and of every label at full resolution."""

    gives = Gives.MASK

    def __init__(
        self,
        context: TaskContext,
        convolutions: int = 1,
        voxel_loss: Literal["cross_entropy", "focal"] = "cross_entropy",
    ) -> None:
        super().__init__()
        steps = list(zip(context.channels, context.channels[1:], strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose3d(coarse, fine, 2, 2) for fine, coarse in steps)
        self.join = nn.ModuleList(ResidualBlock(2 * fine, fine, convolutions) for fine, _ in steps)
        self.logits = nn.Conv3d(context.channels[0], context.classes, 1)
        self._voxel_loss = voxel_loss

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return logits [B, classes, D, H, W]."""
        x = pyramid[-1]
        for level in reversed(range(len(self.up))):
            x = self.join[level](torch.cat([self.up[level](x), pyramid[level]], dim=1))
        logits: Tensor = self.logits(x)
        return logits

    def read(self, prediction: Tensor) -> Tensor:
        """Return probabilities [B, classes, D, H, W] that sum to 1 over the classes."""
        return prediction.float().softmax(dim=1)

    def loss(self, known: Known) -> DiceWith:
        """Return Dice plus the voxel loss; it needs nothing known."""
        return DiceWith(self._voxel_loss)
