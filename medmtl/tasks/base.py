"""What a task is: a head on the shared pyramid, the loss that teaches it, and how well it does."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import torch
from torch import Tensor, nn

from medmtl.errors import MedmtlError
from medmtl.losses.base import Loss
from medmtl.records import Endpoint
from medmtl.tensors import Batch, Inputs, Pyramid


class Gives(StrEnum):
    """What a task's reading is to the rest of the program."""

    MASK = "mask"  # probabilities of the labels [B, classes, D, H, W]: masks and radiomics come from them
    LOG_HAZARD = "log_hazard"  # [B], larger = sooner, of the task's endpoint
    MAP = "map"  # any other map [B, C, D, H, W]
    NUMBERS = "numbers"  # any other numbers [B, K]


class TaskContext(NamedTuple):
    """What the program tells a head about the network it joins."""

    channels: tuple[int, ...]  # of the pyramid, finest first
    clinical: int  # encoded clinical values
    classes: int  # of the mask, background included
    endpoint: str | None  # the one that the experiment is about; None where it learns masks alone
    levels: Mapping[str, tuple[str, ...]] = {}

    def endpoint_of(self, own: str | None) -> str:
        """Return a survival task's own endpoint, else the experiment's; raise MedmtlError where that has none."""
        if self.endpoint is None:
            raise MedmtlError(
                "a survival task must have an endpoint. The experiment has none (endpoint: null), and learns masks "
                "alone; take the task out of network.tasks, as in configs/hecktor2020.yaml, or name the endpoint."
            )
        return self.endpoint if own is None else own


class Known(NamedTuple):
    """What is known of the training cases, by what it is of and then by case id."""

    endpoints: Mapping[str, Mapping[str, Endpoint]] = {}
    labels: Mapping[str, Mapping[str, float]] = {}


class Task(nn.Module, ABC):
    """One thing to predict.

    `reads` names the earlier tasks whose readings it looks at, and `needs` what these must give, if it matters. An
    `auxiliary` task teaches the shared part and is not asked at inference, unless another reads it. `labels` names the
    clinical columns that it learns, which no task may then look at. An `adversarial` task descends its own loss outside
    the balancer: what it sends back is reversed. `hides` are the channels of the image (0 PET, 1 CT) that it must not
    see: the shared part looks at the image once more without them, for this task alone, and the task finds them blank
    in its inputs.
    """

    gives: Gives = Gives.NUMBERS
    reads: tuple[str, ...] = ()
    needs: Gives | None = None
    labels: tuple[str, ...] = ()
    endpoint: str | None = None  # of a log hazard
    auxiliary: bool = False
    adversarial: bool = False
    hides: tuple[int, ...] = ()

    @property
    def dense(self) -> bool:
        """Whether the reading is a map over space."""
        return self.gives in {Gives.MASK, Gives.MAP}

    @abstractmethod
    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return the prediction that the loss is taken of, such as logits [B, classes, D, H, W]."""

    @abstractmethod
    def read(self, prediction: Tensor) -> Tensor:
        """Return what the prediction means, float32: probabilities of a map, the log hazard itself."""

    @abstractmethod
    def loss(self, known: Known) -> Loss:
        """Return the task's loss, given what is known of the training cases."""

    def judge(self, reading: Tensor, batch: Batch) -> Tensor | None:
        """Return what is to be remembered of a validated case for `score`; None where its label is not known."""
        return None

    def score(self, judged: Sequence[Tensor]) -> dict[str, float]:
        """Return the figures of the validation by name, from what was remembered of its cases."""
        return {"score": float(torch.stack(list(judged)).mean())} if judged else {}
