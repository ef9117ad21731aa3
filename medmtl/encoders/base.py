"""What an encoder is: images in, a pyramid of feature maps out."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from medmtl.tensors import Pyramid


class Encoder(nn.Module, ABC):
    """Feature maps at full resolution and at each halving; `channels` tells how many each has, finest first."""

    channels: tuple[int, ...]

    @abstractmethod
    def forward(self, image: Tensor) -> Pyramid:
        """Return the pyramid of the images [B, 2, D, H, W]; each edge is a multiple of 2^(levels - 1)."""
