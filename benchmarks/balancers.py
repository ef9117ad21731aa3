"""What a step costs with each kind of balancer: CPU time and peak memory, as ratios to the plain sum.

Three tasks (mask, contour, survival) on a residual U-Net of 8 to 128 channels, two cases of 48^3, one thread. Every
method runs in a process of its own, in turns, and the medians are compared. The peer is TorchJD's own way: the Jacobian
of all parameters by `torchjd.autojac`, then its mean.

    python benchmarks/balancers.py [--steps 6] [--turns 3]
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import torch
from torch import Tensor
from torchjd.aggregation import Mean
from torchjd.autojac import backward, jac_to_grad

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import cut_pyramids
from medmtl.losses.base import TaskLoss
from medmtl.members import build
from medmtl.network import MultiTaskNetwork, build_network
from medmtl.network_settings import NetworkSettings
from medmtl.records import Endpoint
from medmtl.tasks.base import Known
from medmtl.tensors import Batch, Inputs, Survival
from medmtl.training.second_look import Before, second_look

PEER = "TorchJD autojac, all parameters"
METHODS = {
    "sum": "weighted_sum.WeightedSum",
    "normalised sum": "normalised_sum.NormalisedSum",
    "uncertainty": "uncertainty.UncertaintyWeighting",
    "FAMO": "famo.Famo",
    "MGDA-UB": "mgda_ub.MgdaUpperBound",
    "MGDA": "mgda.Mgda",
    "UPGrad": "upgrad.UpGrad",
    "FairGrad": "fairgrad.FairGrad",
    "CAGrad": "cagrad.CaGrad",
    PEER: "",
}
TASKS = "medmtl.tasks"
NETWORK = NetworkSettings.model_validate(
    {
        "encoder": {
            "class_path": "medmtl.encoders.residual.ResidualEncoder",
            "init_args": {"widths": [8, 16, 32, 64, 128]},
        },
        "tasks": {
            "mask": {"class_path": f"{TASKS}.segmentation.Segmentation"},
            "contour": {"class_path": f"{TASKS}.shape.ContourMap"},
            "survival": {"class_path": f"{TASKS}.cascaded_survival.CascadedSurvival", "init_args": {"reads": "mask"}},
        },
    }
)
OUTCOMES = {f"case-{i}": Endpoint(100.0 + i, event=True) for i in range(2)}


def batch() -> Batch:
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(2, 2, 48, 48, 48, generator=generator)
    known = torch.ones(2, dtype=torch.bool)
    survival = Survival(torch.tensor([100.0, 101.0]), known, known)
    return Batch(list(OUTCOMES), Inputs(image, torch.zeros(2, 0)), (image[:, 0] > 2).long(), known, {"pfs": survival})


class Bench:
    """One method, ready to take steps."""

    def __init__(self, name: str) -> None:
        torch.manual_seed(0)
        self.network: MultiTaskNetwork = build_network(NETWORK, 0, 2, "pfs").train()
        tasks = self.network.named_tasks()
        self.losses = torch.nn.ModuleDict({key: task.loss(Known({"pfs": OUTCOMES})) for key, task in tasks.items()})
        path = METHODS[name] or "weighted_sum.WeightedSum"
        self.balancer = build({"class_path": f"medmtl.balancing.{path}"}, Balancer, tuple(tasks))
        learned = [*self.network.parameters(), *self.balancer.parameters()]
        self.optimiser = torch.optim.AdamW(learned, lr=1e-3)
        self.peer = name == PEER
        self.batch = batch()

    def step(self) -> None:
        before = Before.now(self.losses)
        self.optimiser.zero_grad()
        if self.peer:
            self._peer()
        else:
            self._total().backward()
        self.optimiser.step()
        if self.balancer.look_due:
            with torch.no_grad(), second_look(self.network, self.losses, before):
                self.balancer.look_again(self._told(self.network(self.batch.inputs)))

    def _total(self) -> Tensor:
        pyramids = self.network.encode(self.batch.inputs)
        if not self.balancer.reads_gradients:
            return self.balancer(self._told(self.network.answer(pyramids, self.batch.inputs)))
        cut, behind = cut_pyramids(pyramids, self.network.sharing, self.network.tasks)
        return self.balancer(self._told(self.network.answer(behind, self.batch.inputs)), cut)

    def _peer(self) -> None:
        told = self._told(self.network(self.batch.inputs))
        parameters = list(self.network.parameters())
        backward([loss.value for loss in told.values()], inputs=parameters, parallel_chunk_size=1)
        jac_to_grad(parameters, Mean())

    def _told(self, found: dict[str, Tensor]) -> dict[str, TaskLoss]:
        return {key: self.losses[key](found[key], self.batch) for key in found}


def measure(name: str, steps: int) -> dict[str, float]:
    torch.set_num_threads(1)
    bench = Bench(name)
    bench.step()
    taken = []
    for _ in range(steps):
        began = time.process_time()
        bench.step()
        taken.append(time.process_time() - began)
    pairs = [(one + other) / 2 for one, other in zip(taken[::2], taken[1::2], strict=False)]  # FAMO looks at one of two
    return {"seconds": statistics.median(pairs), "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--one", help="Measure this method alone, and print JSON.")
    parser.add_argument(
        "--only", nargs="+", choices=tuple(METHODS), help="Methods to measure beside the sum; else all."
    )
    given = parser.parse_args()
    methods = ("sum", *given.only) if given.only else tuple(METHODS)
    if given.one:
        print(json.dumps(measure(given.one, given.steps)))
        return
    found: dict[str, list[dict[str, float]]] = {name: [] for name in methods}
    for _ in range(given.turns):
        for name in methods:
            command = [sys.executable, __file__, "--one", name, "--steps", str(given.steps)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name].append(json.loads(done.stdout))
    print("| method | s a step | x sum | peak MB | x sum |\n|---|---|---|---|---|")
    base = found["sum"]
    for name, turns in found.items():
        seconds, mb = (statistics.median(turn[key] for turn in turns) for key in ("seconds", "mb"))
        ratios = [
            statistics.median(t[key] / b[key] for t, b in zip(turns, base, strict=True)) for key in ("seconds", "mb")
        ]
        print(f"| {name} | {seconds:.3f} | {ratios[0]:.2f} | {mb:.0f} | {ratios[1]:.2f} |")


if __name__ == "__main__":
    main()
