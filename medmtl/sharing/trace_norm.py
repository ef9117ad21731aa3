"""Soft sharing that is learned: one encoder per task, and a trace norm that ties their kernels to each other."""

import copy
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Literal

import torch
from torch import Tensor, nn

from medmtl.encoders.base import Encoder
from medmtl.errors import MedmtlError
from medmtl.members import Member, build
from medmtl.sharing.base import Sharing
from medmtl.tensors import Pyramid

Form = Literal["last_axis", "tucker", "tensor_train"]
_SMOOTH = 1e-4  # singular values far below it are pulled in proportion to their size: at 0 the trace norm has no slope


class TraceNormSharing(Sharing):
    """Every task has an encoder of its own; `strength` times the trace norm of the stacked kernels is added.

    A layer's kernels are stacked to a tensor [out, in, voxels, tasks], whose trace norm is the sum of the singular
    values of its unfoldings. `last_axis`: tasks against all else, so that kernels become sums of few common ones.
    `tucker`: every axis against all else. `tensor_train`: the first axes against the last, at every cut. Strength 0
    trains the encoders apart; what is shared, and in which layer, is learned. The encoders begin equal; offsets and
    norms are each task's own. Costs T times the encoder, and singular values at every step: next to nothing for
    `last_axis`, about half a second on one core for the others at the default encoder and three tasks.
    Source: Yang and Hospedales, Trace norm regularised deep multi-task learning, ICLR workshop 2017, with one strength
    for all unfoldings and the voxels of a kernel as one axis.
    """

    def __init__(self, encoder: Member, tasks: Sequence[str], strength: float = 1e-3, form: Form = "last_axis") -> None:
        super().__init__()
        if strength < 0:
            raise MedmtlError(f"strength must be 0 or more. Found {strength}.")
        first = build(encoder, Encoder)  # type: ignore[type-abstract]  # the base is only checked against
        self.channels = first.channels
        self._strength, self._unfold = strength, _UNFOLDINGS[form]
        self.encoders = nn.ModuleDict({task: copy.deepcopy(first) for task in tasks})

    def forward(self, image: Tensor) -> dict[str, Pyramid]:
        """Return each task's own pyramid."""
        return {task: encoder(image) for task, encoder in self.encoders.items()}

    def penalty(self) -> Tensor:
        """Return strength times the sum over layers and unfoldings of the smoothed trace norm."""
        if self._strength == 0:
            return torch.zeros(())
        parts = [trace_norm(matrix) for kernels in self.stacked() for matrix in self._unfold(kernels)]
        return self._strength * torch.stack(parts).sum()

    def figures(self) -> dict[str, float]:
        """Return how much of each layer one kernel explains, and how every pair of tasks is related.

        `layer_k` is the part of the kernels' squares that one common kernel, scaled per task, explains: 1 where
        they are multiples of each other, 1 over the tasks where they have nothing in common. `relation_a_b`, from -1
        to 1, is the correlation in `relations`, the mean over layers.
        """
        layers = [_last_axis(one.detach().float())[0] for one in self.stacked()]
        values = [torch.linalg.svdvals(layer).square() for layer in layers]
        shared = {f"layer_{place}": float(one[0] / one.sum()) for place, one in enumerate(values)}
        mean = torch.stack([_correlations(relations(layer)) for layer in layers]).mean(dim=0)
        pairs = combinations(enumerate(self.encoders), 2)
        return shared | {f"relation_{a}_{b}": float(mean[row, column]) for (row, a), (column, b) in pairs}

    def stacked(self) -> list[Tensor]:
        """Return the tasks' kernels of every layer, [out, in, voxels, tasks]."""
        sets = zip(*(encoder.parameters() for encoder in self.encoders.values()), strict=True)
        return [torch.stack([one.flatten(2) for one in same], dim=-1) for same in sets if same[0].ndim > 2]


def trace_norm(matrix: Tensor) -> Tensor:
    """Return the sum of sqrt(s^2 + e^2) - e over the singular values s of a matrix, with a small e."""
    with torch.autocast(matrix.device.type, enabled=False):
        values = torch.linalg.svdvals(matrix.float())
        found: Tensor = ((values.square() + _SMOOTH**2).sqrt() - _SMOOTH).sum()
    return found


def relations(weights: Tensor) -> Tensor:
    """Return the covariance of tasks [T, T], of trace 1, that explains their weights [D, T] best.

    It is (W'W)^(1/2) over its trace: of all such matrices C, the one with the least tr(W C^-1 W'), which then is the
    square of the trace norm of W. So the penalty is that of relations which are learned with the weights. Source:
    Zhang and Yeung, A convex formulation for learning task relationships in multi-task learning, UAI 2010.
    """
    _, values, axes = torch.linalg.svd(weights, full_matrices=False)
    found: Tensor = (axes.mT * values) @ axes / values.sum()
    return found


def _correlations(covariance: Tensor) -> Tensor:
    deviation = covariance.diagonal().clamp_min(1e-30).sqrt()
    return covariance / deviation[:, None] / deviation


def _last_axis(kernels: Tensor) -> list[Tensor]:
    return [kernels.flatten(0, -2)]


def _tucker(kernels: Tensor) -> list[Tensor]:
    return [kernels.movedim(axis, 0).flatten(1) for axis in range(kernels.ndim)]


def _tensor_train(kernels: Tensor) -> list[Tensor]:
    return [kernels.reshape(kernels.shape[:cut].numel(), -1) for cut in range(1, kernels.ndim)]


_UNFOLDINGS: dict[Form, Callable[[Tensor], list[Tensor]]] = {
    "last_axis": _last_axis,
    "tucker": _tucker,
    "tensor_train": _tensor_train,
}
