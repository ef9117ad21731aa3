"""The direction near the mean gradient that serves the worst-off task best."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, minimize
from torch import Tensor

from medmtl.balancing.gramian import GramianBalancer, unit
from medmtl.errors import MedmtlError

Vector = NDArray[np.float64]


class CaGrad(GramianBalancer):
    """CAGrad: maximises the smallest progress of any task within c times the mean gradient's norm around the mean.

    c = 0 is the mean; as c grows it nears MGDA. Solved over the simplex by sequential quadratic programming. Source:
    Liu et al., Conflict-averse gradient descent for multi-task learning, NeurIPS 2021.
    """

    def __init__(self, tasks: Sequence[str], c: float = 0.5) -> None:
        super().__init__(tasks)
        if not 0 <= c < 1:
            raise MedmtlError(f"c must be at least 0 and less than 1. Found {c}.")
        self._c = c

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return 1/T plus c |mean gradient| / |combination| times the combination's weights."""
        scaled = unit(gramian)
        equal = torch.full((len(gramian),), 1 / len(gramian), dtype=gramian.dtype)
        if scaled is None:
            return equal
        products = scaled.numpy()
        radius = self._c * float(np.sqrt(max(products.mean(), 0.0)))
        found = _worst_combination(products, radius)
        length = float(np.sqrt(max(found @ products @ found, 0.0)))
        return equal + (torch.as_tensor(radius / length * found, dtype=gramian.dtype) if length > 1e-8 else 0)


def _worst_combination(products: Vector, radius: float) -> Vector:
    """Return the weights on the simplex with the least (product with the mean) + radius * length."""
    towards, count = products.mean(axis=1), len(products)

    def length(w: Vector) -> float:
        return math.sqrt(max(float(w @ products @ w), 1e-16))

    def objective(w: Vector) -> float:
        return float(w @ towards + radius * length(w))

    def slope(w: Vector) -> Vector:
        found: Vector = towards + radius * (products @ w) / length(w)
        return found

    equal: Vector = np.full(count, 1 / count)
    simplex = LinearConstraint(np.ones((1, count)), 1.0, 1.0)
    bounds = Bounds(np.zeros(count), np.ones(count))
    found: Vector = minimize(
        objective, equal, jac=slope, bounds=bounds, constraints=simplex, method="SLSQP", options={"ftol": 1e-12}
    ).x
    return found
