"""What a balancer is: losses in, one scalar out whose gradient is the chosen direction."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

from medmtl.balancing.cut import Cut
from medmtl.losses.base import TaskLoss


class Balancer(nn.Module, ABC):
    """Combines the losses of the tasks; a task that said nothing in this batch has no part in it.

    A balancer that `reads_gradients` is given the cut behind which the losses were computed; others are given none.
    One that `looks_again` is shown the losses of the same batch once more, after the step; one that `wants_validation`
    those of the validation cases, before the epoch ends. A task that it has `stopped` is silent and its head stays as
    it is. Whatever it remembers from
    one step to the next is in its state, so that a resumed training equals an uninterrupted one.
    """

    reads_gradients: bool = False
    looks_again: bool = False
    wants_validation: bool = False
    may_stop: frozenset[str] = frozenset()  # tasks that may be stopped

    def __init__(self) -> None:
        super().__init__()
        self.weights: dict[str, float] = {}  # of the last step by task, for the log; empty where there are none

    @abstractmethod
    def forward(self, losses: Mapping[str, TaskLoss], cut: Cut | None = None) -> Tensor:
        """Return the scalar to descend."""

    def look_again(self, losses: Mapping[str, TaskLoss]) -> None:
        """Learn from what the step did to the losses of its own batch."""

    @property
    def look_due(self) -> bool:
        """Whether the step that was just taken is one to look at again."""
        return self.looks_again

    @property
    def stopped(self) -> frozenset[str]:
        """The tasks that are stopped for good."""
        return frozenset()

    def see_validation(self, losses: Mapping[str, float]) -> None:
        """Learn from the validation losses of the tasks that have one, in the units of their training losses."""

    def end_epoch(self) -> None:
        """Learn from the epoch that ends."""
