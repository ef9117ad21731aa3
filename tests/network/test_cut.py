"""The cut gives every task's exact gradient, and the scalar made of them descends along exactly what was chosen."""

from collections.abc import Sequence

import pytest
import torch

from medmtl.balancing.cut import Cut, cut_pyramids, task_gradient
from medmtl.balancing.gradient import GradientBalancer
from medmtl.losses.base import TaskLoss
from medmtl.losses.cox_bank import CoxBank
from medmtl.losses.dice_ce import DiceWith
from medmtl.network import MultiTaskNetwork
from medmtl.records import Endpoint
from medmtl.tensors import Batch

OUTCOMES = {f"case-{i}": Endpoint(10.0 * i + 1, i % 2 == 0) for i in range(4)}
TASKS = ("segmentation", "survival")


class SumOfRows(GradientBalancer):
    def direction(self, jacobian: torch.Tensor, tasks: Sequence[str]) -> torch.Tensor:
        return jacobian.sum(dim=0)


class FirstRow(GradientBalancer):
    def direction(self, jacobian: torch.Tensor, tasks: Sequence[str]) -> torch.Tensor:
        return jacobian[0]


def losses_behind_cut(network: MultiTaskNetwork, batch: Batch) -> tuple[dict[str, TaskLoss], Cut]:
    cut, pyramids = cut_pyramids(network.encode(batch.inputs), network.sharing, network.tasks)
    return losses_of(network.answer(pyramids, batch.inputs), batch), cut


def losses_of(found: dict[str, torch.Tensor], batch: Batch) -> dict[str, TaskLoss]:
    kinds = {"segmentation": DiceWith(), "survival": CoxBank("pfs", OUTCOMES)}
    return {name: kind(found[name], batch) for name, kind in kinds.items()}


def by_autograd(network: MultiTaskNetwork, batch: Batch, task: str) -> list[torch.Tensor]:
    loss = losses_of(network(batch.inputs), batch)[task].value
    found = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True)
    pairs = zip(found, network.parameters(), strict=True)
    return [torch.zeros_like(p) if grad is None else grad for grad, p in pairs]


@pytest.mark.parametrize("task", TASKS)
def test_a_tasks_gradient_through_the_cut_is_exact_although_skips_depend_on_each_other(
    task: str, make_network, make_batch
) -> None:
    network, batch = make_network(), make_batch(4)
    losses, cut = losses_behind_cut(network, batch)
    found = task_gradient(losses[task].value, cut)
    expected = by_autograd(make_network(), batch, task)
    for mine, theirs in zip((*found.shared, *found.heads), expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-7)


def test_the_sum_of_rows_descends_like_the_sum_of_losses_and_shows_it(make_network, make_batch) -> None:
    network, plain, batch = make_network(), make_network(), make_batch(4)
    total = SumOfRows(TASKS)(*losses_behind_cut(network, batch))
    total.backward()
    expected = torch.stack([loss.value for loss in losses_of(plain(batch.inputs), batch).values()]).sum()
    expected.backward()
    torch.testing.assert_close(total, expected)
    for mine, theirs in zip(network.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-5, atol=1e-7)


def test_the_shared_part_follows_the_direction_and_the_heads_their_own_tasks(make_network, make_batch) -> None:
    network, batch = make_network(), make_batch(4)
    FirstRow(TASKS)(*losses_behind_cut(network, batch)).backward()
    first, second = (by_autograd(make_network(), batch, task) for task in TASKS)
    shared = len(list(network.sharing.parameters()))
    for index, parameter in enumerate(network.parameters()):
        expected = first[index] if index < shared else first[index] + second[index]
        torch.testing.assert_close(parameter.grad, expected, rtol=1e-5, atol=1e-7)


def test_a_task_that_said_nothing_has_no_row(make_network, make_batch) -> None:
    rows = []

    class Watch(SumOfRows):
        def direction(self, jacobian: torch.Tensor, tasks: Sequence[str]) -> torch.Tensor:
            rows.append(tasks)
            return super().direction(jacobian, tasks)

    batch = make_batch(4)._replace(case_ids=["w", "x", "y", "z"])  # none of them has an outcome
    Watch(TASKS)(*losses_behind_cut(make_network(), batch)).backward()
    assert rows == [("segmentation",)]


def test_a_batch_that_says_nothing_moves_nothing(make_network, make_batch) -> None:
    network = make_network()
    batch = make_batch(4)._replace(case_ids=["w", "x", "y", "z"], mask_known=torch.zeros(4, dtype=torch.bool))
    total = SumOfRows(TASKS)(*losses_behind_cut(network, batch))
    total.backward()
    assert total.item() == 0
    assert not any(bool(parameter.grad.any()) for parameter in network.parameters())
