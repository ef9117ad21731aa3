"""Cox over the cases of the batch alone."""

from torch import Tensor

from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.losses.cox import cox_negative_log_likelihood, has_comparison
from medmtl.tensors import Batch


class CoxBatch(Loss):
    """The partial likelihood per event of the batch: its risk sets are those of the batch, so that batches must be
    large; a batch without an event at which another case is at risk says nothing. `CoxBank` is the default for this
    reason.

    Source: Katzman et al., DeepSurv, BMC Medical Research Methodology 2018.
    """

    comparable = False  # it grows with the batch

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self._endpoint = endpoint

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the loss of the log hazards [B]."""
        outcomes = batch.survival.get(self._endpoint)
        if outcomes is None:
            return nothing_known(prediction)
        time_days, event = outcomes.time_days[outcomes.known], outcomes.event[outcomes.known]
        if not has_comparison(time_days, event):
            return nothing_known(prediction)
        value = cox_negative_log_likelihood(prediction[outcomes.known], time_days, event)
        return TaskLoss(value / event.sum(), active=True)
