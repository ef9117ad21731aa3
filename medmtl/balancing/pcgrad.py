"""Gradients without the parts that conflict."""

from collections.abc import Sequence

from torch import Tensor

from medmtl.balancing.gramian import GramianBalancer
from medmtl.balancing.seeded import SeededBalancer
from medmtl.balancing.torchjd_weights import pcgrad_weights


class PcGrad(SeededBalancer, GramianBalancer):
    """PCGrad: each gradient loses its part along those that it conflicts with, in random order; then they are summed.

    Source: Yu et al., Gradient surgery for multi-task learning, NeurIPS 2020; computed by TorchJD.
    """

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weights."""
        return pcgrad_weights(gramian, self.draws.next_seed())
