"""The encoder of MONAI's SegResNet."""

from collections.abc import Sequence

from monai.networks.nets import SegResNet
from torch import Tensor, nn

from medmtl.encoders.base import Encoder
from medmtl.tensors import Pyramid


class SegResNetEncoder(Encoder):
    """Pre-activated residual blocks with group norm. Weights keep MONAI's names, so that a bundle's can be taken over.

    Source: Myronenko, 3D MRI brain tumor segmentation using autoencoder regularization, BrainLes 2018; MONAI.
    """

    def __init__(self, width: int = 16, blocks: Sequence[int] = (1, 2, 2, 4), channels_in: int = 2) -> None:
        super().__init__()
        whole = SegResNet(3, width, channels_in, 2, blocks_down=tuple(blocks), blocks_up=(1,) * (len(blocks) - 1))
        self.channels = tuple(width * 2**level for level in range(len(blocks)))
        self.convInit: nn.Module = whole.convInit
        self.down_layers: nn.ModuleList = whole.down_layers

    def forward(self, image: Tensor) -> Pyramid:
        """Return one feature map per level."""
        maps, x = [], self.convInit(image)
        for down in self.down_layers:
            x = down(x)
            maps.append(x)
        return tuple(maps)
