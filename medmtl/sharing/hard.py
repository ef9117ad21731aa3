"""Hard sharing: one encoder, the same pyramid for every task."""

from collections.abc import Sequence

from torch import Tensor

from medmtl.encoders.base import Encoder
from medmtl.members import Member, build
from medmtl.sharing.base import Sharing
from medmtl.tensors import Pyramid


class HardSharing(Sharing):
    """Every task reads the one encoder. Source: Caruana, Multitask learning, Machine Learning 1997."""

    def __init__(self, encoder: Member, tasks: Sequence[str]) -> None:
        super().__init__()
        self.encoder = build(encoder, Encoder)  # type: ignore[type-abstract]  # the base is only checked against
        self.channels = self.encoder.channels
        self._tasks = tuple(tasks)

    def forward(self, image: Tensor) -> dict[str, Pyramid]:
        """Return one and the same pyramid for every task."""
        pyramid: Pyramid = self.encoder(image)
        return dict.fromkeys(self._tasks, pyramid)
