"""Cox over the cases of the batch alone."""

from torch import Tensor

from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.losses.cox import cox_negative_log_likelihood
from medmtl.tensors import Batch


class CoxBatch(Loss):
    """The partial likelihood per event of the batch: its risk sets are those of the batch, so that batches must be
    large; a batch without an event says nothing. `CoxBank` is the default for this reason.

    Source: Katzman et al., DeepSurv, BMC Medical Research Methodology 2018.
    """

    comparable = False  # it grows with the batch

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self._endpoint = endpoint

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the loss of the log hazards [B]."""
        outcomes = batch.survival.get(self._endpoint)
        if outcomes is None or not bool((outcomes.event & outcomes.known).any()):
            return nothing_known(prediction)
        event = outcomes.event[outcomes.known]
        value = cox_negative_log_likelihood(prediction[outcomes.known], outcomes.time_days[outcomes.known], event)
        return TaskLoss(value / event.sum(), active=True)
