"""Ten regressions of ten sizes: does GradNorm keep the large ones from crowding out the small?

The toy of Chen et al. (GradNorm, ICML 2018, section 4): f_i(x) = s_i tanh((B + E_i) x) from 250 numbers to 100, where
the entries of B have variance 10 and those of E_i variance 3.5; a trunk of four layers of 100 with ReLU, an affine head
per task, squared errors, alpha 0.12. The paper leaves the inputs and the ten sizes open; here (B + E_i) x has unit
variance and the sizes run from 1 to 100 in equal ratios. Reported is the mean over tasks of test loss over first test
loss, and its extremes; small is good.

    python benchmarks/gradnorm_toy.py [--seeds 3] [--steps 1500]
"""

import argparse
import statistics
from itertools import pairwise

import torch
from torch import Tensor, nn

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import cut_pyramids
from medmtl.losses.base import TaskLoss
from medmtl.members import Member, build

TASKS = tuple(f"task_{i}" for i in range(10))
SIZES = torch.logspace(0, 2, len(TASKS))
INPUTS, OUTPUTS, WIDTH, BATCH = 250, 100, 100, 100
BALANCERS: dict[str, Member] = {
    "sum": {"class_path": "medmtl.balancing.weighted_sum.WeightedSum"},
    "uncertainty": {"class_path": "medmtl.balancing.uncertainty.UncertaintyWeighting"},
    "GradNorm": {"class_path": "medmtl.balancing.gradnorm.GradNorm", "init_args": {"alpha": 0.12}},
}


class Regressions:
    """The functions to be learned, and a stream of batches of them."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        shared = self._normal(OUTPUTS, INPUTS) * 10**0.5
        own = self._normal(len(TASKS), OUTPUTS, INPUTS) * 3.5**0.5
        self._matrices = (shared + own) / (13.5 * INPUTS) ** 0.5

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Return inputs [count, 250] and targets [tasks, count, 100]."""
        x = self._normal(count, INPUTS)
        return x, SIZES[:, None, None] * torch.tanh(x @ self._matrices.transpose(1, 2))

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self._generator)


class Network(nn.Module):
    """A trunk and ten affine heads."""

    def __init__(self) -> None:
        super().__init__()
        widths = (INPUTS, WIDTH, WIDTH, WIDTH, WIDTH)
        layers = [part for a, b in pairwise(widths) for part in (nn.Linear(a, b), nn.ReLU())]
        self.shared = nn.Sequential(*layers)
        self.heads = nn.ModuleDict({task: nn.Linear(WIDTH, OUTPUTS) for task in TASKS})

    def losses(self, z: Tensor, wanted: Tensor) -> dict[str, TaskLoss]:
        """Return the mean squared error of every task."""
        pairs = zip(TASKS, wanted, strict=True)
        return {task: TaskLoss(nn.functional.mse_loss(self.heads[task](z), row), active=True) for task, row in pairs}


def normalised(member: Member, seed: int, steps: int) -> list[float]:
    """Return every task's test loss after training over that before."""
    torch.manual_seed(seed)
    regressions, network, balancer = Regressions(seed), Network(), build(member, Balancer, TASKS)
    unseen = regressions.draw(2000)
    optimiser = torch.optim.Adam([*network.parameters(), *balancer.parameters()], lr=1e-3)
    first = on(network, *unseen)
    for _ in range(steps):
        optimiser.zero_grad()
        total(network, balancer, *regressions.draw(BATCH)).backward()
        optimiser.step()
    return (on(network, *unseen) / first).tolist()


def total(network: Network, balancer: Balancer, x: Tensor, wanted: Tensor) -> Tensor:
    z = network.shared(x)
    if not balancer.reads_gradients:
        return balancer(network.losses(z, wanted))
    cut, behind = cut_pyramids({"all": (z,)}, network.shared, network.heads)
    return balancer(network.losses(behind["all"][0], wanted), cut)


@torch.no_grad()
def on(network: Network, x: Tensor, wanted: Tensor) -> Tensor:
    return torch.stack([loss.value for loss in network.losses(network.shared(x), wanted).values()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1500)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print("| balancer | mean of normalised test losses, by seed | smallest task | largest task |\n|---|---|---|---|")
    for name, member in BALANCERS.items():
        runs = [normalised(member, seed, given.steps) for seed in range(given.seeds)]
        means = ", ".join(f"{statistics.mean(run):.3f}" for run in runs)
        ends = " | ".join(f"{statistics.mean(run[task] for run in runs):.3f}" for task in (0, -1))
        print(f"| {name} | {means} | {ends} |", flush=True)


if __name__ == "__main__":
    main()
