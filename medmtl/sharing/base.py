"""What sharing is: images in, a pyramid for every task out."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from medmtl.tensors import Pyramid


class Sharing(nn.Module, ABC):
    """Gives every task its pyramid; `channels` are those of every pyramid, finest first."""

    channels: tuple[int, ...]

    @abstractmethod
    def forward(self, image: Tensor) -> dict[str, Pyramid]:
        """Return the pyramid of each task for the images [B, 2, D, H, W]."""

    def penalty(self) -> Tensor:
        """Return what the way of sharing adds to the loss after a forward pass: 0 unless it says otherwise."""
        return torch.zeros(())

    def figures(self) -> dict[str, float]:
        """Return what an epoch should be told of by name, such as how much is shared; nothing unless it says so."""
        return {}
