"""The affinity of tasks is what a step for the one alone would do to the other, and no step is taken."""

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from medmtl.balancing.cut import cut_pyramids
from medmtl.losses.base import TaskLoss
from medmtl.tasks.popart import PopArt
from medmtl.training.affinity import affinities
from medmtl.training.probe import shared_gradients
from medmtl.training.second_look import Before, second_look

TURNS = {"one": [1.0, 0.0], "like": [0.9, 0.1], "foreign": [0.0, 1.0], "opposed": [-1.0, 0.0]}
RATE = 0.1


class Pulled:
    """A shared weight, and tasks that pull its output this way and that."""

    def __init__(self) -> None:
        self.shared = nn.Linear(3, 2, bias=False)
        self.shared.weight.data = torch.zeros(2, 3)
        self.x = torch.tensor([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]])

    def losses(self, found: Tensor, tasks: Mapping[str, list[float]]) -> dict[str, TaskLoss]:
        return {name: TaskLoss((found - torch.tensor(t)).square().mean(), True) for name, t in tasks.items()}

    def affinities(self) -> dict[str, float]:
        found = self.shared(self.x)
        cut, behind = cut_pyramids({"one": (found,)}, self.shared, nn.Identity())
        told = self.losses(behind["one"][0], TURNS)
        before = {name: loss.value.item() for name, loss in told.items()}
        return affinities(before, shared_gradients(told, cut), cut.shared, RATE, self.again)

    def again(self) -> dict[str, TaskLoss]:
        return self.losses(self.shared(self.x), TURNS)


def test_a_related_task_has_a_higher_affinity_than_an_opposed_or_a_foreign_one() -> None:
    found = Pulled().affinities()
    assert len(found) == 4 * 3
    assert found["gradient_affinity_one_like"] > 0.1
    assert found["gradient_affinity_one_like"] > found["gradient_affinity_one_foreign"] + 0.1
    assert found["gradient_affinity_one_foreign"] > found["gradient_affinity_one_opposed"] + 0.1
    assert found["gradient_affinity_one_opposed"] < -0.1


@pytest.mark.parametrize(("one", "other"), [("one", "like"), ("like", "foreign"), ("foreign", "opposed")])
def test_it_is_the_step_taken_by_hand(one: str, other: str) -> None:
    pulled = Pulled()
    found = pulled.affinities()
    assert torch.equal(pulled.shared.weight, torch.zeros(2, 3))
    before = {name: loss.value for name, loss in pulled.losses(pulled.shared(pulled.x), TURNS).items()}
    slope = torch.autograd.grad(before[one], pulled.shared.weight)[0]
    after = pulled.losses(pulled.x @ (-RATE * slope).T, TURNS)[other].value
    assert found[f"gradient_affinity_{one}_{other}"] == pytest.approx(
        1 - float(after.detach() / before[other].detach()), abs=1e-5
    )


def test_tasks_that_said_nothing_have_no_gradient_and_one_alone_has_no_affinity() -> None:
    pulled = Pulled()
    cut, behind = cut_pyramids({"one": (pulled.shared(pulled.x),)}, pulled.shared, nn.Identity())
    told = pulled.losses(behind["one"][0], TURNS)
    silent = {name: loss if name == "one" else loss._replace(active=False) for name, loss in told.items()}
    gradients = shared_gradients(silent, cut)
    assert list(gradients) == ["one"]
    assert affinities({"one": 1.0}, gradients, cut.shared, RATE, dict) == {}


def test_a_second_look_moves_no_running_figure() -> None:
    network = nn.Sequential(nn.BatchNorm1d(3), PopArt(3, rate=0.5))
    popart = network[1]
    assert isinstance(popart, PopArt)
    popart.normalise(torch.tensor([5.0, 9.0]))
    state = {name: value.clone() for name, value in network.state_dict().items()}
    with second_look(network, nn.Identity(), Before.now(nn.Identity())):
        network(torch.randn(4, 3))
        popart.normalise(torch.tensor([1.0, 2.0]))
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0, atol=0, equal_nan=True)
