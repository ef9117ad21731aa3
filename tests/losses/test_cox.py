import numpy as np
import pytest
import torch
from lifelines import CoxPHFitter
from lifelines.datasets import load_gbsg2, load_lung, load_rossi

from medmtl.losses.cox import cox_negative_log_likelihood

# by hand: events at 1 (risk set of 4), 2 (two tied events and one censored at 2 in the risk set of 3)
TIMES, EVENTS = torch.tensor([1.0, 2.0, 2.0, 2.0]), torch.tensor([True, True, True, False])


def rossi() -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    table = load_rossi()
    times = torch.tensor(table["week"].to_numpy(), dtype=torch.float32)
    return times, torch.tensor(table["arrest"].to_numpy() == 1), table.drop(columns=["week", "arrest"]).to_numpy(float)


def test_equal_risks_of_rossi_give_the_null_likelihood_of_r() -> None:
    times, events, _ = rossi()
    assert float(cox_negative_log_likelihood(torch.zeros(432), times, events)) == pytest.approx(675.380628, abs=1e-3)


def test_the_fitted_risks_of_rossi_give_the_likelihood_of_r() -> None:
    times, events, values = rossi()
    fitted = CoxPHFitter().fit(load_rossi(), "week", "arrest")
    risk = torch.tensor(values @ fitted.params_.to_numpy(), dtype=torch.float32)
    assert float(cox_negative_log_likelihood(risk, times, events)) == pytest.approx(658.747659, abs=2e-3)


@pytest.mark.parametrize(
    ("table", "time", "event", "columns"),
    [
        (load_lung().dropna(), "time", "status", ["age", "sex"]),
        (load_gbsg2().assign(age=lambda t: t["age"] / 10), "time", "cens", ["age", "tsize"]),
    ],
    ids=["lung", "gbsg2"],
)
def test_it_is_the_likelihood_that_lifelines_maximises(table, time: str, event: str, columns: list[str]) -> None:
    used = table[[time, event, *columns]]
    fitted = CoxPHFitter().fit(used, time, event)
    risk = torch.tensor(used[columns].to_numpy(float) @ fitted.params_.to_numpy(), dtype=torch.float32)
    times, events = torch.tensor(used[time].to_numpy(), dtype=torch.float32), torch.tensor(used[event].to_numpy() == 1)
    found = float(cox_negative_log_likelihood(risk, times, events))
    assert found == pytest.approx(-fitted.log_likelihood_, rel=1e-5)


def test_a_case_worked_by_hand() -> None:
    risk = torch.tensor([0.0, 0.0, 0.0, 0.0])
    expected = np.log(4) + np.log(3) + np.log(3 - 0.5 * 2)  # Efron: the second of two tied events sees half of them
    assert float(cox_negative_log_likelihood(risk, TIMES, EVENTS)) == pytest.approx(expected, abs=1e-6)


def test_a_case_censored_at_the_time_of_an_event_is_at_risk_then() -> None:
    risk = torch.tensor([0.0, np.log(3.0)])
    times = torch.tensor([5.0, 5.0])
    found = float(cox_negative_log_likelihood(risk, times, torch.tensor([True, False])))
    assert found == pytest.approx(np.log(4), abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_cases_changes_nothing_also_among_ties(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    risk = torch.randn(40, generator=generator)
    times = torch.randint(1, 6, (40,), generator=generator).float()
    events = torch.rand(40, generator=generator) < 0.5
    order = torch.randperm(40, generator=generator)
    first = cox_negative_log_likelihood(risk, times, events)
    assert float(cox_negative_log_likelihood(risk[order], times[order], events[order])) == pytest.approx(
        float(first), rel=1e-6
    )


def test_a_constant_added_to_every_log_hazard_changes_nothing() -> None:
    times, events, values = rossi()
    risk = torch.tensor(values[:, 1], dtype=torch.float32) / 10
    first = float(cox_negative_log_likelihood(risk, times, events))
    assert float(cox_negative_log_likelihood(risk + 50, times, events)) == pytest.approx(first, rel=1e-5)


def test_a_larger_log_hazard_of_who_had_the_event_first_is_likelier() -> None:
    times, events = torch.tensor([1.0, 2.0]), torch.tensor([True, False])
    right = cox_negative_log_likelihood(torch.tensor([1.0, -1.0]), times, events)
    wrong = cox_negative_log_likelihood(torch.tensor([-1.0, 1.0]), times, events)
    assert float(right) < float(wrong)


def test_huge_log_hazards_stay_finite_with_their_gradients() -> None:
    risk = (1e4 * torch.randn(30, generator=torch.Generator().manual_seed(0))).requires_grad_()
    value = cox_negative_log_likelihood(risk, torch.arange(30.0) // 2, torch.ones(30, dtype=torch.bool))
    value.backward()
    assert bool(torch.isfinite(value))
    assert risk.grad is not None
    assert bool(torch.isfinite(risk.grad).all())


def test_without_an_event_it_is_nought_with_a_gradient_path() -> None:
    risk = torch.randn(5, requires_grad=True)
    value = cox_negative_log_likelihood(risk, torch.arange(5.0), torch.zeros(5, dtype=torch.bool))
    value.backward()
    assert value.item() == 0.0
    assert risk.grad is not None
    assert risk.grad.tolist() == [0.0] * 5


def test_the_gradient_is_that_of_finite_differences() -> None:
    risk = torch.tensor([0.3, -0.2, 0.8, 0.1], requires_grad=True)
    (found,) = torch.autograd.grad(cox_negative_log_likelihood(risk, TIMES, EVENTS), risk)
    for index in range(4):
        step = torch.zeros(4)
        step[index] = 1e-2
        up, down = (cox_negative_log_likelihood(risk.detach() + s * step, TIMES, EVENTS) for s in (1, -1))
        assert found[index].item() == pytest.approx(float(up - down) / 2e-2, abs=2e-4)
    assert found.sum().item() == pytest.approx(0.0, abs=1e-6)
