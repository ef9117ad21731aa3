"""A clinical column as a class to learn: HPV status, stage, body site."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from medmtl.losses.base import Loss
from medmtl.losses.label import ClassLoss, OrdinalLoss, known_rows
from medmtl.tasks.base import Gives, Known, Task, TaskContext
from medmtl.tasks.pooled import PooledHead, check_label
from medmtl.tensors import Batch, Inputs, Pyramid


class Classification(Task):
    """Probabilities of the levels of a clinical column, from the pooled pyramid.

    An `ordinal` one predicts cumulative probabilities with ordered thresholds. `auxiliary` classes only teach the
    shared part. Source: the body-site head of Liao and Luo, 2018 (arXiv 1812.03527); McCullagh, J R Stat Soc B 1980.
    """

    gives = Gives.NUMBERS

    def __init__(  # noqa: PLR0913, PLR0917  (the options of a member are its arguments)
        self,
        context: TaskContext,
        label: str,
        ordinal: bool = False,
        auxiliary: bool = True,
        hidden: int = 32,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        check_label(label, "Classification", context)
        self.labels, self.auxiliary = (label,), auxiliary
        self._label, self._count, self._ordinal = label, len(context.levels[label]), ordinal
        self.head = PooledHead(context.channels, 1 if ordinal else self._count, hidden, dropout)
        self.steps = nn.Parameter(torch.zeros(self._count - 1)) if ordinal else None

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return logits [B, K] of the classes, or [B, K - 1] of being above each level but the last."""
        found: Tensor = self.head(pyramid)
        if self.steps is None:
            return found
        return found - torch.nn.functional.softplus(self.steps).cumsum(dim=0)

    def read(self, prediction: Tensor) -> Tensor:
        """Return the probability [B, K] of each level."""
        if not self._ordinal:
            return prediction.float().softmax(dim=1)
        above = prediction.float().sigmoid()
        edges = [torch.ones_like(above[:, :1]), above, torch.zeros_like(above[:, :1])]
        return -torch.cat(edges, dim=1).diff(dim=1)

    def loss(self, known: Known) -> Loss:
        """Return the loss over the cases whose level is known."""
        if self._ordinal:
            return OrdinalLoss(self._label)
        return ClassLoss(self._label, self._count, known.labels.get(self._label, {}))

    def judge(self, reading: Tensor, batch: Batch) -> Tensor | None:
        """Return the probabilities and the true level."""
        if known_rows(self._label, batch) is None:
            return None
        return torch.cat([reading.float().cpu(), batch.labels[self._label].value.cpu()])

    def score(self, judged: Sequence[Tensor]) -> dict[str, float]:
        """Return the balanced accuracy: the mean over the levels that occur of the part that was found."""
        if not judged:
            return {}
        cases = torch.stack(list(judged))
        level = cases[:, -1].long()
        right = (cases[:, :-1].argmax(dim=1) == level).float()
        found = [right[level == place].mean() for place in sorted(set(level.tolist()))]
        return {"balanced_accuracy": float(torch.stack(found).mean())}
