"""Weights drawn anew at every step."""

from collections.abc import Sequence

import torch
from torch import Tensor

from medmtl.balancing.scalar import ScalarBalancer
from medmtl.balancing.seeded import Draws


class RandomWeights(ScalarBalancer):
    """RLW: the softmax of one standard normal draw per task, times the number of tasks.

    The draws follow from `seed` and the step alone: ranks agree, and a resumed training repeats them. Source: Lin et
    al., Reasonable effectiveness of random weighting, TMLR 2022.
    """

    def __init__(self, tasks: Sequence[str], seed: int = 0) -> None:
        super().__init__(tasks)
        self.draws = Draws(seed)

    def combine(self, values: Tensor, rows: Tensor) -> Tensor:
        """Return the weighted sum over the active tasks."""
        draw = torch.randn(len(self.tasks), generator=self.generator()).to(values)[rows]
        weights = len(values) * torch.softmax(draw, dim=0)
        self.tell(weights, rows)
        return (weights * values).sum()

    def generator(self) -> torch.Generator:
        """Return the generator of this step."""
        return torch.Generator().manual_seed(self.draws.next_seed())
