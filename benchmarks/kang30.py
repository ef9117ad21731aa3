"""Thirty linear tasks in three groups: what is it worth to know, or to find, what they share?

The design of Kang, Grauman and Sha (ICML 2011) with numbers of our own: 20 inputs from -1 to 1, 15 cases to learn from
and 50 to test per task, and in each of three groups of ten tasks the weights are multiples of one vector; outputs are
exact, or with noise of variance 0.1. The figure is the mean over tasks of the root mean squared test error, and its
ratio to separate tasks. Penalties are chosen on 5 of the 15 cases, then all are learned from.

    python benchmarks/kang30.py [--seeds 3]
"""

import argparse
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TASKS, GROUPS, INPUTS, LEARNED, HELD, TESTED = 30, 3, 20, 15, 5, 50
GROUP = np.arange(TASKS) // (TASKS // GROUPS)
STRENGTHS = tuple(float(s) for s in np.geomspace(1e-4, 3, 14))


class Tasks(NamedTuple):
    """Inputs [tasks, cases, inputs] and outputs [tasks, cases]."""

    x: Array
    y: Array


def make(seed: int, noise: float) -> tuple[Tasks, Tasks]:
    """Return what is learned from and what is tested."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(GROUPS, INPUTS))
    weights = rng.uniform(0.2, 2.0, TASKS)[:, None] * rng.choice([-1, 1], TASKS)[:, None] * directions[GROUP]
    x = rng.uniform(-1, 1, (TASKS, LEARNED + TESTED, INPUTS))
    y = np.einsum("tni,ti->tn", x, weights) + rng.normal(0, noise, x.shape[:2])
    return Tasks(x[:, :LEARNED], y[:, :LEARNED]), Tasks(x[:, LEARNED:], y[:, LEARNED:])


def separate(data: Tasks) -> Array:
    """Return each task's shortest weights [tasks, inputs] of least squares."""
    return np.stack([np.linalg.lstsq(x, y, rcond=None)[0] for x, y in zip(*data, strict=True)])


def shared(data: Tasks, width: int, rng: np.random.Generator, rounds: int = 300) -> Array:
    """Return the weights of one linear encoder [inputs, width] with a head per task, by alternating least squares."""
    encoder, ridge = rng.normal(size=(INPUTS, width)), 1e-6
    for _ in range(rounds):
        z = data.x @ encoder
        heads = np.stack(
            [
                np.linalg.lstsq(a.T @ a + ridge * np.eye(width), a.T @ b, rcond=None)[0]
                for a, b in zip(z, data.y, strict=True)
            ]
        )
        system = np.einsum("tni,tk->tnik", data.x, heads).reshape(-1, INPUTS * width)
        square = system.T @ system + ridge * np.eye(INPUTS * width)
        encoder = np.linalg.solve(square, system.T @ data.y.reshape(-1)).reshape(INPUTS, width)
    return heads @ encoder.T


def oracle(data: Tasks, rng: np.random.Generator) -> Array:
    """Return the weights where every group, known beforehand, has an encoder of width 1."""
    found = np.empty((TASKS, INPUTS))
    for group in range(GROUPS):
        own = group == GROUP
        found[own] = shared(Tasks(data.x[own], data.y[own]), 1, rng)
    return found


def shrink_values(weights: Array, by: float) -> Array:
    """Return the weights with singular values less `by`: the trace norm's step."""
    u, s, v = np.linalg.svd(weights, full_matrices=False)
    return (u * np.maximum(s - by, 0)) @ v


def shrink_columns(weights: Array, by: float) -> Array:
    """Return the weights [tasks, inputs] with each input's length over tasks less `by`: the step of l2,1."""
    length = np.linalg.norm(weights, axis=0)
    return weights * np.maximum(1 - by / np.maximum(length, 1e-12), 0)


def penalised(data: Tasks, strength: float, shrink: Callable[[Array, float], Array], rounds: int = 3000) -> Array:
    """Return the weights that minimise half the squared errors over cases plus the penalty, by FISTA."""
    rate = data.x.shape[1] / max(np.linalg.norm(x, 2) ** 2 for x in data.x)
    weights = ahead = np.zeros((TASKS, INPUTS))
    momentum = 1.0
    for _ in range(rounds):
        residual = np.einsum("tni,ti->tn", data.x, ahead) - data.y
        slope = np.einsum("tni,tn->ti", data.x, residual) / data.x.shape[1]
        moved = shrink(ahead - rate * slope, rate * strength)
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / following * (moved - weights)
        weights, momentum = moved, following
    return weights


def chosen(data: Tasks, shrink: Callable[[Array, float], Array]) -> Array:
    """Return the penalised weights with the strength that is best on the cases held out."""
    kept, held = (Tasks(data.x[:, part], data.y[:, part]) for part in (slice(HELD, None), slice(HELD)))
    errors = [error(penalised(kept, strength, shrink, 600), held) for strength in STRENGTHS]
    return penalised(data, STRENGTHS[int(np.argmin(errors))], shrink)


def error(weights: Array, data: Tasks) -> float:
    """Return the mean over tasks of the root mean squared error."""
    residual = np.einsum("tni,ti->tn", data.x, weights) - data.y
    return float(np.sqrt((residual**2).mean(axis=1)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    found: dict[str, list[list[float]]] = {}
    for noise in (0.0, float(np.sqrt(0.1))):
        for seed in range(given.seeds):
            learned, tested = make(seed, noise)
            rng = np.random.default_rng(seed)
            ways = {
                "separate tasks": separate(learned),
                "hard sharing, groups known": oracle(learned, rng),
                "hard sharing of all, width 3": shared(learned, GROUPS, rng),
                "trace norm": chosen(learned, shrink_values),
                "l2,1": chosen(learned, shrink_columns),
            }
            for name, weights in ways.items():
                found.setdefault(name, []).append([noise, error(weights, tested)])
    print("| learned by | exact | x separate | noisy | x separate |\n|---|---|---|---|---|")
    base = np.array(found["separate tasks"])
    for name, rows in found.items():
        told = np.array(rows)
        cells = []
        for noise in (False, True):
            of = told[(told[:, 0] > 0) == noise, 1]
            cells += [f"{of.mean():.3f}", f"{(of / base[(base[:, 0] > 0) == noise, 1]).mean():.3f}"]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
