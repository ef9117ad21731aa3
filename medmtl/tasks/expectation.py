"""A clinical column as a number that is the mean of a predicted distribution over bins."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from medmtl.errors import MedmtlError
from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.losses.label import absolute_error, known_rows
from medmtl.tasks.base import Gives, Known, Task, TaskContext
from medmtl.tasks.pooled import PooledHead, check_label
from medmtl.tensors import Batch, Inputs, Pyramid


class Expectation(Task):
    """A number per case as the mean of a softmax over `bins` numbers from `low` to `high`, evenly apart.

    It is learned by the cross entropy with the two bins next to the true number, weighed so that their mean is that
    number; one beyond `low` or `high` counts as the end. So it never predicts what is out of range, and no scale need
    be known. Source: Rothe, Timofte and Van Gool, DEX: deep expectation of apparent age, ICCV workshops 2015, with two
    bins in the place of the nearest one.
    """

    gives = Gives.NUMBERS
    centres: Tensor  # [bins], in the column's own unit

    def __init__(  # noqa: PLR0913, PLR0917  (the options of a member are its arguments)
        self,
        context: TaskContext,
        label: str,
        low: float,
        high: float,
        bins: int = 101,
        auxiliary: bool = True,
        hidden: int = 32,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        check_label(label, "Expectation", context, number=True)
        if not (low < high and bins >= 2):
            raise MedmtlError(f"Expectation: low must be below high, bins 2 or more. Found {low}, {high} and {bins}.")
        self.labels, self.auxiliary, self._label = (label,), auxiliary, label
        self.head = PooledHead(context.channels, bins, hidden, dropout)
        self.register_buffer("centres", torch.linspace(low, high, bins))

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return the logits [B, bins]."""
        found: Tensor = self.head(pyramid)
        return found

    def read(self, prediction: Tensor) -> Tensor:
        """Return the mean [B, 1] in the column's own unit."""
        return (prediction.float().softmax(dim=1) @ self.centres)[:, None]

    def loss(self, known: Known) -> Loss:
        """Return the cross entropy with the two bins next to the number."""
        return _ExpectationLoss(self._label, self.centres)

    def judge(self, reading: Tensor, batch: Batch) -> Tensor | None:
        """Return the absolute error; `score` is its mean."""
        return absolute_error(self._label, reading, batch)


class _ExpectationLoss(Loss):
    def __init__(self, label: str, centres: Tensor) -> None:
        super().__init__()
        self._label, self._ends, self._bins = label, (float(centres[0]), float(centres[-1])), len(centres)

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        rows = known_rows(self._label, batch)
        if rows is None:
            return nothing_known(prediction)
        wanted = self._parts(batch.labels[self._label].value[rows])
        return TaskLoss(F.cross_entropy(prediction[rows].float(), wanted), active=True)

    def _parts(self, value: Tensor) -> Tensor:
        """Return the parts [n, bins] of the two bins next to each number; their mean is the number."""
        low, high = self._ends
        place = ((value.float() - low) / (high - low)).clamp(0, 1) * (self._bins - 1)
        bins = torch.arange(self._bins, device=value.device)
        return (1 - (place[:, None] - bins).abs()).clamp_min(0)
