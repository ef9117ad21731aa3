"""What a step costs with each kind of balancer: CPU time and memory, as ratios to the plain sum.

Three tasks (mask, contour, survival that reads the mask) on a residual U-Net of 8 to 128 channels, two cases of 48^3,
one thread. Time: all methods take their steps in turns in one process, counted in CPU seconds; a ratio is the median
over windows of three turns (FAMO looks at one step of three), so that other load falls on all alike. Memory: a process
per kind of method, its peak above what it held once everything was imported. Peers are the ways TorchJD has of its
own, with its UPGrad: `mtl_backward` between the feature maps and the losses (which counts the skips of a U-Net twice,
so that its direction is wrong there), `autojac.backward` to all parameters, and `autogram` with a weighted backward.

    python benchmarks/balancers.py [--turns 6] [--only MGDA UPGrad]
"""

import argparse
import ctypes
import gc
import multiprocessing
import resource
import statistics
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection

import torch
from torch import Tensor
from torchjd.aggregation import UPGrad, UPGradWeighting
from torchjd.autogram import Engine
from torchjd.autojac import backward, jac_to_grad, mtl_backward

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

METHODS = {
    "sum": "weighted_sum.WeightedSum",
    "sum, once more": "weighted_sum.WeightedSum",
    "normalised sum": "normalised_sum.NormalisedSum",
    "uncertainty": "uncertainty.UncertaintyWeighting",
    "FAMO": "famo.Famo",
    "GradNorm": "gradnorm.GradNorm",
    "MGDA-UB": "mgda_ub.MgdaUpperBound",
    "MGDA": "mgda.Mgda",
    "UPGrad": "upgrad.UpGrad",
    "CAGrad": "cagrad.CaGrad",
    "FairGrad": "fairgrad.FairGrad",
    "GradDrop": "graddrop.GradDrop",
    "TorchJD mtl_backward": "",
    "TorchJD autojac.backward": "",
    "TorchJD autogram": "",
}
ALIKE = frozenset({"sum, once more", "normalised sum", "uncertainty", "UPGrad", "CAGrad", "FairGrad"})  # in memory
WINDOW = 3  # turns
MMAP_THRESHOLD = -3  # of mallopt: blocks from this size on go back to the system when they are freed
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
    """A network with a balancer, ready to take steps."""

    def __init__(self, path: str) -> None:
        torch.manual_seed(0)
        self.network: MultiTaskNetwork = build_network(NETWORK, 0, 2, "pfs").train()
        tasks = self.network.named_tasks()
        self.losses = torch.nn.ModuleDict({key: task.loss(Known({"pfs": OUTCOMES})) for key, task in tasks.items()})
        member = {"class_path": f"medmtl.balancing.{path or METHODS['sum']}"}
        self.balancer = build(member, Balancer, tuple(tasks))
        self.optimiser = torch.optim.AdamW([*self.network.parameters(), *self.balancer.parameters()], lr=1e-3)
        self.batch = batch()

    def step(self) -> None:
        before = Before.now(self.losses) if self.balancer.looks_again else None
        self.optimiser.zero_grad()
        self.descend()
        self.optimiser.step()
        if before and self.balancer.look_due:
            with torch.no_grad(), second_look(self.network, self.losses, before):
                self.balancer.look_again(self.told(self.network(self.batch.inputs)))

    def descend(self) -> None:
        """Leave the gradients of a step at the parameters."""
        pyramids = self.network.encode(self.batch.inputs)
        if not self.balancer.reads_gradients:
            self.balancer(self.told(self.network.answer(pyramids, self.batch.inputs))).backward()
            return
        cut, behind = cut_pyramids(pyramids, self.network.sharing, self.network.tasks)
        self.balancer(self.told(self.network.answer(behind, self.batch.inputs)), cut).backward()

    def told(self, found: Mapping[str, Tensor]) -> dict[str, TaskLoss]:
        return {key: self.losses[key](found[key], self.batch) for key in found}

    def values(self, found: Mapping[str, Tensor]) -> list[Tensor]:
        return [loss.value for loss in self.told(found).values()]


