"""The shortest vector between the gradients."""

from collections.abc import Sequence

import torch
from scipy.optimize import nnls
from torch import Tensor

from medmtl.balancing.gramian import GramianBalancer, root_of, unit


class Mgda(GramianBalancer):
    """MGDA: the convex combination of the gradients with the smallest norm; it is 0 at a Pareto-stationary point.

    Found exactly, as a non-negative least-squares problem. Source: Desideri, Comptes Rendus Mathematique 2012; Sener
    and Koltun, Multi-task learning as multi-objective optimization, NeurIPS 2018.
    """

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weights, which sum to 1."""
        return shortest(gramian)


def shortest(gramian: Tensor) -> Tensor:
    """Return the weights on the simplex that minimise w' gramian w.

    For x >= 0 the minimum of |S x|^2 + (sum x - 1)^2 lies on the ray of the wanted weights (Wolfe's device).
    """
    products = unit(gramian)
    if products is None:
        return torch.full((len(gramian),), 1 / len(gramian), dtype=gramian.dtype)
    system = torch.cat([root_of(products), torch.ones(1, len(gramian), dtype=gramian.dtype)])
    found = nnls(system.numpy(), [0.0] * len(gramian) + [1.0])[0]
    return torch.as_tensor(found / found.sum(), dtype=gramian.dtype)
