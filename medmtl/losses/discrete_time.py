"""Likelihoods of survival in intervals: the logistic hazard, and multi-task logistic regression."""

from abc import abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from medmtl.errors import MedmtlError
from medmtl.losses.base import Loss, TaskLoss, nothing_known
from medmtl.records import Endpoint
from medmtl.tensors import Batch


def interval_ends(outcomes: Mapping[str, Endpoint], count: int) -> Tensor:
    """Return the ends [count] of the intervals [days]: quantiles of the training cases' event times."""
    times = torch.tensor(sorted(one.time_days for one in outcomes.values() if one.event), dtype=torch.float64)
    if len(times) == 0:
        raise MedmtlError("The training cases must hold at least one event. Found none.")
    return torch.quantile(times, torch.arange(1, count + 1, dtype=torch.float64) / count).float()


class DiscreteTimeLoss(Loss):
    """The mean negative log likelihood over the cases with a known outcome, of logits [B, K] of K intervals.

    An event after the last end counts as survival of every interval. A case that is censored has survived the
    intervals that ended at or before its time.
    """

    ends: Tensor  # [K] days, ascending

    def __init__(self, endpoint: str, outcomes: Mapping[str, Endpoint], count: int) -> None:
        super().__init__()
        self._endpoint = endpoint
        self.register_buffer("ends", interval_ends(outcomes, count))

    @abstractmethod
    def log_likelihood(self, logits: Tensor, survived: Tensor, event: Tensor) -> Tensor:
        """Return [n] for logits [n, K], the number of intervals survived [n], and events in the next one [n]."""

    def forward(self, prediction: Tensor, batch: Batch) -> TaskLoss:
        """Return the loss."""
        outcomes = batch.survival.get(self._endpoint)
        if outcomes is None or not bool(outcomes.known.any()):
            return nothing_known(prediction)
        rows = outcomes.known
        time, event = outcomes.time_days[rows], outcomes.event[rows]
        begun = torch.searchsorted(self.ends, time)  # ends before the time: an event at an end is in its interval
        ended = torch.searchsorted(self.ends, time, right=True)
        event = event & (begun < len(self.ends))
        survived = torch.where(event, begun, ended)
        value = -self.log_likelihood(prediction[rows].float(), survived, event).mean()
        return TaskLoss(value, active=True)


class LogisticHazardLoss(DiscreteTimeLoss):
    """Each logit is that of the event in its interval, given survival until then.

    Source: Gensheimer and Narasimhan, A scalable discrete-time survival model for neural networks, PeerJ 2019.
    """

    def log_likelihood(self, logits: Tensor, survived: Tensor, event: Tensor) -> Tensor:
        """Return the log of the product of the intervals' survivals, times the hazard of the one with the event."""
        places = torch.arange(logits.shape[1], device=logits.device)
        past = (places < survived[:, None]) * F.logsigmoid(-logits)
        here = ((places == survived[:, None]) & event[:, None]) * F.logsigmoid(logits)
        return (past + here).sum(dim=1)


class MtlrLoss(DiscreteTimeLoss):
    """Each logit is for the event at or before its interval; the sum of the logits from an interval on scores it.

    Source: Yu et al., Learning patient-specific cancer survival distributions, NeurIPS 2011.
    """

    def log_likelihood(self, logits: Tensor, survived: Tensor, event: Tensor) -> Tensor:
        """Return the log probability of the interval of the event, or of all those that are left."""
        scores = mtlr_scores(logits)
        places = torch.arange(scores.shape[1], device=logits.device)
        possible = torch.where(event[:, None], places == survived[:, None], places >= survived[:, None])
        left = scores.masked_fill(~possible, float("-inf")).logsumexp(dim=1)
        return left - scores.logsumexp(dim=1)


def mtlr_scores(logits: Tensor) -> Tensor:
    """Return the scores [n, K + 1] of an event in each interval, and of none."""
    return torch.cat([logits.flip(1).cumsum(dim=1).flip(1), torch.zeros_like(logits[:, :1])], dim=1)


def logistic_hazard_survival(logits: Tensor) -> Tensor:
    """Return the survival [n, K] to the end of each interval."""
    return F.logsigmoid(-logits).cumsum(dim=1).exp()


def mtlr_survival(logits: Tensor) -> Tensor:
    """Return the survival [n, K] to the end of each interval."""
    return 1 - mtlr_scores(logits).softmax(dim=1).cumsum(dim=1)[:, :-1]
