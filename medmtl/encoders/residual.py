"""The encoder of a residual 3D U-Net."""

from collections.abc import Sequence

from torch import nn

from medmtl.encoders.blocks import ResidualBlock
from medmtl.encoders.staged import StagedEncoder


class ResidualEncoder(StagedEncoder):
    """Residual blocks, each level after the first at half the resolution of the one before.

    Source: the segmentation backbone of Meng et al., DeepMTS, IEEE J Biomed Health Inform 2022, with strided
    convolutions in the place of pooling.
    """

    def __init__(self, widths: Sequence[int] = (16, 32, 64, 128), convolutions: int = 2, channels_in: int = 2) -> None:
        super().__init__()
        self.channels = tuple(widths)
        before = (channels_in, *self.channels)
        self.levels = nn.ModuleList(
            ResidualBlock(first, second, convolutions, stride=1 if level == 0 else 2)
            for level, (first, second) in enumerate(zip(before, self.channels, strict=False))
        )
