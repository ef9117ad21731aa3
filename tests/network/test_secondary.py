"""A secondary task has a fixed weight in training, and can be taken out of the network afterwards."""

import pytest
import torch

from medmtl.balancing.weighted_sum import WeightedSum
from medmtl.losses.base import TaskLoss
from medmtl.members import Member

SEGMENTATION: Member = {"class_path": "medmtl.tasks.segmentation.Segmentation"}
SECONDARY: dict[str, Member] = {
    "contour": {"class_path": "medmtl.tasks.shape.ContourMap"},
    "pet": {"class_path": "medmtl.tasks.pet_synthesis.PetSynthesis"},
}


def test_a_network_without_its_secondary_heads_answers_bit_for_bit_as_before(make_network, make_inputs) -> None:
    trained, inputs = make_network({"segmentation": SEGMENTATION} | SECONDARY), make_inputs()
    for _ in range(3):  # running figures and weights that are not those of the beginning
        trained.train()(inputs)
    for parameter in trained.parameters():
        parameter.data *= 1.1
    stripped = make_network({"segmentation": SEGMENTATION})
    told = stripped.load_state_dict(trained.state_dict(), strict=False)
    assert told.missing_keys == []
    assert {name.split(".")[1] for name in told.unexpected_keys} == set(SECONDARY)
    assert torch.equal(stripped.eval()(inputs)["segmentation"], trained.eval()(inputs)["segmentation"])


@pytest.mark.parametrize("main", [0.9, 0.5])
def test_two_weights_that_sum_to_one_give_the_mean_of_the_tasks_gradients(main: float) -> None:
    weight = torch.tensor([2.0, -1.0], requires_grad=True)
    balancer = WeightedSum(("main", "aux"), {"main": main, "aux": 1 - main})
    losses = {"main": weight.square().sum(), "aux": (weight - 3).square().sum()}
    total = balancer({name: TaskLoss(loss, active=True) for name, loss in losses.items()})
    assert total.item() == pytest.approx(main * 5 + (1 - main) * 17)
    total.backward()
    expected = [main * 2 * w + (1 - main) * 2 * (w - 3) for w in (2.0, -1.0)]
    assert weight.grad.tolist() == pytest.approx(expected)
