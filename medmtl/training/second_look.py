"""The losses of a batch once more after the step, as if nothing else had happened in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from medmtl.encoders.running import running_figures_kept, tracking_norms
from medmtl.tasks.popart import PopArt


class Before(NamedTuple):
    """What a training step changes beside the weights: the generators, and what losses remember."""

    cpu: Tensor
    cuda: list[Tensor]
    memory: dict[str, Tensor]

    @classmethod
    def now(cls, losses: nn.Module) -> "Before":
        """Return the state before a step."""
        memory = {name: value.clone() for name, value in losses.state_dict().items() if isinstance(value, Tensor)}
        return cls(torch.get_rng_state(), torch.cuda.get_rng_state_all(), memory)


@contextmanager
def second_look(network: nn.Module, losses: nn.Module, before: Before) -> Iterator[None]:
    """Repeat the generators of the step; leave running figures, memories and generators afterwards as they are now."""
    memory = {name: value.clone() for name, value in losses.state_dict().items() if isinstance(value, Tensor)}
    held = {id(buffer) for norm in tracking_norms(network) for buffer in norm.buffers()}
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers() if id(buffer) not in held]
    losses.load_state_dict(before.memory, strict=False)
    for module in network.modules():
        if isinstance(module, PopArt):
            module.pending.fill_(float("nan"))  # else weights would move
    try:
        with torch.random.fork_rng(), running_figures_kept(network):
            torch.set_rng_state(before.cpu)
            torch.cuda.set_rng_state_all(before.cuda)
            yield
    finally:
        for buffer, value in buffers:
            buffer.copy_(value)
        losses.load_state_dict(memory, strict=False)
