"""The negative log partial likelihood of Cox, in log space, with Efron's treatment of tied events."""

import torch
from torch import Tensor


def cox_negative_log_likelihood(log_hazard: Tensor, time_days: Tensor, event: Tensor) -> Tensor:
    """Return the summed negative log partial likelihood of N cases (scalar float32, 0 or more).

    Args:
        log_hazard: [N], larger = sooner.
        time_days: [N], to event or censoring. A case censored at the time of an event is still at risk then.
        event: [N] bool, True = observed.

    Without an event the result is 0 with a gradient path. Neither a constant added to every log hazard nor the order
    of the cases changes it. Source: Cox, J R Stat Soc B 1972; Efron, J Am Stat Assoc 1977, eq. 3.
    """
    log_hazard = log_hazard.float()
    if not bool(event.any()):
        return log_hazard.sum() * 0.0
    order = torch.argsort(time_days, descending=True, stable=True)
    risk, happened = log_hazard[order], event[order]
    _, block, size = torch.unique_consecutive(time_days[order], return_inverse=True, return_counts=True)
    log_at_risk = torch.logcumsumexp(risk, dim=0)[size.cumsum(0) - 1]  # [times]: everybody with this time or a later
    risk, block = risk[happened], block[happened]
    return _efron(risk, block, log_at_risk) - risk.sum()


def has_comparison(time_days: Tensor, event: Tensor) -> bool:
    """Return whether at an event somebody else is at risk, too; if not, the likelihood is 1 whatever is predicted."""
    return bool(event.any()) and int((time_days >= time_days[event].min()).sum()) > 1


def _efron(risk: Tensor, block: Tensor, log_at_risk: Tensor) -> Tensor:
    share = torch.zeros_like(log_at_risk).index_add(0, block, torch.exp(risk - log_at_risk[block]))
    tied = torch.zeros_like(log_at_risk).index_add(0, block, torch.ones_like(risk))
    first = torch.searchsorted(block, block)  # the blocks ascend, so this is where each block begins
    earlier = torch.arange(len(block), device=block.device) - first
    return (log_at_risk[block] + torch.log1p(-earlier / tied[block] * share[block])).sum()
