import pytest
import torch

from medmtl.errors import MedmtlError
from medmtl.losses.cox import cox_negative_log_likelihood
from medmtl.losses.cox_bank import CoxBank
from medmtl.losses.cox_batch import CoxBatch
from medmtl.records import Endpoint
from medmtl.tensors import Survival

WEIGHTS = torch.tensor([0.7, -0.4])
VALUES = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))


def full_gradient(outcomes: dict[str, Endpoint]) -> torch.Tensor:
    """The gradient of the likelihood per event of all cases at once."""
    weights = WEIGHTS.clone().requires_grad_()
    times = torch.tensor([one.time_days for one in outcomes.values()])
    events = torch.tensor([one.event for one in outcomes.values()])
    value = cox_negative_log_likelihood(VALUES @ weights, times, events) / events.sum()
    return torch.autograd.grad(value, weights)[0]


def epoch(bank: CoxBank, ids: list[str], size: int, batch) -> torch.Tensor:
    """The mean gradient of an epoch at weights that stand still."""
    weights = WEIGHTS.clone().requires_grad_()
    starts = range(0, len(ids), size)
    for start in starts:
        bank(VALUES[start : start + size] @ weights, batch(ids[start : start + size])).value.backward()
    assert weights.grad is not None
    return weights.grad / len(starts)


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_batches_of_any_size_teach_what_the_whole_fold_teaches(size: int, outcomes, batch) -> None:
    bank = CoxBank("pfs", outcomes)
    epoch(bank, list(outcomes), size, batch)  # fills the bank
    found = epoch(bank, list(outcomes), size, batch)
    torch.testing.assert_close(found, full_gradient(outcomes), atol=1e-6, rtol=1e-5)


def test_the_value_is_the_likelihood_per_event_of_everybody_in_the_bank(outcomes, batch) -> None:
    bank = CoxBank("pfs", outcomes)
    found = bank(torch.zeros(8), batch(list(outcomes)))
    times = torch.tensor([one.time_days for one in outcomes.values()])
    events = torch.tensor([one.event for one in outcomes.values()])
    assert found.active
    assert found.value.item() == pytest.approx(cox_negative_log_likelihood(torch.zeros(8), times, events).item() / 4)


def test_a_batch_without_an_event_still_teaches(outcomes, batch) -> None:
    bank = CoxBank("pfs", outcomes)
    bank(torch.zeros(8), batch(list(outcomes)))
    risk = torch.zeros(2, requires_grad=True)
    bank(risk, batch(["g", "h"])).value.backward()
    assert risk.grad is not None
    assert (risk.grad > 0).all()  # who lives long must have a lower hazard


def test_the_bank_holds_only_who_was_met(outcomes, batch) -> None:
    bank = CoxBank("pfs", outcomes)
    first = bank(torch.zeros(2), batch(["a", "b"]))
    assert bank.filled.tolist() == [True, True] + [False] * 6
    assert first.value.item() == pytest.approx(0.693147, abs=1e-6)  # one event, two at risk
    assert not bank(torch.zeros(1), batch(["h"])).value.isnan()


def test_until_an_event_was_met_there_is_nothing_to_say(outcomes, batch) -> None:
    found = CoxBank("pfs", outcomes)(torch.zeros(2, requires_grad=True), batch(["g", "h"]))
    assert (found.value.item(), found.active) == (0.0, False)


def test_a_case_without_an_outcome_contributes_exactly_nothing(outcomes, batch) -> None:
    with_stranger, without = CoxBank("pfs", outcomes), CoxBank("pfs", outcomes)
    risk = torch.tensor([0.3, 99.0, -0.2], requires_grad=True)
    alone = torch.tensor([0.3, -0.2], requires_grad=True)
    first = with_stranger(risk, batch(["a", "stranger", "g"]))
    second = without(alone, batch(["a", "g"]))
    first.value.backward()
    second.value.backward()
    assert first.value.item() == second.value.item()
    assert risk.grad is not None
    assert alone.grad is not None
    assert risk.grad[[0, 2]].tolist() == alone.grad.tolist()
    assert risk.grad[1].item() == 0.0


def test_a_batch_of_strangers_is_an_exact_nought_with_a_gradient_path(outcomes, batch) -> None:
    risk = torch.tensor([5.0, 7.0], requires_grad=True)
    found = CoxBank("pfs", outcomes)(risk, batch(["x", "y"]))
    found.value.backward()
    assert (found.value.item(), found.active) == (0.0, False)
    assert risk.grad is not None
    assert risk.grad.tolist() == [0.0, 0.0]


def test_the_bank_survives_a_checkpoint(outcomes, batch) -> None:
    bank, again = CoxBank("pfs", outcomes), CoxBank("pfs", outcomes)
    bank(VALUES @ WEIGHTS, batch(list(outcomes)))
    again.load_state_dict(bank.state_dict())
    one, other = (each(torch.tensor([0.5]), batch(["c"])).value.item() for each in (bank, again))
    assert one == other


def test_training_cases_without_an_event_are_refused() -> None:
    with pytest.raises(MedmtlError, match=r"at least one event of pfs\. Found none"):
        CoxBank("pfs", {"a": Endpoint(1.0, False)})


def test_an_event_that_nobody_outlived_says_nothing(outcomes, batch) -> None:
    told = CoxBank("pfs", outcomes)(torch.zeros(1), batch(["a"]))
    assert outcomes["a"].event
    assert (told.value.item(), told.active) == (0.0, False)
    for time_days, active in (([3.0, 5.0], True), ([5.0, 3.0], False), ([5.0, 5.0], True), ([5.0], False)):
        event = torch.tensor([True, False][: len(time_days)])
        seen = Survival(torch.tensor(time_days), event, torch.ones(len(time_days), dtype=torch.bool))
        in_batch = batch(["a", "b"][: len(time_days)])._replace(survival={"pfs": seen})
        assert CoxBatch("pfs")(torch.zeros(len(time_days)), in_batch).active is active
