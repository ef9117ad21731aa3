"""The joint criterion that stops training and chooses the epoch."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medmtl.evaluation.concordance import harrell_c
from medmtl.losses.cox import cox_negative_log_likelihood
from medmtl.records import Endpoint

_NEWEST = 0.3  # part of the newest validation in the running mean: it remembers about the last five


class Validation(NamedTuple):
    """What one validation found of one case; None where it is not known."""

    dice: float | None
    log_hazard: float | None
    endpoint: Endpoint | None


def summarise(cases: Sequence[Validation], survival_weight: float) -> dict[str, float]:
    """Return the validation figures that are known, by name, and their joint criterion (smaller is better).

    The criterion is (1 - mean Dice) + survival_weight * min(1, Cox likelihood per event / that of equal risks). The
    second part is 1 for a model that tells nothing, or worse than nothing: over-fitted survival cannot hide a gain in
    segmentation, nor the reverse.
    """
    found: dict[str, float] = {}
    dice = [case.dice for case in cases if case.dice is not None]
    if dice:
        found["validate_dice"] = float(np.mean(dice))
    found |= _survival([case for case in cases if case.endpoint is not None and case.log_hazard is not None])
    parts = [1 - found["validate_dice"]] if dice else []
    parts += [survival_weight * min(1.0, found["validate_cox"])] if "validate_cox" in found else []
    return found | ({"validate_criterion": sum(parts)} if parts else {})


def smoothed(before: Tensor, found: float) -> Tensor:
    """Return the running mean of the criterion; NaN before means that there is none yet.

    A fold validates on few cases, and the best of many noisy figures is mostly luck.
    """
    return torch.where(before.isnan(), found, (1 - _NEWEST) * before + _NEWEST * found)


def _survival(cases: Sequence[Validation]) -> dict[str, float]:
    risk = np.array([case.log_hazard for case in cases], dtype=np.float64)
    time = np.array([case.endpoint.time_days for case in cases if case.endpoint], dtype=np.float64)
    event = np.array([case.endpoint.event for case in cases if case.endpoint], dtype=np.bool_)
    concordance = harrell_c(time, event, risk).estimate
    if concordance is None:
        return {}
    null = _cox(np.zeros_like(risk), time, event)
    return {"validate_harrell_c": concordance, "validate_cox": _cox(risk, time, event) / null}


def _cox(risk: NDArray[np.float64], time: NDArray[np.float64], event: NDArray[np.bool_]) -> float:
    tensors = (torch.as_tensor(values) for values in (risk, time, event))
    return float(cox_negative_log_likelihood(*tensors))
