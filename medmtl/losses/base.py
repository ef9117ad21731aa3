"""What a loss of a task is: a number per batch, and whether the batch said anything."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from medmtl.tensors import Batch


class TaskLoss(NamedTuple):
    """A loss of 0 or more; where `active` is False no case of the batch had a label and the value is an exact 0."""

    value: Tensor  # scalar float32, connected to the prediction
    active: bool


class Loss(nn.Module, ABC):
    """The loss of one task; a `comparable` one has the same units in training and on unseen cases."""

    comparable: bool = True

    @abstractmethod
    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the loss of the prediction against what is known of the batch."""

    def remember(self, prediction: Tensor, batch: Batch) -> Tensor | None:
        """Return what is to be kept of a case that is not trained on for `of_unseen`; None without its label."""
        told: TaskLoss = self(prediction, batch)
        return told.value if told.active else None

    def of_unseen(self, remembered: Sequence[Tensor]) -> float | None:
        """Return the loss of the cases that were remembered, in the units of the training loss; None without any."""
        return float(torch.stack(list(remembered)).mean()) if remembered else None


def nothing_known(prediction: Tensor) -> TaskLoss:
    """Return the answer of every loss to a batch without a label: an exact zero with a gradient path."""
    return TaskLoss(prediction.float().sum() * 0.0, active=False)
