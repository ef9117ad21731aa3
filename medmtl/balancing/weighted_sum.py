"""The weighted sum of the losses: unitary scalarisation when every weight is 1."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import Cut
from medmtl.errors import MedmtlError
from medmtl.losses.base import TaskLoss


class WeightedSum(Balancer):
    """Sum over tasks of weight times loss; a weight not given is 1.

    Source: Kurin et al., In defense of the unitary scalarization for deep multi-task learning, NeurIPS 2022.
    """

    def __init__(self, tasks: Sequence[str], weights: Mapping[str, float] | None = None) -> None:
        super().__init__()
        unknown = sorted(set(weights or {}) - set(tasks))
        if unknown:
            raise MedmtlError(f"balancer weights must name tasks of the network {list(tasks)}. Found {unknown}.")
        if any(not 0 <= weight < math.inf for weight in (weights or {}).values()):
            raise MedmtlError(f"balancer weights must be 0 or more. Found {dict(weights or {})}.")
        self.weights = {task: float((weights or {}).get(task, 1.0)) for task in tasks}

    def forward(self, losses: Mapping[str, TaskLoss], cut: Cut | None = None) -> Tensor:
        """Return the weighted sum over the tasks that said something; a plain sum of zeros if none did."""
        return torch.stack([self.weights[task] * loss.value for task, loss in losses.items()]).sum()
