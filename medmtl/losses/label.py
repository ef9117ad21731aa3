"""Losses of what is learned of clinical columns: classes, ordered classes, numbers."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.tensors import Batch


class ClassLoss(Loss):
    """The cross entropy of class logits [B, K] over the cases whose class is known, rarer classes weighed more.

    A class weighs the number of training cases over K times its own number; a class that no case has weighs 0.
    """

    weight: Tensor  # [K]

    def __init__(self, label: str, count: int, known: Mapping[str, float]) -> None:
        super().__init__()
        self._label = label
        seen = torch.bincount(
            torch.tensor([int(value) for value in known.values()], dtype=torch.int64), minlength=count
        )
        weight = seen.sum() / (count * seen.clamp_min(1).float())
        self.register_buffer("weight", torch.where(seen > 0, weight, torch.zeros(count)))

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the weighed mean."""
        rows = known_rows(self._label, batch)
        if rows is None:
            return nothing_known(prediction)
        wanted = batch.labels[self._label].value[rows].long()
        each = F.cross_entropy(prediction[rows].float(), wanted, reduction="none")
        return TaskLoss((each * self.weight[wanted]).mean(), active=True)


class OrdinalLoss(Loss):
    """The mean binary cross entropy of the cumulative logits [B, K - 1] of being above each level but the last."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = label

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the mean over the cases whose level is known."""
        rows = known_rows(self._label, batch)
        if rows is None:
            return nothing_known(prediction)
        levels = torch.arange(prediction.shape[1], device=prediction.device)
        above = (batch.labels[self._label].value[rows, None] > levels).float()
        return TaskLoss(F.binary_cross_entropy_with_logits(prediction[rows].float(), above), active=True)


def known_rows(label: str, batch: Batch) -> Tensor | None:
    """Return the places [n] of the cases of a batch whose label is known; None where there is none."""
    found = batch.labels.get(label)
    if found is None or not bool(found.known.any()):
        return None
    return found.known.nonzero()[:, 0]


def absolute_error(label: str, reading: Tensor, batch: Batch) -> Tensor | None:
    """Return the absolute error [1] of the first case's number [B, 1], in its own unit; None where it is not known."""
    if known_rows(label, batch) is None:
        return None
    error: Tensor = (reading.cpu() - batch.labels[label].value.cpu()).abs()[0]
    return error
