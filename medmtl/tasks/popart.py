"""A linear layer whose outputs stay what they are while the targets' scale is learned."""

import torch
from torch import Tensor, nn

_LEAST, _MOST = 1e-4, 1e6  # of the standard deviation


class PopArt(nn.Module):
    """Predicts normalised targets; when the running mean and deviation move, weights move so that outputs do not.

    Source: Hessel et al., Multi-task deep reinforcement learning with PopArt, AAAI 2019.
    """

    mean: Tensor
    square: Tensor
    pending: Tensor  # [2] mean and mean square of targets that are still to be taken in; NaN where there are none

    def __init__(self, features: int, rate: float = 0.01) -> None:
        super().__init__()
        self.linear = nn.Linear(features, 1)
        self._rate = rate
        self.register_buffer("mean", torch.zeros(1))
        self.register_buffer("square", torch.ones(1))
        self.register_buffer("pending", torch.full((2,), float("nan")))

    @property
    def deviation(self) -> Tensor:
        """The running standard deviation [1]."""
        return (self.square - self.mean**2).clamp_min(0).sqrt().clamp(_LEAST, _MOST)

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised prediction [B]; in training the last targets are taken in before."""
        if self.training and bool(self.pending.isfinite().all()):
            self._take_in()
        found: Tensor = self.linear(x)
        return found[:, 0]

    def restore(self, normalised: Tensor) -> Tensor:
        """Return predictions in the target's own unit."""
        return normalised * self.deviation + self.mean

    @torch.no_grad()
    def normalise(self, targets: Tensor) -> Tensor:
        """Return the targets [n] normalised; in training they move the running figures at the next forward pass."""
        if self.training:
            self.pending.copy_(torch.stack([targets.mean(), (targets**2).mean()]))
        return (targets - self.mean) / self.deviation

    @torch.no_grad()
    def _take_in(self) -> None:
        """Move the running figures, and the weights so that every output stays what it was."""
        old_mean, old = self.mean.clone(), self.deviation.clone()
        self.mean += self._rate * (self.pending[0] - self.mean)
        self.square += self._rate * (self.pending[1] - self.square)
        self.linear.weight *= (old / self.deviation)[:, None]
        self.linear.bias.copy_((old * self.linear.bias + old_mean - self.mean) / self.deviation)
        self.pending.fill_(float("nan"))
