"""What a task is: a head on the shared pyramid, and the loss that teaches it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor, nn

from medmtl.losses.base import Loss
from medmtl.records import Endpoint
from medmtl.tensors import Inputs, Pyramid


class TaskContext(NamedTuple):
    """What the program tells a head about the network it joins."""

    channels: tuple[int, ...]  # of the pyramid, finest first
    clinical: int  # encoded clinical values
    classes: int  # of the mask, background included
    endpoint: str


class Task(nn.Module, ABC):
    """One thing to predict. `reads` names the earlier tasks whose readings it looks at; a dense task gives a map."""

    dense: bool = False
    reads: tuple[str, ...] = ()

    @abstractmethod
    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return the prediction that the loss is taken of: logits [B, classes, D, H, W], or a log hazard [B]."""

    @abstractmethod
    def read(self, prediction: Tensor) -> Tensor:
        """Return what the prediction means, float32: probabilities of a map, the log hazard itself."""

    @abstractmethod
    def loss(self, outcomes: Mapping[str, Endpoint]) -> Loss:
        """Return the task's loss, given the known outcomes of the training cases."""
