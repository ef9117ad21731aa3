"""What tasks that decode the pyramid to full resolution have in common."""

from abc import ABC

import torch
from torch import Tensor, nn

from medmtl.encoders.blocks import ResidualBlock
from medmtl.tasks.base import Task, TaskContext
from medmtl.tensors import Pyramid


class DecodingTask(Task, ABC):
    """The decoder of a residual 3D U-Net; every such task has its own."""

    def __init__(self, context: TaskContext, convolutions: int) -> None:
        super().__init__()
        steps = list(zip(context.channels, context.channels[1:], strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose3d(coarse, fine, 2, 2) for fine, coarse in steps)
        self.join = nn.ModuleList(ResidualBlock(2 * fine, fine, convolutions) for fine, _ in steps)

    def decode(self, pyramid: Pyramid) -> Tensor:
        """Return feature maps [B, channels of the finest, D, H, W]."""
        x = pyramid[-1]
        for level in reversed(range(len(self.up))):
            x = self.join[level](torch.cat([self.up[level](x), pyramid[level]], dim=1))
        return x
