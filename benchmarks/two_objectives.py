"""Two objectives of two variables: from how many of five starts does each balancer reach the Pareto front?

The problem of Liu et al. (CAGrad, NeurIPS 2021), with the first objective scaled by 0.1 as in Navon et al. (Nash-MTL,
ICML 2022): a valley with a sharp bend, in which one objective hides the other. A start counts where it ends within 0.02
of the front, objectives in units of their range on it. Every method takes steps of Adam from the same starts; 35,000
steps of 0.001 are published, 5,000 of 0.007 cover the same path and are the default here.

    python benchmarks/two_objectives.py [--steps 5000] [--rate 0.007]
"""

import argparse
import time

import torch
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.balancing.gradient import GradientBalancer
from medmtl.losses.base import TaskLoss
from medmtl.members import Member, build

TASKS = ("first", "second")
STARTS = torch.tensor([[-8.5, 7.5], [0.0, 0.0], [9.0, 9.0], [-7.5, -0.5], [9.0, -1.0]])
LEAST = torch.tensor([-2.01, -20.1])  # below the objectives everywhere, so that losses are positive
NEAR = 0.02
BALANCERS: dict[str, Member] = {
    name: {"class_path": f"medmtl.balancing.{path}"}
    for name, path in (
        ("sum", "weighted_sum.WeightedSum"),
        ("FAMO", "famo.Famo"),
        ("MGDA", "mgda.Mgda"),
        ("PCGrad", "pcgrad.PcGrad"),
        ("UPGrad", "upgrad.UpGrad"),
        ("CAGrad", "cagrad.CaGrad"),
        ("IMTL-G", "imtl_g.ImpartialGradients"),
        ("FairGrad", "fairgrad.FairGrad"),
    )
}


def objectives(x: Tensor) -> Tensor:
    """Return both objectives [n, 2] of points [n, 2], both to be small."""
    a, b = x[:, 0], x[:, 1]
    bend = torch.tanh(-b)
    above = torch.tanh(0.5 * b).clamp_min(0)
    below = torch.tanh(-0.5 * b).clamp_min(0)
    found = []
    for sharp, centre in ((0.5 * (-a - 7) - bend, 7.0), (0.5 * (-a + 3) + bend + 2, -7.0)):
        upper = sharp.abs().clamp_min(5e-6).log() + 6
        lower = ((centre - a) ** 2 + 0.1 * (b + 8) ** 2) / 10 - 20
        found.append(upper * above + lower * below)
    return torch.stack([0.1 * found[0], found[1]], dim=1)


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
    for _ in range(steps):
        x.grad = slopes(balancers, x)
        optimiser.step()
        if balancers[0].looks_again:
            for balancer, row in zip(balancers, objectives(x).detach() - LEAST, strict=True):
                balancer.look_again(told(row))
    return x.detach()


def slopes(balancers: list[Balancer], x: Tensor) -> Tensor:
    values = objectives(x) - LEAST
    if not balancers[0].reads_gradients:
        totals = [balancer(told(row)) for balancer, row in zip(balancers, values, strict=True)]
        return torch.autograd.grad(torch.stack(totals).sum(), x)[0]
    rows = [torch.autograd.grad(values[:, task].sum(), x, retain_graph=task == 0)[0] for task in range(2)]
    jacobians = torch.stack(rows, dim=1)  # [starts, tasks, variables]
    pairs = zip(balancers, jacobians, strict=True)
    return torch.stack([b.direction(j, TASKS) for b, j in pairs if isinstance(b, GradientBalancer)])


def told(values: Tensor) -> dict[str, TaskLoss]:
    return {task: TaskLoss(value, active=True) for task, value in zip(TASKS, values, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=0.007)
    parser.add_argument("--only", choices=tuple(BALANCERS), help="Run one balancer.")
    given = parser.parse_args()
    torch.set_num_threads(1)
    best = front()
    unit = best.amax(dim=0) - best.amin(dim=0)
    print("| balancer | starts at the front | first variable at the end | CPU s |\n|---|---|---|---|", flush=True)
    for name in (given.only,) if given.only else BALANCERS:
        began = time.process_time()
        x = descend(BALANCERS[name], given.steps, given.rate)
        far = torch.cdist(objectives(x) / unit, best / unit).amin(dim=1)
        ends = ", ".join(f"{a:.1f}" if d < NEAR else f"({a:.1f}, {b:.1f})" for (a, b), d in zip(x, far, strict=True))
        reached = int((far < NEAR).sum())
        print(f"| {name} | {reached} of {len(x)} | {ends} | {time.process_time() - began:.0f} |", flush=True)


if __name__ == "__main__":
    main()