class BetweenMaps(Bench):
    """TorchJD's multi-task backward: gradients at the feature maps, then the Jacobian of the shared parameters."""

    def descend(self) -> None:
        pyramids = self.network.encode(self.batch.inputs)
        maps = next(iter(pyramids.values()))
        shared = list(self.network.sharing.parameters())
        losses = self.values(self.network.answer(pyramids, self.batch.inputs))
        mtl_backward(losses, features=maps, shared_params=shared, retain_graph=True)  # survival reads the mask's graph
        jac_to_grad(shared, UPGrad())


class AllParameters(Bench):
    """TorchJD's Jacobian of all parameters."""

    def descend(self) -> None:
        parameters = list(self.network.parameters())
        backward(self.values(self.network(self.batch.inputs)), inputs=parameters, parallel_chunk_size=1)
        jac_to_grad(parameters, UPGrad())


class Products(Bench):
    """TorchJD's scalar products of the shared gradients, then one backward pass of the weighted losses."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.engine, self.weigh = Engine(self.network.sharing, batch_dim=None), UPGradWeighting()

    def descend(self) -> None:
        losses = torch.stack(self.values(self.network(self.batch.inputs)))
        losses.backward(self.weigh(self.engine.compute_gramian(losses)))


PEERS = {
    "TorchJD mtl_backward": BetweenMaps,
    "TorchJD autojac.backward": AllParameters,
    "TorchJD autogram": Products,
}


def ready(name: str) -> Bench:
    """Return the method after one step, which alone fills the optimiser's memory."""
    bench = PEERS.get(name, Bench)(METHODS[name])
    bench.step()
    return bench


def seconds(methods: list[str], turns: int) -> dict[str, list[float]]:
    """Return the CPU seconds of every turn's step by method; the first turn of all begins anywhere."""
    benches = {name: ready(name) for name in methods}
    found: dict[str, list[float]] = {name: [] for name in methods}
    for turn in range(turns):
        first = turn % len(methods)
        for name in methods[first:] + methods[:first]:
            gc.collect()
            began = time.process_time()
            benches[name].step()
            found[name].append(time.process_time() - began)
    return found


def ratio(taken: list[float], base: list[float]) -> float:
    """Return the median over windows of turns of time over time."""
    windows = range(len(taken) - WINDOW + 1)
    return statistics.median(sum(taken[w : w + WINDOW]) / sum(base[w : w + WINDOW]) for w in windows)


def megabytes(name: str) -> float:
    """Return the peak of a process of its own above what it held before the network was built."""
    processes = multiprocessing.get_context("fork")  # everything is imported once; nothing has run in this one
    receive, send = processes.Pipe(duplex=False)
    child = processes.Process(target=_tell_peak, args=(name, send))
    child.start()
    send.close()  # so that a child that fails is not waited for
    found: float = receive.recv()
    child.join()
    return found


def _tell_peak(name: str, send: Connection) -> None:
    give_back = getattr(ctypes.CDLL(None), "mallopt", None)
    if give_back:
        give_back(MMAP_THRESHOLD, 65_536)  # else what is freed stays with the process, or not, by chance
    base = peak()
    ready(name).step()
    send.send(peak() - base)


def peak() -> float:
    """Return the largest resident memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=6, help="At least 3.")
    parser.add_argument("--only", nargs="+", choices=tuple(METHODS), help="Methods beside the sum; else all.")
    given = parser.parse_args()
    torch.set_num_threads(1)
    methods = list(dict.fromkeys(("sum", *(given.only or METHODS))))
    memory = {name: megabytes(name) for name in methods if name not in ALIKE}
    taken = seconds(methods, given.turns)
    print("| method | CPU s a step | x sum | MB | x sum |\n|---|---|---|---|---|")
    for name in methods:
        times = f"{statistics.median(taken[name]):.3f} | {ratio(taken[name], taken['sum']):.2f}"
        space = f"{memory[name]:.0f} | {memory[name] / memory['sum']:.2f}" if name in memory else "|"
        print(f"| {name} | {times} | {space} |")


if __name__ == "__main__":
    main()
