"""A mixture of experts: each task chooses among small adapters of the shared maps."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medmtl.encoders.base import Encoder
from medmtl.errors import MedmtlError
from medmtl.members import Member, build
from medmtl.sharing.base import Sharing
from medmtl.tensors import Pyramid


class Experts(Sharing):
    """Every map passes the experts that the task's gate chooses for this case, and is added to what they make of it.

    An expert is a 1 x 1 x 1 bottleneck per level; a gate sees the pooled deepest map. With `top` = 0 all experts are
    mixed (Ma et al., Multi-gate mixture-of-experts, KDD 2018); else only the `top` likeliest, and a load-balancing
    penalty keeps every expert in use (Fedus et al., Switch transformers, JMLR 2022; task gates as in Gupta et al.,
    Sparsely activated mixture-of-experts are robust multi-task learners, 2022).
    """

    def __init__(  # noqa: PLR0913, PLR0917  (the options of a member are its arguments)
        self,
        encoder: Member,
        tasks: Sequence[str],
        count: int = 4,
        top: int = 0,
        reduction: int = 2,
        balance: float = 0.01,
    ) -> None:
        super().__init__()
        if not (count >= 1 and 0 <= top <= count and balance >= 0):
            raise MedmtlError(f"top must be from 0 to count, balance 0 or more. Found {top}, {count} and {balance}.")
        self.encoder = build(encoder, Encoder)  # type: ignore[type-abstract]  # the base is only checked against
        self.channels = self.encoder.channels
        self._top, self._balance = top, balance
        self.experts = nn.ModuleList(_Level(own, count, reduction) for own in self.channels)
        self.gates = nn.ModuleDict({task: nn.Linear(self.channels[-1], count) for task in tasks})
        self._chosen: list[Tensor] = []

    def forward(self, image: Tensor) -> dict[str, Pyramid]:
        """Return each task's pyramid."""
        shared: Pyramid = self.encoder(image)
        made = [level(maps) for level, maps in zip(self.experts, shared, strict=True)]
        pooled = shared[-1].float().mean(dim=(2, 3, 4))
        parts = {task: torch.softmax(gate(pooled), dim=1) for task, gate in self.gates.items()}
        self._chosen = list(parts.values()) if self.training and self._top else []
        return {task: _mixed(shared, made, self._kept(part)) for task, part in parts.items()}

    def penalty(self) -> Tensor:
        """Return the load-balancing term of the last forward pass: `balance` times count times the sum of load * part.

        It is smallest where every expert is chosen equally often.
        """
        if not self._chosen:
            return torch.zeros(())
        parts = torch.cat(self._chosen)
        load = torch.nn.functional.one_hot(parts.argmax(dim=1), parts.shape[1]).to(parts).mean(dim=0)
        return self._balance * parts.shape[1] * (load * parts.mean(dim=0)).sum()

    def _kept(self, parts: Tensor) -> Tensor:
        if not self._top:
            return parts
        kept = torch.zeros_like(parts).scatter(1, parts.topk(self._top, dim=1).indices, 1.0)
        return parts * kept


class _Level(nn.Module):
    """The experts of one level."""

    def __init__(self, channels: int, count: int, reduction: int) -> None:
        super().__init__()
        self.experts = nn.ModuleList(_expert(channels, max(1, channels // reduction)) for _ in range(count))

    def forward(self, maps: Tensor) -> Tensor:
        """Return [experts, B, C, D, H, W]."""
        return torch.stack([expert(maps) for expert in self.experts])


def _expert(channels: int, between: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv3d(channels, between, 1), nn.LeakyReLU(0.01), nn.Conv3d(between, channels, 1))


def _mixed(shared: Pyramid, made: Sequence[Tensor], parts: Tensor) -> Pyramid:
    mixed = (torch.einsum("be,ebcdhw->bcdhw", parts.to(level.dtype), level) for level in made)
    return tuple(maps + extra for maps, extra in zip(shared, mixed, strict=True))
