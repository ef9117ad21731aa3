"""Each auxiliary task is taught for as long as that is worth while, then stopped."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import Cut
from medmtl.errors import MedmtlError
from medmtl.losses.base import TaskLoss
from medmtl.members import Member, build

_SUM: Member = {"class_path": "medmtl.balancing.weighted_sum.WeightedSum"}
_TINY = 1e-8


class TaskwiseStopping(Balancer):
    """Stops a task of `may_stop` at the end of the first validated epoch whose `overfitting` is above the threshold.

    A stopped task has weight 0 for good and its head stays as it is; the others go on as the balancer `then` says. The
    first epoch is not counted, as a Cox bank is still filling then. Larger `importance` keeps a task longer. Once a
    training loss is flat, the first factor is `window`: the threshold over `window` is then the part by which the
    validation loss may exceed the least training loss. Source: after Zhang et al., Facial landmark detection by deep
    multi-task learning, ECCV 2014, whose criterion is taken at second hand; window and threshold are our choice.
    """

    wants_validation = True
    recent: Tensor  # [T, window + 1] training losses of the last epochs, oldest first; NaN before
    least: Tensor  # [T] least training loss of an epoch so far; infinite before
    validated: Tensor  # [T] validation losses of this epoch; NaN where there are none
    seen: Tensor  # [2, T] sum and number of this epoch's training losses
    halted: Tensor  # [T] bool
    begun: Tensor  # whether the first epoch is over

    def __init__(  # noqa: PLR0913, PLR0917  (the options of a member are its arguments)
        self,
        tasks: Sequence[str],
        may_stop: Sequence[str],
        window: int = 5,
        threshold: float = 2.5,
        importance: Mapping[str, float] | None = None,
        then: Member | None = None,
    ) -> None:
        super().__init__()
        self.tasks, self._threshold, self._importance = tuple(tasks), threshold, dict(importance or {})
        self.may_stop = frozenset(may_stop)
        _check(self.tasks, self.may_stop, window, (threshold, *self._importance.values()))
        self.then = build(then or _SUM, Balancer, self.tasks)  # type: ignore[type-abstract]
        self.reads_gradients, self.looks_again = self.then.reads_gradients, self.then.looks_again
        count = len(self.tasks)
        self.register_buffer("recent", torch.full((count, window + 1), float("nan")))
        self.register_buffer("least", torch.full((count,), float("inf")))
        self.register_buffer("validated", torch.full((count,), float("nan")))
        self.register_buffer("seen", torch.zeros(2, count))
        self.register_buffer("halted", torch.zeros(count, dtype=torch.bool))
        self.register_buffer("begun", torch.zeros((), dtype=torch.bool))

    @property
    def look_due(self) -> bool:
        """Whether the balancer looks at this step again."""
        return self.then.look_due

    @property
    def stopped(self) -> frozenset[str]:
        """The tasks that are stopped."""
        return frozenset(name for name, halted in zip(self.tasks, self.halted.tolist(), strict=True) if halted)

    def forward(self, losses: Mapping[str, TaskLoss], cut: Cut | None = None) -> Tensor:
        """Return what the balancer makes of the tasks that go on; the stopped ones are silent."""
        for row, name in enumerate(self.tasks):
            if name in losses and losses[name].active:
                self.seen[:, row] += torch.stack([losses[name].value.detach().float(), self.seen.new_ones(())])
        taught = self._taught(losses)
        total: Tensor = self.then(taught, cut) if self.reads_gradients else self.then(taught)
        self.weights = self.then.weights | dict.fromkeys(self.stopped, 0.0)
        return total

    def look_again(self, losses: Mapping[str, TaskLoss]) -> None:
        """Show the balancer the tasks that go on."""
        self.then.look_again(self._taught(losses))

    def see_validation(self, losses: Mapping[str, float]) -> None:
        """Keep the validation losses until the epoch ends."""
        for row, name in enumerate(self.tasks):
            self.validated[row] = losses.get(name, float("nan"))

    def end_epoch(self) -> None:
        """Take in the epoch's training losses, and stop what is no longer worth while."""
        for row in self.seen[1].nonzero()[:, 0].tolist() if self.begun else []:
            mean = self.seen[0, row] / self.seen[1, row]
            self.recent[row] = torch.cat([self.recent[row, 1:], mean[None]])
            self.least[row] = torch.minimum(self.least[row], mean)
            self.halted[row] |= self._is_over(row)
        self.begun.fill_(True)
        self.seen.zero_()
        self.validated.fill_(float("nan"))
        self.then.end_epoch()

    def _is_over(self, row: int) -> bool:
        known = bool(self.recent[row].isfinite().all()) and bool(self.validated[row].isfinite())
        if not known or self.tasks[row] not in self.may_stop:
            return False
        importance = self._importance.get(self.tasks[row], 1.0)
        recent, least, validated = self.recent[row].tolist(), float(self.least[row]), float(self.validated[row])
        return overfitting(recent, least, validated) / importance > self._threshold

    def _taught(self, losses: Mapping[str, TaskLoss]) -> dict[str, TaskLoss]:
        silent = {name: TaskLoss(losses[name].value * 0.0, active=False) for name in losses if name in self.stopped}
        return dict(losses) | silent


def overfitting(recent: Sequence[float], least: float, validated: float) -> float:
    """Return how little a task is worth teaching on: the tendency of its training loss times its generalisation gap.

    Args:
        recent: training losses of k + 1 epochs, oldest first.
        least: the least training loss of all epochs.
        validated: the validation loss of the newest epoch, in the units of the training loss.

    With m the median of `recent`, the tendency is k m / (sum - k m): small where the loss falls fast from a height. It
    is 0, the published ratio being negative or without bound, where most of a fall is in the newest epochs. The gap
    is (validated - least) / least. Source: Zhang et al., ECCV 2014, eq. 5, with importance 1.
    """
    k, values = len(recent) - 1, torch.tensor(recent, dtype=torch.float64)
    middle = k * float(values.quantile(0.5))
    left = float(values.sum()) - middle
    tendency = middle / left if left > _TINY * middle else 0.0
    return tendency * (validated - least) / max(least, _TINY)


def _check(tasks: tuple[str, ...], may_stop: frozenset[str], window: int, positive: tuple[float, ...]) -> None:
    if not may_stop or not may_stop < set(tasks):
        raise MedmtlError(f"may_stop must name some of the tasks {list(tasks)}, not all. Found {sorted(may_stop)}.")
    if window < 1 or min(positive) <= 0:
        raise MedmtlError(
            f"window must be 1 epoch or more, threshold and importance positive. Found {window}, {positive}."
        )
