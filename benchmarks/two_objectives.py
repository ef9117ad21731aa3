"""Two objectives of two variables: from how many of five starts does each balancer reach the Pareto front?

The problem of Liu et al. (CAGrad, NeurIPS 2021), with the first objective scaled by 0.1 as in Navon et al. (Nash-MTL,
ICML 2022): a valley with a sharp bend, in which one objective hides the other. A start counts where it ends within 0.02
of the front, objectives in units of their range on it. Every method takes the published 35,000 steps of Adam, of 0.001,
from the same starts; FAMO looks again at every step, as published. The slopes are written out by hand and checked
against autograd, so that a method takes half a minute of one core, FairGrad five.

    python benchmarks/two_objectives.py [--steps 35000] [--rate 0.001] [--only UPGrad]
"""

import argparse
import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.balancing.gradient import GradientBalancer
from medmtl.losses.base import TaskLoss
from medmtl.members import Member, build

TASKS = ("first", "second")
STARTS = torch.tensor([[-8.5, 7.5], [0.0, 0.0], [9.0, 9.0], [-7.5, -0.5], [9.0, -1.0]])
LEAST = torch.tensor([-2.01, -20.1])  # below the objectives everywhere, so that losses are positive
NEAR = 0.02
FLAT = 5e-6  # the logarithm is cut off here
Floats = NDArray[np.float64]
BALANCERS: dict[str, Member] = {
    name: {"class_path": f"medmtl.balancing.{path}"}
    for name, path in (
        ("sum", "weighted_sum.WeightedSum"),
        ("FAMO", "famo.Famo"),
        ("MGDA", "mgda.Mgda"),
        ("PCGrad", "pcgrad.PcGrad"),
        ("Aligned-MTL", "aligned_mtl.AlignedMtl"),
        ("UPGrad", "upgrad.UpGrad"),
        ("dual projection", "upgrad.DualProjection"),
        ("CAGrad", "cagrad.CaGrad"),
        ("IMTL-G", "imtl_g.ImpartialGradients"),
        ("FairGrad", "fairgrad.FairGrad"),
    )
}


def objectives(x: Tensor) -> Tensor:
    """Return both objectives [n, 2] of points [n, 2], both to be small."""
    return torch.as_tensor(with_slopes(x.double().numpy())[0])


def with_slopes(x: Floats) -> tuple[Floats, Floats]:
    """Return both objectives [n, 2] of points [n, 2], and their derivatives [n, objectives, variables]."""
    a, b = x[:, 0], x[:, 1]
    bend, half = np.tanh(-b), np.tanh(0.5 * b)
    above, below = np.maximum(half, 0), np.maximum(-half, 0)
    bend_b, above_b, below_b = bend**2 - 1, 0.5 * (1 - above**2) * (b >= 0), -0.5 * (1 - below**2) * (b <= 0)
    values, slopes = np.empty((len(x), 2)), np.empty((len(x), 2, 2))
    for row, (sharp, sharp_b, centre, scale) in enumerate(
        ((0.5 * (-a - 7) - bend, -bend_b, 7.0, 0.1), (0.5 * (-a + 3) + bend + 2, bend_b, -7.0, 1.0))
    ):
        upper = np.log(np.maximum(np.abs(sharp), FLAT)) + 6
        lower = ((centre - a) ** 2 + 0.1 * (b + 8) ** 2) / 10 - 20
        steep = (np.abs(sharp) > FLAT) / np.where(sharp == 0, 1, sharp)  # of the logarithm
        values[:, row] = scale * (upper * above + lower * below)
        slopes[:, row, 0] = scale * (-0.5 * steep * above - 0.2 * (centre - a) * below)
        lower_b = 0.02 * (b + 8) * below + lower * below_b
        slopes[:, row, 1] = scale * (sharp_b * steep * above + upper * above_b + lower_b)
    return values, slopes


def front() -> Tensor:
    """Return the objectives [n, 2] along the Pareto set: the first variable from -7 to 7, at the best second one."""
    depth = torch.linspace(-9, -8, 2001)
    best = depth[objectives(torch.stack([torch.zeros(2001), depth], dim=1)).sum(dim=1).argmin()]
    first = torch.linspace(-7, 7, 2801)
    return objectives(torch.stack([first, best.expand_as(first)], dim=1))


def descend(member: Member, steps: int, rate: float) -> Tensor:
    """Return where the starts end [5, 2]; each has a balancer of its own."""
    balancers = [build(member, Balancer, TASKS) for _ in STARTS]
    x = STARTS.clone().requires_grad_()
    optimiser = torch.optim.Adam([x], lr=rate)
    values, jacobians = measured(x)
    for _ in range(steps):
        x.grad = torch.stack([chosen(*one) for one in zip(balancers, values, jacobians, strict=True)])
        optimiser.step()
        values, jacobians = measured(x)
        if balancers[0].looks_again:
            for balancer, row in zip(balancers, values, strict=True):
                balancer.look_again(told(row))
    return x.detach()


def measured(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the losses [5, 2] and their derivatives [5, 2, 2] at the points."""
    values, slopes = with_slopes(x.detach().double().numpy())
    return torch.as_tensor(values).float() - LEAST, torch.as_tensor(slopes).float()


def chosen(balancer: Balancer, values: Tensor, jacobian: Tensor) -> Tensor:
    """Return the gradient [2] that the balancer has Adam follow."""
    if isinstance(balancer, GradientBalancer):
        return balancer.direction(jacobian, TASKS)
    leaf = values.clone().requires_grad_()
    return torch.autograd.grad(balancer(told(leaf)), leaf)[0] @ jacobian


def told(values: Tensor) -> dict[str, TaskLoss]:
    return {task: TaskLoss(value, active=True) for task, value in zip(TASKS, values.unbind(), strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=35_000)
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--only", nargs="+", choices=tuple(BALANCERS), help="Run these balancers; else all.")
    given = parser.parse_args()
    torch.set_num_threads(1)
    best = front()
    unit = best.amax(dim=0) - best.amin(dim=0)
    print("| balancer | starts at the front | first variable at the end | CPU s |\n|---|---|---|---|", flush=True)
    for name in given.only or BALANCERS:
        began = time.process_time()
        x = descend(BALANCERS[name], given.steps, given.rate)
        far = torch.cdist(objectives(x) / unit, best / unit).amin(dim=1)
        ends = ", ".join(f"{a:.1f}" if d < NEAR else f"({a:.1f}, {b:.1f})" for (a, b), d in zip(x, far, strict=True))
        reached = int((far < NEAR).sum())
        print(f"| {name} | {reached} of {len(x)} | {ends} | {time.process_time() - began:.0f} |", flush=True)


if __name__ == "__main__":
    main()
