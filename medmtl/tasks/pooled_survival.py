"""Survival from the pooled pyramid and the clinical values alone."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from medmtl.losses.base import Loss
from medmtl.tasks.base import Gives, Known, Task, TaskContext
from medmtl.tasks.likelihood import Likelihood, log_hazard_of, outputs_of, survival_loss
from medmtl.tasks.pooled import PooledHead
from medmtl.tensors import Inputs, Pyramid


class PooledSurvival(Task):
    """A log hazard that reads no other task: for networks of survival alone, and for further endpoints."""

    gives = Gives.LOG_HAZARD

    def __init__(  # noqa: PLR0913, PLR0917  (the options of a member are its arguments)
        self,
        context: TaskContext,
        endpoint: str | None = None,
        likelihood: Likelihood = "cox",
        intervals: int = 10,
        hidden: int = 32,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.endpoint: str = context.endpoint_of(endpoint)
        self._likelihood: Likelihood = likelihood
        self._intervals = intervals
        self.head = PooledHead(context.channels, hidden, hidden, dropout)
        self.out = nn.Linear(hidden + context.clinical, outputs_of(likelihood, intervals))

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return the log hazard [B], or the logits [B, intervals]; float32."""
        seen = self.head(pyramid).relu()
        with torch.autocast(seen.device.type, enabled=False):
            found: Tensor = self.out(torch.cat([seen, inputs.clinical.float()], dim=1))
        return found[:, 0] if self._likelihood in {"cox", "cox_batch"} else found

    def read(self, prediction: Tensor) -> Tensor:
        """Return the log hazard [B]."""
        return log_hazard_of(prediction, self._likelihood)

    def loss(self, known: Known) -> Loss:
        """Return the loss of the endpoint."""
        return survival_loss(self._likelihood, self.endpoint, known.endpoints.get(self.endpoint, {}), self._intervals)
