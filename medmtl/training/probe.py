"""Looks at the tasks' gradients on the shared part without moving anything: how long they are, and how they agree."""

from collections.abc import Mapping
from itertools import combinations

import torch
from torch import Tensor

from medmtl.balancing.cut import Cut, task_gradient
from medmtl.losses.base import TaskLoss


def shared_gradients(losses: Mapping[str, TaskLoss], cut: Cut) -> dict[str, tuple[Tensor, ...]]:
    """Return the gradient by the shared parameters of every task that said something."""
    return {name: task_gradient(loss.value, cut).shared for name, loss in losses.items() if loss.active}


def gradient_figures(gradients: Mapping[str, tuple[Tensor, ...]]) -> dict[str, float]:
    """Return `gradient_norm_TASK`, and `gradient_cosine_TASK_TASK` and `gradient_similarity_TASK_TASK` of every pair.

    The similarity of magnitudes is 2 |a||b| / (|a|^2 + |b|^2). Source: Yu et al., Gradient surgery, NeurIPS 2020,
    section 2.
    """
    rows = {name: torch.cat([part.double().reshape(-1) for part in parts]) for name, parts in gradients.items()}
    norms = {name: float(row.norm()) for name, row in rows.items()}
    found = {f"gradient_norm_{name}": norm for name, norm in norms.items()}
    for one, other in combinations(rows, 2):
        both = norms[one] * norms[other]
        squares = norms[one] ** 2 + norms[other] ** 2
        found[f"gradient_cosine_{one}_{other}"] = float(rows[one] @ rows[other]) / both if both > 0 else 0.0
        found[f"gradient_similarity_{one}_{other}"] = 2 * both / squares if squares > 0 else 0.0
    return found
