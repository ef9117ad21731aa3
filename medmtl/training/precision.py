"""Chooses the number format that the hardware multiplies fast."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Literal

import torch

from medmtl.training.settings import TrainingSettings

Precision = Literal["32-true", "bf16-mixed"]


def choose_precision(settings: TrainingSettings) -> Precision:
    """Return the precision asked for; for `auto` bf16-mixed on a GPU or a CPU with bf16 matrix units, else 32-true."""
    if settings.precision != "auto":
        return settings.precision
    return "bf16-mixed" if _multiplies_bf16(choose_device(settings)) else "32-true"


def fast_arithmetic(settings: TrainingSettings) -> AbstractContextManager[object]:
    """Return the context in which a network predicts as it was trained."""
    mixed = choose_precision(settings) == "bf16-mixed"
    return torch.autocast(choose_device(settings).type, torch.bfloat16, enabled=mixed)


def choose_device(settings: TrainingSettings) -> torch.device:
    """Return the device: the GPU where there is one, unless the settings say otherwise."""
    gpu = settings.accelerator == "gpu" or (settings.accelerator == "auto" and torch.cuda.is_available())
    return torch.device("cuda" if gpu else "cpu")


def _multiplies_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    ask: Callable[[], Mapping[str, object]] = getattr(torch.cpu, "get_capabilities", dict)  # absent in old releases
    return bool(ask().get("amx_bf16", False))
