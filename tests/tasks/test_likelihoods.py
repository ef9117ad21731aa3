"""Discrete likelihoods are compared with products written by hand."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from medmtl.errors import MedmtlError
from medmtl.losses.cox import cox_negative_log_likelihood
from medmtl.losses.cox_batch import CoxBatch
from medmtl.losses.discrete_time import (
    LogisticHazardLoss,
    MtlrLoss,
    interval_ends,
    logistic_hazard_survival,
    mtlr_survival,
)
from medmtl.records import Endpoint
from medmtl.tasks.likelihood import log_hazard_of

OUTCOMES = {str(i): Endpoint(100.0 * (i + 1), event=True) for i in range(4)}  # ends 175, 250, 325, 400 by quantiles
LOGITS = torch.tensor([[0.3, -0.7, 1.1, 0.2]])


def value_of(kind, make_batch, day: float, event: bool) -> float:
    loss = kind("pfs", OUTCOMES, 4)
    return loss(LOGITS.clone().requires_grad_(), make_batch(days=[day], events=[event])).value.item()


def test_the_ends_are_quantiles_of_the_event_times() -> None:
    censored = {"late": Endpoint(9000.0, event=False)}
    assert interval_ends(OUTCOMES | censored, 4).tolist() == pytest.approx([175.0, 250.0, 325.0, 400.0])


@pytest.mark.parametrize(
    ("day", "event", "past", "here"),
    [(100.0, True, 0, 0), (175.0, True, 0, 0), (300.0, True, 2, 2), (400.0, True, 3, 3),
     (500.0, True, 4, None), (175.0, False, 1, None), (200.0, False, 1, None), (90.0, False, 0, None),
     (400.0, False, 4, None)],
)  # fmt: skip
def test_the_logistic_hazard_is_the_product_of_survivals_and_one_hazard(
    make_batch, day: float, event: bool, past: int, here: int | None
) -> None:
    hazard = torch.sigmoid(LOGITS[0])
    likelihood = (1 - hazard[:past]).prod() * (1 if here is None else hazard[here])
    assert value_of(LogisticHazardLoss, make_batch, day, event) == pytest.approx(-float(likelihood.log()), abs=1e-6)


def test_the_logistic_hazard_is_one_classification_per_horizon_among_those_still_at_risk(make_batch) -> None:
    days, events = [100.0, 180.0, 300.0, 260.0, 330.0, 900.0], [True, False, True, False, True, False]
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    begins, ends = (0.0, 175.0, 250.0, 325.0), (175.0, 250.0, 325.0, 400.0)
    horizons = []
    for place, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        here = [seen and begin < day <= end for day, seen in zip(days, events, strict=True)]
        told = [day >= end or now for day, now in zip(days, here, strict=True)]
        at_risk = torch.tensor([day > begin and knows for day, knows in zip(days, told, strict=True)])
        wanted = torch.tensor(here, dtype=torch.float32)[at_risk]
        horizons.append(binary_cross_entropy_with_logits(logits[at_risk, place], wanted, reduction="sum"))
    found = LogisticHazardLoss("pfs", OUTCOMES, 4)(logits, make_batch(days=days, events=events)).value
    assert all(one > 0 for one in horizons)
    assert 6 * found.item() == pytest.approx(float(sum(horizons)), rel=1e-6)


@pytest.mark.parametrize(
    ("day", "event", "first", "last"),
    [(300.0, True, 2, 2), (500.0, True, 4, 4), (200.0, False, 1, 4), (0.0, False, 0, 4)],
)
def test_mtlr_is_the_probability_of_what_is_possible(
    make_batch, day: float, event: bool, first: int, last: int
) -> None:
    scores = torch.tensor([LOGITS[0, k:].sum() for k in range(4)] + [0.0])
    likelihood = scores.softmax(dim=0)[first : last + 1].sum()
    assert value_of(MtlrLoss, make_batch, day, event) == pytest.approx(-float(likelihood.log()), abs=1e-6)


@pytest.mark.parametrize("survival", [logistic_hazard_survival, mtlr_survival])
def test_survival_falls_from_one_and_is_what_the_loss_says(survival, make_batch) -> None:
    found = survival(LOGITS)[0]
    assert bool((found.diff() <= 0).all())
    assert 0 <= float(found[-1]) <= float(found[0]) <= 1
    kind = LogisticHazardLoss if survival is logistic_hazard_survival else MtlrLoss
    beyond = value_of(kind, make_batch, 400.0, False)  # survived every interval
    assert beyond == pytest.approx(-float(found[-1].log()), abs=1e-5)


@pytest.mark.parametrize("likelihood", ["logistic_hazard", "mtlr"])
def test_a_larger_log_hazard_is_sooner(likelihood) -> None:
    logits = torch.tensor([[-2.0, -2.0, -2.0], [0.0, 0.0, 0.0], [2.0, 2.0, 2.0]])
    assert bool((log_hazard_of(logits, likelihood).diff() > 0).all())
    assert bool(log_hazard_of(torch.tensor([[99.0] * 3, [-99.0] * 3]), likelihood).isfinite().all())


def test_cox_of_the_batch_is_the_likelihood_per_event_of_its_known_cases(make_batch) -> None:
    risk = torch.tensor([0.1, 0.4, -0.3], requires_grad=True)
    batch = make_batch(days=[10.0, float("nan"), 30.0], events=[True, True, True])
    by_hand = cox_negative_log_likelihood(risk[[0, 2]], torch.tensor([10.0, 30.0]), torch.tensor([True, True])) / 2
    assert CoxBatch("pfs")(risk, batch).value.item() == pytest.approx(by_hand.item())
    assert not CoxBatch("pfs")(risk, make_batch(days=[10.0, 20.0, 30.0], events=[False] * 3)).active


def test_intervals_need_an_event() -> None:
    with pytest.raises(MedmtlError, match="at least one event"):
        interval_ends({"a": Endpoint(3.0, event=False)}, 3)
