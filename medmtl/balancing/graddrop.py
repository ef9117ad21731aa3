"""Gradients of which each entry keeps one sign."""

from collections.abc import Sequence

from torch import Tensor

from medmtl.balancing.seeded import SeededBalancer
from medmtl.balancing.torchjd_weights import graddrop_direction


class GradDrop(SeededBalancer):
    """GradDrop: for every weight one sign is drawn, likelier the purer it is; entries of the other sign are dropped.

    Source: Chen et al., Just pick a sign, NeurIPS 2020; computed by TorchJD.
    """

    def direction(self, jacobian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the sum of what was kept."""
        return graddrop_direction(jacobian, self.draws.next_seed())
