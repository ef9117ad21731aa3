"""What tasks that read the pooled pyramid have in common."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medmtl.errors import MedmtlError
from medmtl.tasks.base import TaskContext
from medmtl.tensors import Pyramid


class PooledHead(nn.Module):
    """Numbers [B, outputs] from the spatial means of every level, through one hidden layer with dropout."""

    def __init__(self, channels: Sequence[int], outputs: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(sum(channels), hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, outputs)
        )

    def forward(self, pyramid: Pyramid) -> Tensor:
        """Return the numbers, float32."""
        pooled = torch.cat([maps.float().mean(dim=(2, 3, 4)) for maps in pyramid], dim=1)
        with torch.autocast(pooled.device.type, enabled=False):
            found: Tensor = self.layers(pooled)
        return found


def check_label(label: str, task: str, context: TaskContext, number: bool = False) -> None:
    """Raise MedmtlError unless the label is one to learn: a number, or at least two levels."""
    levels = context.levels
    fit = sorted(name for name in levels if (not levels[name] if number else len(levels[name]) > 1))
    if label not in fit:
        raise MedmtlError(
            f"{task}: label must be a {'numeric' if number else 'nominal or ordinal'} clinical column that is not "
            "predicted from (schema.yaml, `predictor: false`, or `predictors` of the experiment), or `centre`. "
            f"Found {label!r}; there are {fit or 'none'}."
        )
