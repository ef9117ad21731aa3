"""MultiDigits: two digits in one image, two tasks, and a loss that is fifty times smaller than the other.

Reads scikit-learn's digits (they come with it), pairs disjoint digits for training and for testing, and prints the test
accuracy of either task for every balancer, with both losses as they are and with the second scaled by 0.02.

    python benchmarks/multidigits.py [--seeds 3] [--steps 1500]
"""

import argparse
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import cut_pyramids
from medmtl.losses.base import TaskLoss
from medmtl.members import Member, build

TASKS = ("left", "right")
BATCH = 128
BALANCERS: dict[str, Member] = {
    name: {"class_path": f"medmtl.balancing.{path}", "init_args": options}
    for name, path, options in (
        ("sum", "weighted_sum.WeightedSum", {}),
        ("normalised sum", "normalised_sum.NormalisedSum", {}),
        ("uncertainty", "uncertainty.UncertaintyWeighting", {}),
        ("FAMO, a look at every step", "famo.Famo", {"every": 1}),
        ("FAMO, at every second", "famo.Famo", {"every": 2}),
        ("FAMO, at every third", "famo.Famo", {"every": 3}),
        ("MGDA", "mgda.Mgda", {}),
        ("PCGrad", "pcgrad.PcGrad", {}),
        ("UPGrad", "upgrad.UpGrad", {}),
        ("IMTL-G", "imtl_g.ImpartialGradients", {}),
        ("FairGrad", "fairgrad.FairGrad", {"alpha": 1.0}),
    )
}


class Pairs(NamedTuple):
    """Images [n, 1, 12, 12] and the digits of either side [n]."""

    images: Tensor
    left: Tensor
    right: Tensor


def pairs(digits: np.ndarray, labels: np.ndarray, count: int, rng: np.random.Generator) -> Pairs:
    first, second = rng.integers(0, len(digits), (2, count))
    images = np.zeros((count, 12, 12), np.float32)
    images[:, :8, :8] = digits[first]
    images[:, 4:, 4:] = np.maximum(images[:, 4:, 4:], digits[second])
    return Pairs(torch.from_numpy(images[:, None]), torch.from_numpy(labels[first]), torch.from_numpy(labels[second]))


def data(seed: int) -> tuple[Pairs, Pairs]:
    found = load_digits()
    rng = np.random.default_rng(seed)
    order = np.random.default_rng(0).permutation(len(found.images))
    cut = int(0.7 * len(order))
    parts = (order[:cut], order[cut:])
    sets = [
        pairs(found.images[part] / 16.0, found.target[part], size, rng)
        for part, size in zip(parts, (8000, 4000), strict=True)
    ]
    return sets[0], sets[1]


class Network(nn.Module):
    """A small LeNet with a head per digit."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Sequential(
            nn.Conv2d(1, 10, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(10, 20, 3), nn.ReLU(),
            nn.Flatten(), nn.Linear(20 * 9, 50), nn.ReLU(),
        )  # fmt: skip
        self.heads = nn.ModuleDict({task: nn.Linear(50, 10) for task in TASKS})


def losses_of(network: Network, z: Mapping[str, Tensor], batch: Pairs, scale: float) -> dict[str, TaskLoss]:
    scales = {"left": 1.0, "right": scale}
    wanted = {"left": batch.left, "right": batch.right}
    return {
        task: TaskLoss(scales[task] * nn.functional.cross_entropy(network.heads[task](z[task]), wanted[task]), True)
        for task in TASKS
    }


def train(member: Member, seed: int, scale: float, steps: int) -> tuple[float, float]:
    """Return the test accuracies [%] of left and right."""
    torch.manual_seed(seed)
    learned, tested = data(seed)
    network, balancer = Network(), build(member, Balancer, TASKS)
    groups = [*network.parameters(), *balancer.parameters()]
    optimiser = torch.optim.Adam(groups, lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        chosen = torch.randint(0, len(learned.images), (BATCH,), generator=generator)
        batch = Pairs(*(part[chosen] for part in learned))
        optimiser.zero_grad()
        total(network, balancer, batch, scale).backward()
        optimiser.step()
        schedule.step()
        if balancer.look_due:
            with torch.no_grad():
                z = network.shared(batch.images)
                balancer.look_again(losses_of(network, dict.fromkeys(TASKS, z), batch, scale))
    with torch.no_grad():
        z = network.shared(tested.images)
        found = [network.heads[task](z).argmax(dim=1) for task in TASKS]
    left, right = ((f == w).float().mean().item() * 100 for f, w in zip(found, tested[1:], strict=True))
    return left, right


def total(network: Network, balancer: Balancer, batch: Pairs, scale: float) -> Tensor:
    z = network.shared(batch.images)
    if not balancer.reads_gradients:
        return balancer(losses_of(network, dict.fromkeys(TASKS, z), batch, scale))
    cut, behind = cut_pyramids(dict.fromkeys(TASKS, (z,)), network.shared, network.heads)
    return balancer(losses_of(network, {task: behind[task][0] for task in TASKS}, batch, scale), cut)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--only", nargs="+", choices=tuple(BALANCERS), help="Balancers to measure; else all.")
    given = parser.parse_args()
    print(
        "| balancer | left / right, losses as they are | left / right, right scaled by 0.02 |\n|---|---|---|",
        flush=True,
    )
    for name in given.only or BALANCERS:
        member = BALANCERS[name]
        cells = []
        for scale in (1.0, 0.02):
            found = np.array([train(member, seed, scale, given.steps) for seed in range(given.seeds)])
            mean, spread = found.mean(axis=0), found.std(axis=0, ddof=1) if given.seeds > 1 else (np.nan, np.nan)
            cells.append(f"{mean[0]:.2f} / {mean[1]:.2f} ± {spread[1]:.2f}")
        print(f"| {name} | {cells[0]} | {cells[1]} |", flush=True)


if __name__ == "__main__":
    main()
