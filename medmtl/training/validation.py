"""One pass over the validation cases: what is remembered of each, and the figures made of it."""

from collections.abc import Mapping

from torch import Tensor

from medmtl.data.patch import Corner
from medmtl.evaluation.overlap import dice
from medmtl.network import MultiTaskNetwork
from medmtl.records import Endpoint
from medmtl.tensors import Batch
from medmtl.training.criterion import Validation, summarise
from medmtl.volume import read_volume


class ValidationRound:
    """Remembers the cases of one validation; every task but the auxiliary maps is asked."""

    def __init__(self, network: MultiTaskNetwork) -> None:
        self._network = network
        tasks = network.named_tasks()
        self._asked = tuple(name for name, task in tasks.items() if not (task.auxiliary and task.dense))
        self._cases: list[Validation] = []
        self._judged: dict[str, list[Tensor]] = {name: [] for name in self._asked}

    def add(self, batch: Batch, patch: Corner) -> None:
        """Remember what the network makes of one case."""
        readings = read_volume(self._network, batch.inputs, patch, ask=self._asked)
        found = _dice_of(self._network, readings, batch)
        self._cases.append(Validation(found, *_survival_of(self._network, readings, batch)))
        for name in self._asked:
            judged = self._network.named_tasks()[name].judge(readings[name], batch)
            self._judged[name] += [] if judged is None else [judged.cpu()]

    def figures(self, survival_weight: float) -> dict[str, float]:
        """Return the figures by name, with the joint criterion where labels give one."""
        tasks = self._network.named_tasks()
        scores = {name: tasks[name].score(judged) for name, judged in self._judged.items()}
        told = {f"validate_{name}_{key}": value for name, found in scores.items() for key, value in found.items()}
        return summarise(self._cases, survival_weight) | told


def _dice_of(network: MultiTaskNetwork, readings: Mapping[str, Tensor], batch: Batch) -> float | None:
    if not (network.dense_tasks and bool(batch.mask_known.all())):
        return None
    found = readings[network.mask_task].argmax(dim=0) > 0
    return dice(found.cpu().numpy(), (batch.mask[0] > 0).cpu().numpy())


def _survival_of(
    network: MultiTaskNetwork, readings: Mapping[str, Tensor], batch: Batch
) -> tuple[float | None, Endpoint | None]:
    outcomes = None if network.endpoint is None else batch.survival.get(network.endpoint)
    if network.risk_task is None or outcomes is None or not bool(outcomes.known.all()):
        return None, None
    return float(readings[network.risk_task]), Endpoint(float(outcomes.time_days), bool(outcomes.event))
