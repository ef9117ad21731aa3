"""Cross-task attention: each task looks up in the others' maps what resembles its own."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medmtl.encoders.base import Encoder
from medmtl.errors import MedmtlError
from medmtl.members import Member, build
from medmtl.sharing.base import Sharing
from medmtl.tensors import Pyramid


class CrossAttention(Sharing):
    """One encoder; on its deepest maps every task has its own projection, and attends to every other task's.

    What is found is added with a learned factor per channel that begins at 0, where this is hard sharing. `levels` is
    how many levels, from the deepest, exchange; each must have at most `tokens` voxels. Source: the cross-task module
    of Lopes, Vu and de Charette, Cross-task attention mechanism for dense multi-task learning, WACV 2023, in 3D.
    """

    def __init__(
        self, encoder: Member, tasks: Sequence[str], levels: int = 1, width: int = 16, tokens: int = 4096
    ) -> None:
        super().__init__()
        self.encoder = build(encoder, Encoder)  # type: ignore[type-abstract]  # the base is only checked against
        self.channels = self.encoder.channels
        if not 1 <= levels <= len(self.channels):
            raise MedmtlError(f"levels must be from 1 to the encoder's {len(self.channels)}. Found {levels}.")
        self._tasks, self._tokens = tuple(tasks), tokens
        self._first = len(self.channels) - levels
        deepest = self.channels[self._first :]
        self.projections = nn.ModuleDict({task: _Projections(deepest) for task in tasks})
        self.lookups = nn.ModuleDict({task: _Lookups(deepest, width) for task in tasks})

    def forward(self, image: Tensor) -> dict[str, Pyramid]:
        """Return each task's pyramid."""
        shared: Pyramid = self.encoder(image)
        size = shared[self._first][0, 0].numel()
        if size > self._tokens:
            raise MedmtlError(f"tokens: attention is over at most {self._tokens} voxels. Found {size}; lower levels.")
        own = {task: project(shared[self._first :]) for task, project in self.projections.items()}
        return {task: (*shared[: self._first], *self._exchanged(task, own)) for task in self._tasks}

    def _exchanged(self, task: str, own: dict[str, Pyramid]) -> Pyramid:
        found: Pyramid = self.lookups[task](own[task], [own[name] for name in self._tasks if name != task])
        return found


class _Projections(nn.Module):
    """One task's own view of the deepest maps: at first the maps themselves."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.levels = nn.ModuleList(nn.Conv3d(own, own, 1, bias=False) for own in channels)
        for level in self.levels:
            nn.init.zeros_(level.weight)  # type: ignore[arg-type]  # a ModuleList forgets what it holds

    def forward(self, maps: Pyramid) -> Pyramid:
        return tuple(level + project(level) for level, project in zip(maps, self.levels, strict=True))


class _Lookups(nn.Module):
    """One task's attention to the other tasks' maps, level by level."""

    def __init__(self, channels: Sequence[int], width: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList(_Lookup(own, width) for own in channels)

    def forward(self, own: Pyramid, others: Sequence[Pyramid]) -> Pyramid:
        return tuple(
            lookup(maps, [other[index] for other in others])
            for index, (lookup, maps) in enumerate(zip(self.levels, own, strict=True))
        )


class _Lookup(nn.Module):
    """One task's attention to the other tasks' maps of one level."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.query, self.key = nn.Conv3d(channels, width, 1), nn.Conv3d(channels, width, 1)
        self.factor = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: Tensor, others: Sequence[Tensor]) -> Tensor:
        """Return the maps [B, C, D, H, W] with what was found in the others added."""
        for other in others:
            query, key, value = (_as_tokens(part) for part in (self.query(maps), self.key(other), other))
            found = nn.functional.scaled_dot_product_attention(query, key, value)
            maps = maps + self.factor[:, None, None, None] * found.transpose(1, 2).reshape(other.shape)
        return maps


def _as_tokens(maps: Tensor) -> Tensor:
    return maps.flatten(2).transpose(1, 2)
