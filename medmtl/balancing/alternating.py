"""One task per step."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.random_weights import RandomWeights
from medmtl.errors import MedmtlError


class AlternatingTasks(RandomWeights):
    """One task is drawn at each step, with a probability proportional to its part to the power of `temperature`.

    Its loss is divided by that probability, so that the mean gradient is that of the sum. Parts are 1 unless given,
    such as the number of labelled cases. Source: Liu et al., Multi-task deep neural networks, ACL 2019; temperature
    sampling as in Arivazhagan et al., 2019 (arXiv 1907.05019).
    """

    def __init__(
        self,
        tasks: Sequence[str],
        parts: Mapping[str, float] | None = None,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(tasks, seed)
        given = parts or {}
        if set(given) - set(tasks) or any(part <= 0 for part in given.values()):
            raise MedmtlError(
                f"parts must be positive and name tasks of the network {list(tasks)}. Found {dict(given)}."
            )
        self.register_buffer("parts", torch.tensor([given.get(task, 1.0) for task in self.tasks]) ** temperature)

    def combine(self, values: Tensor, rows: Tensor) -> Tensor:
        """Return the drawn task's loss over its probability; only tasks that said something are drawn."""
        parts = self.get_buffer("parts")[rows]
        chance = parts / parts.sum()
        drawn = int(torch.multinomial(chance.cpu(), 1, generator=self.generator()))
        weights = torch.zeros_like(chance)
        weights[drawn] = 1 / chance[drawn]
        self.tell(weights, rows)
        return values[drawn] / chance[drawn]
