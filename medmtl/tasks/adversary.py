"""What must not be told: a head that looks for it, and a shared part that learns to hide it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from medmtl.losses.base import Loss
from medmtl.losses.label import ClassLoss
from medmtl.tasks.base import Gives, Known, Task, TaskContext
from medmtl.tasks.pooled import PooledHead, check_label
from medmtl.tensors import Inputs, Pyramid


class Adversary(Task):
    """Predicts a label, `centre` unless told otherwise, while the gradient that it sends back is reversed.

    The reversed gradient is `strength` times the ramp 2 / (1 + exp(-10 p)) - 1, where p grows from 0 to 1 over `steps`
    batches. Source: Shinohara, Adversarial multi-task learning, Interspeech 2016; Ganin and Lempitsky, ICML 2015.
    """

    gives = Gives.NUMBERS
    auxiliary = True
    adversarial = True
    step: Tensor

    def __init__(  # noqa: PLR0913, PLR0917  (the options of a member are its arguments)
        self,
        context: TaskContext,
        label: str = "centre",
        strength: float = 0.1,
        steps: int = 500,
        hidden: int = 32,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_label(label, "Adversary", context)
        self.labels, self._label = (label,), label
        self._count, self._strength, self._steps = len(context.levels[label]), strength, steps
        self.head = PooledHead(context.channels, self._count, hidden, dropout)
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return logits [B, K]; the pyramid receives the reversed gradient."""
        progress = torch.clamp(self.step / max(1, self._steps), max=1.0)
        factor = self._strength * float(2 / (1 + torch.exp(-10 * progress)) - 1)
        if self.training:
            self.step += 1
        found: Tensor = self.head(tuple(_reverse(maps, factor) for maps in pyramid))
        return found

    def read(self, prediction: Tensor) -> Tensor:
        """Return the probability [B, K] of each level."""
        return prediction.float().softmax(dim=1)

    def loss(self, known: Known) -> Loss:
        """Return the cross entropy over the cases whose level is known."""
        return ClassLoss(self._label, self._count, known.labels.get(self._label, {}))


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, maps: Tensor, factor: float) -> Tensor:
        context.factor = factor
        return maps.view_as(maps)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -context.factor * gradients[0], None


def _reverse(maps: Tensor, factor: float) -> Tensor:
    found: Tensor = _Reversal.apply(maps, factor)  # type: ignore[no-untyped-call]
    return found
