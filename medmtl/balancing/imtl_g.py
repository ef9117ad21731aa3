"""The direction along which every task makes the same progress."""

from collections.abc import Sequence

from torch import Tensor

from medmtl.balancing.gramian import GramianBalancer
from medmtl.balancing.torchjd_weights import imtl_g_weights


class ImpartialGradients(GramianBalancer):
    """IMTL-G: the combination that has the same projection on every task's unit gradient; weights sum to 1.

    It does not depend on the losses' units. Source: Liu et al., Towards impartial multi-task learning, ICLR 2021;
    computed by TorchJD.
    """

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weights."""
        return imtl_g_weights(gramian)
