"""A clinical column as a number to learn."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.losses.label import absolute_error, known_rows
from medmtl.tasks.base import Gives, Known, Task, TaskContext
from medmtl.tasks.pooled import check_label
from medmtl.tasks.popart import PopArt
from medmtl.tensors import Batch, Inputs, Pyramid


class Regression(Task):
    """A number per case, from the pooled pyramid; its scale is learned by PopArt, so that its unit does not matter."""

    gives = Gives.NUMBERS

    def __init__(
        self, context: TaskContext, label: str, auxiliary: bool = True, hidden: int = 32, rate: float = 0.01
    ) -> None:
        super().__init__()
        check_label(label, "Regression", context, number=True)
        self.labels, self.auxiliary, self._label = (label,), auxiliary, label
        self.hidden = nn.Sequential(nn.Linear(sum(context.channels), hidden), nn.ReLU())
        self.value = PopArt(hidden, rate)

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return the normalised prediction [B]."""
        pooled = torch.cat([maps.float().mean(dim=(2, 3, 4)) for maps in pyramid], dim=1)
        with torch.autocast(pooled.device.type, enabled=False):
            found: Tensor = self.value(self.hidden(pooled))
        return found

    def read(self, prediction: Tensor) -> Tensor:
        """Return the prediction [B, 1] in the column's own unit."""
        return self.value.restore(prediction.float())[:, None]

    def loss(self, known: Known) -> Loss:
        """Return the smooth absolute error of the normalised number."""
        return _RegressionLoss(self._label, self.value)

    def judge(self, reading: Tensor, batch: Batch) -> Tensor | None:
        """Return the absolute error; `score` is its mean."""
        return absolute_error(self._label, reading, batch)


class _RegressionLoss(Loss):
    def __init__(self, label: str, value: PopArt) -> None:
        super().__init__()
        self._label = label
        self._value = (value,)  # in a tuple, as its weights belong to the task

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        rows = known_rows(self._label, batch)
        if rows is None:
            return nothing_known(prediction)
        wanted = self._value[0].normalise(batch.labels[self._label].value[rows])
        return TaskLoss(nn.functional.smooth_l1_loss(prediction[rows].float(), wanted), active=True)
