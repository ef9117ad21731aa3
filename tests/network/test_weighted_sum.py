import pytest
import torch

from medmtl.balancing.weighted_sum import WeightedSum
from medmtl.errors import MedmtlError
from medmtl.losses.base import TaskLoss
from medmtl.losses.cox_bank import CoxBank
from medmtl.losses.dice_ce import DiceWith
from medmtl.records import Endpoint

OUTCOMES = {f"case-{i}": Endpoint(10.0 * i, i % 2 == 0) for i in range(4)}


def losses_of(network, batch) -> dict[str, TaskLoss]:
    found = network(batch.inputs)
    kinds = {"segmentation": DiceWith(), "survival": CoxBank("pfs", OUTCOMES)}
    return {name: kind(found[name], batch) for name, kind in kinds.items()}


def test_it_is_bit_for_bit_the_sum_written_by_hand(make_network, make_batch) -> None:
    first, second, batch = make_network(), make_network(), make_batch(4)
    WeightedSum(("segmentation", "survival"), {"survival": 0.3})(losses_of(first, batch)).backward()
    by_hand = losses_of(second, batch)
    (by_hand["segmentation"].value + 0.3 * by_hand["survival"].value).backward()
    pairs = list(zip(first.parameters(), second.parameters(), strict=True))
    assert all(torch.equal(a.grad, b.grad) for a, b in pairs if a.grad is not None)
    assert sum(a.grad is not None for a, _ in pairs) == len(pairs)


def test_a_task_without_labels_leaves_the_gradients_of_the_other_exactly(make_network, make_batch) -> None:
    first, second = make_network(), make_network()
    batch = make_batch(4)._replace(case_ids=["w", "x", "y", "z"])  # none of them has an outcome
    WeightedSum(("segmentation", "survival"))(losses_of(first, batch)).backward()
    losses_of(second, batch)["segmentation"].value.backward()
    decoders = (network.tasks["segmentation"].parameters() for network in (first, second))
    assert all(torch.equal(a.grad, b.grad) for a, b in zip(*decoders, strict=True))
    encoders = (network.sharing.parameters() for network in (first, second))
    assert all(torch.equal(a.grad, b.grad) for a, b in zip(*encoders, strict=True))
    assert not any(bool(p.grad.any()) for p in first.tasks["survival"].parameters())


def test_a_weight_of_an_unknown_task_is_refused() -> None:
    with pytest.raises(MedmtlError, match=r"must name tasks of the network \['segmentation'\]\. Found \['surival'\]"):
        WeightedSum(("segmentation",), {"surival": 1.0})
