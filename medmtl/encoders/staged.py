"""What encoders whose every level reads the one before have in common."""

from abc import abstractmethod

from torch import Tensor, nn

from medmtl.encoders.base import Encoder
from medmtl.tensors import Pyramid


class StagedEncoder(Encoder):
    """An encoder that is its `levels`, one after the other; sharing may step into between them."""

    levels: nn.ModuleList

    @abstractmethod
    def __init__(self) -> None:
        super().__init__()

    def forward(self, image: Tensor) -> Pyramid:
        """Return one feature map per level."""
        maps = []
        for level in self.levels:
            image = level(image)
            maps.append(image)
        return tuple(maps)
