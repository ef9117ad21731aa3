"""Gradients projected so that no task is harmed."""

from collections.abc import Sequence

import torch
from scipy.optimize import nnls
from torch import Tensor

from medmtl.balancing.gramian import GramianBalancer, root_of, unit


class UpGrad(GramianBalancer):
    """UPGrad: the mean of the gradients, each projected first onto the directions that harm no task.

    Source: Quinton and Rey, Jacobian descent for multi-objective optimization, 2024.
    """

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the sum of the weights of every projected gradient."""
        each = torch.eye(len(gramian), dtype=gramian.dtype) / len(gramian)
        return torch.stack([projected(row, gramian) for row in each]).sum(dim=0)


class DualProjection(GramianBalancer):
    """The mean of the gradients, projected onto the directions that harm no task.

    Source: the projection of Lopez-Paz and Ranzato, Gradient episodic memory, NeurIPS 2017, applied to the mean.
    """

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weights of the projected mean."""
        return projected(torch.full((len(gramian),), 1 / len(gramian), dtype=gramian.dtype), gramian)


def projected(weights: Tensor, gramian: Tensor) -> Tensor:
    """Return the weights v >= weights whose combination is shortest: its scalar product with no row is negative.

    With v = weights + x and x >= 0 this is a non-negative least-squares problem in x.
    """
    products = unit(gramian)
    if products is None:
        return weights
    root = root_of(products)
    return weights + torch.as_tensor(nnls(root.numpy(), (-root @ weights).numpy())[0], dtype=gramian.dtype)
