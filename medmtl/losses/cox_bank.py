"""Cox over the whole training fold from batches of any size: a bank keeps every case's last log hazard."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.errors import MedmtlError
from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.losses.cox import cox_negative_log_likelihood, has_comparison
from medmtl.losses.gather import gathered
from medmtl.records import Endpoint
from medmtl.tensors import Batch


class CoxBank(Loss):
    """The partial likelihood of fresh log hazards among the stored ones of every other training case.

    The value is the negative log likelihood per event of all cases in the bank. Its gradient flows through the batch
    alone and is raised by (cases in the bank) / (cases in the batch), so that its mean over an epoch is the gradient
    of the full fold, at any batch size, also where the batch holds no event. The bank fills as cases are met. Where
    several processes train together, the batch is all of theirs, and every bank holds the same.
    """

    time_days: Tensor  # [N]
    event: Tensor  # [N] bool
    log_hazard: Tensor  # [N]
    filled: Tensor  # [N] bool

    def __init__(self, endpoint: str, outcomes: Mapping[str, Endpoint]) -> None:
        super().__init__()
        if not any(outcome.event for outcome in outcomes.values()):
            raise MedmtlError(f"The training cases must hold at least one event of {endpoint}. Found none.")
        self._endpoint = endpoint
        self._row = {case_id: row for row, case_id in enumerate(outcomes)}
        self.register_buffer("time_days", torch.tensor([o.time_days for o in outcomes.values()], dtype=torch.float32))
        self.register_buffer("event", torch.tensor([o.event for o in outcomes.values()]))
        self.register_buffer("log_hazard", torch.zeros(len(outcomes)))
        self.register_buffer("filled", torch.zeros(len(outcomes), dtype=torch.bool))

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the loss of the log hazards [B] of training cases."""
        own = torch.tensor([self._row.get(case_id, -1) for case_id in batch.case_ids], device=prediction.device)
        rows, fresh = gathered(own, prediction.float())
        rows, fresh = rows[rows >= 0], fresh[rows >= 0]
        if len(rows) == 0:
            return nothing_known(prediction)
        with torch.no_grad():
            self.log_hazard[rows] = fresh.detach()
            self.filled[rows] = True
        known = self.log_hazard.clone().index_put((rows,), fresh)[self.filled]
        return self._likelihood(prediction, known, len(rows))

    def remember(self, prediction: Tensor, batch: Batch) -> Tensor | None:
        """Return log hazard, time and event [3] of one unseen case; None where its outcome is not known."""
        outcomes = batch.survival.get(self._endpoint)
        if outcomes is None or not bool(outcomes.known.all()):
            return None
        return torch.cat([prediction.float(), outcomes.time_days.float(), outcomes.event.float()])

    def of_unseen(self, remembered: Sequence[Tensor]) -> float | None:
        """Return the likelihood of the unseen cases over that of equal risks, times that of the training cases.

        A likelihood per event grows with the number of cases, so that only its ratio to equal risks can be compared.
        """
        if not any(bool(case[2]) for case in remembered):
            return None
        risk, time_days, event = torch.stack(list(remembered)).T
        own, equal = _per_event(risk, time_days, event > 0), _per_event(risk * 0, time_days, event > 0)
        here = _per_event(self.log_hazard[self.filled] * 0, self.time_days[self.filled], self.event[self.filled])
        return None if equal <= 0 else own / equal * here

    def _likelihood(self, prediction: Tensor, known: Tensor, batch_size: int) -> TaskLoss:
        time_days, event = self.time_days[self.filled], self.event[self.filled]
        if not has_comparison(time_days, event):
            return nothing_known(prediction)
        value = cox_negative_log_likelihood(known, time_days, event) / event.sum()
        gradient = (value - value.detach()) * (len(known) / batch_size)
        return TaskLoss(value.detach() + gradient, active=True)


def _per_event(log_hazard: Tensor, time_days: Tensor, event: Tensor) -> float:
    return float(cox_negative_log_likelihood(log_hazard, time_days, event) / event.sum().clamp_min(1))
