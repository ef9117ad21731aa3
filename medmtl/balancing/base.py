"""What a balancer is: losses in, one scalar out whose gradient is the chosen direction."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

from medmtl.balancing.cut import Cut
from medmtl.losses.base import TaskLoss


class Balancer(nn.Module, ABC):
    """Combines the losses of the tasks; a task that said nothing in this batch has no part in it.

    A balancer that `reads_gradients` is given the cut behind which the losses were computed; others are given none.
    """

    reads_gradients: bool = False

    @abstractmethod
    def forward(self, losses: Mapping[str, TaskLoss], cut: Cut | None = None) -> Tensor:
        """Return the scalar to descend."""
