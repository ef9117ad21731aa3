"""The parameters of a network in groups, each with its rate."""

from typing import Any

from medmtl.errors import MedmtlError
from medmtl.network import MultiTaskNetwork
from medmtl.training.settings import TrainingSettings


def parameter_groups(network: MultiTaskNetwork, settings: TrainingSettings) -> list[dict[str, Any]]:
    """Return the optimiser's groups: all at one rate, but for the heads of tasks that have a factor of their own."""
    tasks = network.named_tasks()
    unknown = sorted(set(settings.task_rates) - set(tasks))
    if unknown:
        raise MedmtlError(f"training.task_rates must name tasks of the network {list(tasks)}. Found {unknown}.")
    own = {id(p) for name in settings.task_rates for p in tasks[name].parameters()}
    rest = [p for p in network.parameters() if id(p) not in own]
    groups = [(rest, 1.0)] + [(list(tasks[name].parameters()), factor) for name, factor in settings.task_rates.items()]
    return [
        {"params": params, "lr": settings.learning_rate * factor, "weight_decay": settings.weight_decay}
        for params, factor in groups
    ]
