"""What a step for one task alone would do to the losses of the others, without taking it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from medmtl.losses.base import TaskLoss


def affinities(
    before: Mapping[str, float],
    gradients: Mapping[str, tuple[Tensor, ...]],
    parameters: tuple[nn.Parameter, ...],
    rate: float,
    again: Callable[[], Mapping[str, TaskLoss]],
) -> dict[str, float]:
    """Return `gradient_affinity_ONE_OTHER` of every ordered pair: 1 - (loss of the other after / before).

    The step is `rate` times the gradient of the one task by the shared `parameters`. Positive: it helps the other;
    negative: it harms. Others whose loss is 0 have none. `again` computes the losses of the same batch as if nothing
    had happened since. Every weight is afterwards bit for bit what it was. Source: Fifty et al., Efficiently
    identifying task groupings for multi-task learning, NeurIPS 2021, eq. 1.
    """
    found: dict[str, float] = {}
    for one, gradient in gradients.items() if len(before) > 1 else ():
        with moved(parameters, gradient, rate):
            after = again()
        found |= {
            f"gradient_affinity_{one}_{other}": 1 - float(after[other].value.detach()) / value
            for other, value in before.items()
            if other != one and value > 0
        }
    return found


@contextmanager
@torch.no_grad()
def moved(parameters: tuple[nn.Parameter, ...], gradient: tuple[Tensor, ...], rate: float) -> Iterator[None]:
    """Take the parameters `rate` against the gradient, and put them back bit for bit."""
    kept = [parameter.detach().clone() for parameter in parameters]
    for parameter, slope in zip(parameters, gradient, strict=True):
        parameter.sub_(rate * slope.to(parameter.dtype))
    try:
        yield
    finally:
        for parameter, value in zip(parameters, kept, strict=True):
            parameter.copy_(value)
