"""What the gradient methods that need only the tasks' scalar products have in common."""

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from medmtl.balancing.gradient import GradientBalancer


class GramianBalancer(GradientBalancer):
    """The direction is a weighted sum of the tasks' gradients, with weights found from their scalar products."""

    @abstractmethod
    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weights [T] for the scalar products [T, T] of these tasks' gradients; both float64 on the CPU."""

    def direction(self, jacobian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weighted sum of the rows."""
        gramian = (jacobian @ jacobian.T).double().cpu()
        weights = self.weigh(gramian, tasks)
        self.weights = dict(zip(tasks, weights.tolist(), strict=True))
        found: Tensor = weights.to(jacobian) @ jacobian
        return found


def unit(gramian: Tensor) -> Tensor | None:
    """Return the scalar products over the largest of a gradient with itself; None where every gradient is zero.

    Solvers then meet numbers near 1, whatever the losses' scale; where all is zero there is nothing to weigh.
    """
    scale = gramian.diagonal().max()
    return gramian / scale if bool(scale > 0) else None


def root_of(gramian: Tensor) -> Tensor:
    """Return S with S'S = gramian, for solvers of least squares; small negative eigenvalues count as 0."""
    values, vectors = torch.linalg.eigh(gramian)
    root: Tensor = values.clamp_min(0).sqrt()[:, None] * vectors.T
    return root
