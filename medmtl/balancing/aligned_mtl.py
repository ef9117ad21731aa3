"""Gradients made orthogonal and equally long."""

from collections.abc import Sequence

from torch import Tensor

from medmtl.balancing.gramian import GramianBalancer
from medmtl.balancing.torchjd_weights import aligned_weights


class AlignedMtl(GramianBalancer):
    """Aligned-MTL: the mean of the gradients after their principal components got the smallest one's length.

    Source: Senushkin et al., Independent component alignment for multi-task learning, CVPR 2023; computed by TorchJD.
    """

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weights."""
        return aligned_weights(gramian)
