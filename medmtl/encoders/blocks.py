"""The residual block that encoder and decoder are made of."""

import torch
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """A convolution of this stride, then convolutions added to their input; batch norm and leaky ReLU after each."""

    def __init__(self, channels_in: int, channels: int, convolutions: int, stride: int = 1) -> None:
        super().__init__()
        steps = [(channels_in, stride)] + [(channels, 1)] * (convolutions - 1)
        self.convolutions = nn.ModuleList(nn.Conv3d(c, channels, 3, s, padding=1, bias=False) for c, s in steps)
        self.norms = nn.ModuleList(nn.BatchNorm3d(channels) for _ in steps)

    def forward(self, x: Tensor) -> Tensor:
        """Return feature maps [B, channels, D / stride, H / stride, W / stride]."""
        for index, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            y: Tensor = norm(convolution(x))
            x = nn.functional.leaky_relu(y if index == 0 else y + x, 0.01)
        return x


class DenseBlock(nn.Module):
    """Layers that each read all before them and add `growth` channels, by a bottleneck of 1 x 1 x 1."""

    def __init__(self, channels_in: int, layers: int, growth: int) -> None:
        super().__init__()
        widths = [channels_in + growth * index for index in range(layers)]
        self.layers = nn.ModuleList(_dense_layer(width, growth) for width in widths)
        self.channels = channels_in + growth * layers

    def forward(self, x: Tensor) -> Tensor:
        """Return the input and every layer's maps, side by side."""
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return x


def _dense_layer(channels: int, growth: int) -> nn.Sequential:
    bottleneck = 4 * growth
    return nn.Sequential(
        nn.BatchNorm3d(channels),
        nn.ReLU(),
        nn.Conv3d(channels, bottleneck, 1, bias=False),
        nn.BatchNorm3d(bottleneck),
        nn.ReLU(),
        nn.Conv3d(bottleneck, growth, 3, padding=1, bias=False),
    )
