"""The direction with the same cosine to every gradient."""

from collections.abc import Sequence

from torch import Tensor

from medmtl.balancing.gradient import GradientBalancer
from medmtl.balancing.torchjd_weights import config_direction


class ConFig(GradientBalancer):
    """ConFIG: the direction of equal cosine to every task's gradient, as long as all its projections together.

    Source: Liu, Chu and Thuerey, ConFIG: towards conflict-free training of physics informed neural networks, ICLR
    2025; computed by TorchJD.
    """

    def direction(self, jacobian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the direction."""
        return config_direction(jacobian)
