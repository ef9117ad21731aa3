"""The encoder of MONAI's SwinUNETR."""

from collections.abc import Sequence

from monai.networks.nets import SwinUNETR
from torch import Tensor, nn

from medmtl.encoders.base import Encoder
from medmtl.tensors import Pyramid


class SwinUnetrEncoder(Encoder):
    """Shifted-window attention, six levels from full resolution to 1/32; each map passes a residual block of its own.

    Weights keep MONAI's names, so that a pre-trained SwinUNETR's can be taken over. `width` must be a multiple of 12.
    Source: Hatamizadeh et al., Swin UNETR, BrainLes 2021; MONAI.
    """

    def __init__(
        self,
        width: int = 12,
        depths: Sequence[int] = (2, 2, 2, 2),
        heads: Sequence[int] = (3, 6, 12, 24),
        channels_in: int = 2,
    ) -> None:
        super().__init__()
        whole = SwinUNETR(channels_in, 2, depths=tuple(depths), num_heads=tuple(heads), feature_size=width)
        self.channels = (width, *(width * 2**level for level in range(5)))
        self.swinViT: nn.Module = whole.swinViT
        self.encoder1, self.encoder2, self.encoder3 = whole.encoder1, whole.encoder2, whole.encoder3
        self.encoder4, self.encoder10 = whole.encoder4, whole.encoder10

    def forward(self, image: Tensor) -> Pyramid:
        """Return six feature maps; the fifth is the transformer's own."""
        hidden = self.swinViT(image.contiguous(), True)
        finer = (self.encoder1(image), self.encoder2(hidden[0]), self.encoder3(hidden[1]), self.encoder4(hidden[2]))
        return (*finer, hidden[3], self.encoder10(hidden[4]))
