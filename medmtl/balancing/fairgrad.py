"""Directions that are fair in the sense of alpha-fairness."""

from collections.abc import Sequence

from torch import Tensor

from medmtl.balancing.gramian import GramianBalancer
from medmtl.balancing.torchjd_weights import fairgrad_weights
from medmtl.errors import MedmtlError


class FairGrad(GramianBalancer):
    """FairGrad: the weights w with (gramian w) = w^(-1/alpha); alpha = 1 is Nash-MTL, larger alpha nears max-min.

    Source: Ban and Ji, Fair resource allocation in multi-task learning, ICML 2024; Navon et al., Multi-task learning
    as a bargaining game, ICML 2022; computed by TorchJD.
    """

    def __init__(self, tasks: Sequence[str], alpha: float = 1.0) -> None:
        super().__init__(tasks)
        if alpha <= 0:
            raise MedmtlError(f"alpha must be positive. Found {alpha}.")
        self._alpha = alpha

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weights."""
        return fairgrad_weights(gramian, self._alpha)
