"""The mean of a predicted distribution is learned without bias, within its range, in any unit."""

import pytest
import torch

from medmtl.errors import MedmtlError
from medmtl.tasks.base import Known, Task, TaskContext
from medmtl.tasks.expectation import Expectation
from medmtl.tasks.regression import Regression

CONTEXT = TaskContext((2, 4), clinical=0, classes=2, endpoint="pfs", levels={"age": (), "hpv": ("no", "yes")})


def test_the_reading_is_the_mean_over_bins() -> None:
    task = Expectation(CONTEXT, "age", 0.0, 100.0, bins=5)  # 0, 25, 50, 75, 100
    logits = torch.tensor([[1.0, 2.0, 0.5, -1.0, 0.0], [0.0] * 5, [0.0, 0.0, 0.0, 99.0, 0.0]])
    parts = [float(torch.e) ** x for x in (1.0, 2.0, 0.5, -1.0, 0.0)]
    mean = sum(part * centre for part, centre in zip(parts, (0, 25, 50, 75, 100), strict=True)) / sum(parts)
    assert task.read(logits)[:, 0].tolist() == pytest.approx([mean, 50.0, 75.0], abs=1e-4)


@pytest.mark.parametrize(
    ("age", "parts"), [(50.0, {2: 1.0}), (55.0, {2: 0.8, 3: 0.2}), (-9.0, {0: 1.0}), (1e4, {4: 1})]
)
def test_the_loss_is_the_cross_entropy_with_the_two_bins_next_to_the_number(make_batch, age: float, parts) -> None:
    task, nan = Expectation(CONTEXT, "age", 0.0, 100.0, bins=5), float("nan")
    logits = torch.tensor([[0.3, -1.0, 0.7, 0.1, 0.2], [9.0, 0.0, 0.0, 0.0, 0.0]], requires_grad=True)
    found = task.loss(Known())(logits, make_batch(labels={"age": [age, nan]})).value
    log = (logits[0] - logits[0].exp().sum().log()).tolist()
    assert found.item() == pytest.approx(-sum(part * log[place] for place, part in parts.items()), abs=1e-5)
    found.backward()
    assert not bool(logits.grad[1].any())


def test_numbers_between_the_bins_are_met_without_bias(make_batch) -> None:
    task, logits = Expectation(CONTEXT, "age", 0.0, 100.0, bins=5), torch.zeros(9, 5, requires_grad=True)
    wanted = [3.0, 12.5, 20.0, 31.0, 44.0, 58.0, 73.0, 88.0, 99.0]
    loss, batch = task.loss(Known()), make_batch(labels={"age": wanted})
    optimiser = torch.optim.Adam([logits], lr=0.3)
    for _ in range(400):
        optimiser.zero_grad()
        loss(logits, batch).value.backward()
        optimiser.step()
    assert task.read(logits)[:, 0].tolist() == pytest.approx(wanted, abs=0.2)


def learned(task: Task, make_batch) -> float:
    """Return the mean absolute error [years] on unseen cases whose age a map's mean tells, but for noise of 3 years."""
    generator = torch.Generator().manual_seed(0)
    means, noise = torch.rand(400, generator=generator), torch.randn(400, generator=generator)
    ages = 20 + 60 * means + 3 * noise
    maps = (
        means[:, None, None, None, None] + torch.randn(400, 2, 2, 2, 2, generator=generator) * 0.1,
        torch.randn(400, 4, 1, 1, 1, generator=generator) * 0.1,
    )
    optimiser, loss = torch.optim.Adam(task.parameters(), lr=1e-2), task.loss(Known())
    for step in range(400):
        rows = torch.arange(step * 32, step * 32 + 32) % 300
        batch = make_batch(labels={"age": ages[rows].tolist()})
        value = loss(task(tuple(one[rows] for one in maps), batch.inputs, {}), batch).value
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
    with torch.no_grad():
        found = task.eval().read(task(tuple(one[300:] for one in maps), batch.inputs, {}))[:, 0]
    return float((found - ages[300:]).abs().mean())


def test_it_comes_near_a_regression_where_that_is_at_home(make_batch) -> None:
    torch.manual_seed(0)
    expectation = learned(Expectation(CONTEXT, "age", 0.0, 100.0, dropout=0.0), make_batch)
    assert expectation < 4.5
    assert expectation < 1.25 * learned(Regression(CONTEXT, "age"), make_batch)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Expectation(CONTEXT, "hpv", 0.0, 1.0), "label must be a numeric clinical column"),
        (lambda: Expectation(CONTEXT, "age", 9.0, 9.0), "low must be below high, bins 2 or more. Found 9.0, 9.0"),
        (lambda: Expectation(CONTEXT, "age", 0.0, 9.0, bins=1), "bins 2 or more"),
    ],
)
def test_what_cannot_be_is_refused(make, told: str) -> None:
    with pytest.raises(MedmtlError, match=told):
        make()
