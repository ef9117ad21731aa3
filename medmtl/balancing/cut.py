"""The detach cut: heads read copies of the shared feature maps, so that one gradient per task can be had cheaply.

A U-Net has no single tensor between encoder and heads, and its skips depend on each other. Every distinct feature map
is detached into a leaf; a task's gradient at the leaves, pulled through the shared part once, is its exact gradient.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from medmtl.tensors import Pyramid


class Cut(NamedTuple):
    """The shared part's feature maps on both sides of the cut, and the parameters behind and before it."""

    found: tuple[Tensor, ...]  # as the shared part gave them, with their graph
    leaves: tuple[Tensor, ...]  # the same values detached: what the heads read
    shared: tuple[nn.Parameter, ...]  # of the shared part; only those that learn
    heads: tuple[nn.Parameter, ...]  # of the tasks; only those that learn


class TaskGradient(NamedTuple):
    """The gradient of one task's loss."""

    shared: tuple[Tensor, ...]  # by shared parameter
    heads: tuple[Tensor, ...]  # by head parameter


def cut_pyramids(
    pyramids: Mapping[str, Pyramid], shared: nn.Module, heads: nn.Module
) -> tuple[Cut, dict[str, Pyramid]]:
    """Return the cut and the pyramids that the heads are to read; a map that several tasks share is cut once."""
    found = {id(maps): maps for pyramid in pyramids.values() for maps in pyramid if maps.requires_grad}
    leaves = {key: maps.detach().requires_grad_() for key, maps in found.items()}
    behind = {name: tuple(leaves.get(id(maps), maps) for maps in pyramid) for name, pyramid in pyramids.items()}
    return Cut(tuple(found.values()), tuple(leaves.values()), _learning(shared), _learning(heads)), behind


def task_gradient(loss: Tensor, cut: Cut) -> TaskGradient:
    """Return the exact gradient of a loss that was computed from the cut's leaves; 0 where it has no part.

    The graph is kept, so that the next task can be asked.
    """
    at_leaves, heads = gradient_at_cut(loss, cut)
    return TaskGradient(pulled(at_leaves, cut), heads)


def gradient_at_cut(loss: Tensor, cut: Cut) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return the gradients of a loss by the leaves, and by the head parameters; 0 where it has no part."""
    wanted = (*cut.leaves, *cut.heads)
    found = _zeros_for(wanted, torch.autograd.grad(loss, wanted, retain_graph=True, allow_unused=True))
    return found[: len(cut.leaves)], found[len(cut.leaves) :]


def pulled(at_leaves: tuple[Tensor, ...], cut: Cut) -> tuple[Tensor, ...]:
    """Return gradients at the leaves as gradients by the shared parameters: one walk back through the shared part."""
    found = torch.autograd.grad(cut.found, cut.shared, at_leaves, retain_graph=True, allow_unused=True)
    return _zeros_for(cut.shared, found)


def scalar_with_gradient(value: Tensor, parameters: tuple[nn.Parameter, ...], wanted: tuple[Tensor, ...]) -> Tensor:
    """Return a scalar that shows `value` and whose gradient by each parameter is exactly the one wanted."""
    with torch.autocast(value.device.type, enabled=False):
        slope = torch.stack([(p * d.to(p.dtype)).sum() for p, d in zip(parameters, wanted, strict=True)]).sum()
    return slope - slope.detach() + value.detach()


def _learning(module: nn.Module) -> tuple[nn.Parameter, ...]:
    return tuple(parameter for parameter in module.parameters() if parameter.requires_grad)


def _zeros_for(tensors: tuple[Tensor, ...], found: tuple[Tensor | None, ...]) -> tuple[Tensor, ...]:
    return tuple(torch.zeros_like(tensor) if one is None else one for tensor, one in zip(tensors, found, strict=True))
