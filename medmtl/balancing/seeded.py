"""What the methods that draw at random have in common."""

from abc import ABC
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medmtl.balancing.gradient import GradientBalancer
from medmtl.errors import MedmtlError


class Draws(nn.Module):
    """Seeds that follow from `seed` and the step alone, so that ranks agree and a resumed training repeats itself."""

    step: Tensor

    def __init__(self, seed: int) -> None:
        super().__init__()
        if seed < 0:
            raise MedmtlError(f"seed must be 0 or more. Found {seed}.")
        self._seed = seed
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))

    def next_seed(self) -> int:
        """Return the seed of this step, and count it."""
        self.step += 1
        return self._seed * 1_000_003 + int(self.step)


class SeededBalancer(GradientBalancer, ABC):
    """Draws anew at every step."""

    def __init__(self, tasks: Sequence[str], seed: int = 0) -> None:
        super().__init__(tasks)
        self.draws = Draws(seed)
