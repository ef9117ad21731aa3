"""The encoder of a plain convolutional U-Net."""

from collections.abc import Sequence

from torch import nn

from medmtl.encoders.staged import StagedEncoder


class PlainEncoder(StagedEncoder):
    """Convolutions with instance norm and leaky ReLU, the first of a level strided: the plain encoder of nnU-Net.

    Instance norm has no running state, so that a batch may be of one case. Source: Isensee et al., nnU-Net, Nature
    Methods 2021.
    """

    def __init__(self, widths: Sequence[int] = (16, 32, 64, 128), convolutions: int = 2, channels_in: int = 2) -> None:
        super().__init__()
        self.channels = tuple(widths)
        before = (channels_in, *self.channels)
        self.levels = nn.ModuleList(
            _level(first, second, convolutions, stride=1 if level == 0 else 2)
            for level, (first, second) in enumerate(zip(before, self.channels, strict=False))
        )


def _level(channels_in: int, channels: int, convolutions: int, stride: int) -> nn.Sequential:
    steps = [(channels_in, stride)] + [(channels, 1)] * (convolutions - 1)
    return nn.Sequential(*(layer for before, step in steps for layer in _convolution(before, channels, step)))


def _convolution(channels_in: int, channels: int, stride: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv3d(channels_in, channels, 3, stride, padding=1),
        nn.InstanceNorm3d(channels, affine=True),
        nn.LeakyReLU(0.01),
    )
