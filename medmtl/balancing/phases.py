"""Some tasks first, then all."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import Cut
from medmtl.errors import MedmtlError
from medmtl.losses.base import TaskLoss
from medmtl.members import Member, build

_SUM: Member = {"class_path": "medmtl.balancing.weighted_sum.WeightedSum"}


class Phases(Balancer):
    """For `epochs` epochs only the tasks of `first` are taught, then all of them, as the balancer `then` says.

    Segmentation first, then jointly with survival, is the schedule of Meng et al., AdaMSS, npj Precision Oncology 2024.
    """

    epoch: Tensor

    def __init__(self, tasks: Sequence[str], first: Sequence[str], epochs: int, then: Member | None = None) -> None:
        super().__init__()
        if not first or set(first) - set(tasks) or epochs < 1:
            raise MedmtlError(
                f"first must name tasks of the network {list(tasks)}, for 1 epoch or more. Found {first}."
            )
        self._first, self._epochs = tuple(first), epochs
        self.then = build(then or _SUM, Balancer, tuple(tasks))  # type: ignore[type-abstract]
        self.reads_gradients, self.looks_again = self.then.reads_gradients, self.then.looks_again
        self.wants_validation, self.may_stop = self.then.wants_validation, self.then.may_stop
        self.register_buffer("epoch", torch.zeros((), dtype=torch.int64))

    @property
    def look_due(self) -> bool:
        """Whether the balancer looks at this step again."""
        return self.then.look_due

    @property
    def stopped(self) -> frozenset[str]:
        """The tasks that the balancer has stopped."""
        return self.then.stopped

    def forward(self, losses: Mapping[str, TaskLoss], cut: Cut | None = None) -> Tensor:
        """Return what the balancer makes of the tasks that are taught; the others are silent."""
        total: Tensor = (
            self.then(self._taught(losses), cut) if self.reads_gradients else self.then(self._taught(losses))
        )
        self.weights = self.then.weights
        return total

    def look_again(self, losses: Mapping[str, TaskLoss]) -> None:
        """Show the balancer the tasks that are taught."""
        self.then.look_again(self._taught(losses))

    def see_validation(self, losses: Mapping[str, float]) -> None:
        """Show the balancer the validation losses."""
        self.then.see_validation(losses)

    def end_epoch(self) -> None:
        """Count the epoch."""
        self.epoch += 1
        self.then.end_epoch()

    def _taught(self, losses: Mapping[str, TaskLoss]) -> dict[str, TaskLoss]:
        if self.epoch >= self._epochs:
            return dict(losses)
        silent = {name: TaskLoss(loss.value * 0.0, active=False) for name, loss in losses.items()}
        return silent | {name: losses[name] for name in self._first if name in losses}
