"""The nouns of tensors: what the network sees and learns from. B cases, C channels, D x H x W voxels (z, y, x)."""

from typing import NamedTuple

from torch import Tensor


class Survival(NamedTuple):
    """Outcomes of a batch for one endpoint. Where `known` is False, `time_days` and `event` mean nothing."""

    time_days: Tensor  # [B] float32, days
    event: Tensor  # [B] bool, True = observed
    known: Tensor  # [B] bool


class Label(NamedTuple):
    """A clinical column of a batch as something to learn. Where `known` is False, `value` means nothing."""

    value: Tensor  # [B] float32: the place of the level, or the number
    known: Tensor  # [B] bool


class Inputs(NamedTuple):
    """What a network may look at."""

    image: Tensor  # [B, 2, D, H, W] float32: normalised PET, normalised CT
    clinical: Tensor  # [B, K] float32, encoded and scaled by the training fold


class Batch(NamedTuple):
    """A batch of cases: inputs and whatever is known of their labels."""

    case_ids: list[str]
    inputs: Inputs
    mask: Tensor  # [B, D, H, W] int64 label values as classes, 0 = background
    mask_known: Tensor  # [B] bool
    survival: dict[str, Survival]  # by endpoint
    labels: dict[str, Label] = {}  # noqa: RUF012  by clinical column; `centre` is one, too


Pyramid = tuple[Tensor, ...]  # feature maps [B, C_i, D/2^i, H/2^i, W/2^i], finest first
