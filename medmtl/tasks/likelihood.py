"""The likelihoods that a survival head may be trained by, and the log hazard that each gives."""

from collections.abc import Mapping
from typing import Literal

from torch import Tensor

from medmtl.losses.base import Loss
from medmtl.losses.cox_bank import CoxBank
from medmtl.losses.cox_batch import CoxBatch
from medmtl.losses.discrete_time import LogisticHazardLoss, MtlrLoss, logistic_hazard_survival, mtlr_survival
from medmtl.records import Endpoint

Likelihood = Literal["cox", "cox_batch", "logistic_hazard", "mtlr"]


def outputs_of(likelihood: Likelihood, intervals: int) -> int:
    """Return how many numbers the head gives per case."""
    return 1 if likelihood in {"cox", "cox_batch"} else intervals


def log_hazard_of(prediction: Tensor, likelihood: Likelihood) -> Tensor:
    """Return the log hazard [B], float32, larger = sooner; a constant added to all of them means nothing.

    For the discrete ones it is log(-log(mean survival over the intervals)), which is the log hazard but for a constant
    where hazards are proportional and small.
    """
    prediction = prediction.float()
    if likelihood in {"cox", "cox_batch"}:
        return prediction
    survival = logistic_hazard_survival(prediction) if likelihood == "logistic_hazard" else mtlr_survival(prediction)
    mean = survival.mean(dim=1).clamp(1e-6, 1 - 1e-6)
    return (-mean.log()).log()


def survival_loss(likelihood: Likelihood, endpoint: str, outcomes: Mapping[str, Endpoint], intervals: int) -> Loss:
    """Return the loss over the known outcomes of the training cases."""
    if likelihood == "cox":
        return CoxBank(endpoint, outcomes)
    if likelihood == "cox_batch":
        return CoxBatch(endpoint)
    kind = LogisticHazardLoss if likelihood == "logistic_hazard" else MtlrLoss
    return kind(endpoint, outcomes, intervals)
