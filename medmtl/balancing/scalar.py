"""What the methods that look at the losses alone have in common."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import Cut
from medmtl.losses.base import TaskLoss


class ScalarBalancer(Balancer):
    """Combines the losses that said something in this batch; where none did, their sum, an exact zero."""

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)

    @abstractmethod
    def combine(self, values: Tensor, rows: Tensor) -> Tensor:
        """Return the scalar for the losses [A] of the active tasks; `rows` [A] are their places among `tasks`."""

    def forward(self, losses: Mapping[str, TaskLoss], cut: Cut | None = None) -> Tensor:
        """Return the scalar to descend."""
        active = [name for name, loss in losses.items() if loss.active]
        silent = torch.stack([loss.value for loss in losses.values() if not loss.active] or [torch.zeros(())])
        if not active:
            return silent.sum()
        values = torch.stack([losses[name].value for name in active])
        rows = torch.tensor([self.tasks.index(name) for name in active], device=values.device)
        combined = self.combine(values, rows)
        return combined + silent.sum().to(values.device)  # the zeros keep every head in the graph

    def tell(self, weights: Tensor, rows: Tensor) -> None:
        """Keep the weights of the active tasks for the log."""
        self.weights = {self.tasks[row]: float(w) for row, w in zip(rows.tolist(), weights.detach(), strict=True)}
