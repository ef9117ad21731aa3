"""The multi-task network: encode once, then ask each task in turn."""

import keyword
from collections.abc import Collection, Mapping
from itertools import combinations, permutations

import torch
from torch import Tensor, nn

from medmtl.encoders.running import running_figures_kept
from medmtl.errors import MedmtlError
from medmtl.members import build
from medmtl.network_settings import NetworkSettings
from medmtl.sharing.base import Sharing
from medmtl.tasks.base import Gives, Task, TaskContext
from medmtl.tensors import Inputs, Pyramid


class MultiTaskNetwork(nn.Module):
    """Shares one encoder among tasks; a task may read what the earlier ones found; survival means its `endpoint`."""

    endpoint: str | None

    def __init__(self, sharing: Sharing, tasks: Mapping[str, Task], endpoint: str | None) -> None:
        super().__init__()
        check_names(tuple(tasks))
        _check_order(tasks)
        _check_hidden(tasks)
        _check_apart(sharing, tasks)
        self.endpoint = endpoint
        self.sharing = sharing
        self.tasks = nn.ModuleDict(tasks)

    def forward(self, inputs: Inputs, ask: Collection[str] | None = None) -> dict[str, Tensor]:
        """Return the predictions by task.

        Those asked for and those they read; without `ask` every task in training, else all but the auxiliary.
        """
        return self.answer(self.encode(inputs, ask), inputs, ask)

    def encode(self, inputs: Inputs, ask: Collection[str] | None = None) -> dict[str, Pyramid]:
        """Return what the shared part makes of the images, by task; see `forward`.

        A task that hides channels has it from a pass without them. The pass over all of the images is the last one: it
        is what the sharing's penalty and the batch norms' running figures are of.
        """
        tasks, asked = self.named_tasks(), self._asked(ask)
        hiding = {name: tasks[name].hides for name in tasks if name in asked and tasks[name].hides}
        with running_figures_kept(self.sharing):
            blinded = {hides: self._shared(_without(inputs, hides)) for hides in sorted(set(hiding.values()))}
        return self._shared(inputs) | {name: blinded[hides][name] for name, hides in hiding.items()}

    def answer(
        self, pyramids: Mapping[str, Pyramid], inputs: Inputs, ask: Collection[str] | None = None
    ) -> dict[str, Tensor]:
        """Return what the tasks make of their pyramids; see `forward`."""
        asked = self._asked(ask)
        predictions: dict[str, Tensor] = {}
        readings: dict[str, Tensor] = {}
        for name, task in self.named_tasks().items():
            if name in asked:
                predictions[name] = task(pyramids[name], _without(inputs, task.hides), readings)
                readings[name] = task.read(predictions[name])
        return predictions

    def named_tasks(self) -> dict[str, Task]:
        """Return the tasks by name, in order."""
        return {name: task for name, task in self.tasks.items() if isinstance(task, Task)}

    @property
    def dense_tasks(self) -> tuple[str, ...]:
        """The names of the tasks that give a map at inference."""
        asked = self._with_read(self._main_tasks())
        return tuple(name for name, task in self.named_tasks().items() if name in asked and task.dense)

    @property
    def mask_task(self) -> str:
        """The name of the first task that gives the mask."""
        return next(name for name, task in self.named_tasks().items() if task.gives == Gives.MASK)

    @property
    def risk_task(self) -> str | None:
        """The name of the first task that gives the log hazard of the network's endpoint."""
        found = (name for name, task in self.named_tasks().items() if task.gives == Gives.LOG_HAZARD)
        return next((name for name in found if self.named_tasks()[name].endpoint == self.endpoint), None)

    def _shared(self, inputs: Inputs) -> dict[str, Pyramid]:
        pyramids: dict[str, Pyramid] = self.sharing(inputs.image.contiguous(memory_format=torch.channels_last_3d))
        return pyramids

    def _asked(self, ask: Collection[str] | None) -> set[str]:
        if ask is not None:
            return self._with_read(ask)
        return set(self.named_tasks()) if self.training else self._with_read(self._main_tasks())

    def _main_tasks(self) -> list[str]:
        return [name for name, task in self.named_tasks().items() if not task.auxiliary]

    def _with_read(self, names: Collection[str]) -> set[str]:
        """Return the names and those of the earlier tasks that they read."""
        found = set(names)
        for name, task in reversed(self.named_tasks().items()):
            found |= set(task.reads) if name in found else set()
        return found


def build_network(
    settings: NetworkSettings,
    clinical: int,
    classes: int,
    endpoint: str | None,
    levels: Mapping[str, tuple[str, ...]] | None = None,
) -> MultiTaskNetwork:
    """Build the network for this many encoded clinical values and mask classes (background included).

    `levels` are those of every label that a task may learn, () where it is a number.
    """
    check_names(tuple(settings.tasks))
    sharing = build(settings.sharing, Sharing, settings.encoder, tuple(settings.tasks))  # type: ignore[type-abstract]
    context = TaskContext(sharing.channels, clinical, classes, endpoint, levels or {})
    tasks = {name: build(member, Task, context) for name, member in settings.tasks.items()}  # type: ignore[type-abstract]
    network = MultiTaskNetwork(sharing, tasks, endpoint)
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # the stub knows only 2D images
    return network


def check_network(network: MultiTaskNetwork, patch: tuple[int, int, int]) -> None:
    """Raise MedmtlError where the encoder cannot halve the patch as often as it must."""
    step = 2 ** (len(network.sharing.channels) - 1)
    if any(edge % step for edge in patch):
        raise MedmtlError(f"data.patch must be multiples of {step}, as the encoder halves it. Found {patch}.")


def check_gives_mask(network: MultiTaskNetwork) -> None:
    """Raise MedmtlError where no task finds the tumour, as a run needs."""
    if not any(task.gives == Gives.MASK for task in network.named_tasks().values()):
        raise MedmtlError("network.tasks must hold a task that gives the mask: volume and radiomics come from it.")


def check_names(names: tuple[str, ...]) -> None:
    """Raise MedmtlError where a task's name is no identifier, or cannot be told from another's in files and logs."""
    for name in names:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise MedmtlError(f"A task's name must be an identifier: letters, digits and _. Found {name!r}.")
        if hasattr(nn.ModuleDict, name) or hasattr(nn.ModuleDict(), name) or name in _TAKEN:
            raise MedmtlError(f"A task may not be called {name}, which is taken; give it another name.")
    for one, other in combinations(names, 2):
        if one.lower() == other.lower():
            raise MedmtlError(f"Tasks must differ in more than their capitals. Found {one} and {other}.")
    pairs = ["_".join(pair) for pair in permutations(names, 2)]
    twice = sorted({pair for pair in pairs if pairs.count(pair) > 1})
    if twice:
        raise MedmtlError(f"Pairs of tasks must be told apart in metrics.csv. Found two pairs that read {twice[0]}.")


def _check_apart(sharing: Sharing, tasks: Mapping[str, Task]) -> None:
    """Raise MedmtlError where a head, or a weight of it, is of two tasks, or of the shared part too."""
    owner: dict[int, str] = {id(parameter): "the shared part" for parameter in sharing.parameters()}
    for name, task in tasks.items():
        for held in (task, *task.parameters()):
            if id(held) in owner:
                raise MedmtlError(f"Task {name} must have a head of its own. Found it in {owner[id(held)]} as well.")
        owner |= {id(held): f"task {name}" for held in (task, *task.parameters())}


_TAKEN = frozenset({"loss"})  # train_loss and validate_loss are the total's


def _without(inputs: Inputs, hides: tuple[int, ...]) -> Inputs:
    """Return the inputs with these channels of the image 0: no uptake in a PET."""
    if not hides:
        return inputs
    return inputs._replace(image=inputs.image.index_fill(1, torch.tensor(hides, device=inputs.image.device), 0.0))


def _check_hidden(tasks: Mapping[str, Task]) -> None:
    """Raise MedmtlError where a task hides what is not there, or would see what it hides in another's reading."""
    for name, task in tasks.items():
        if not set(task.hides) < {0, 1}:
            raise MedmtlError(f"Task {name} must hide PET (0) or CT (1), not both. Found {task.hides}.")
        if task.hides and task.reads:
            raise MedmtlError(f"Task {name} hides a channel, so it must read no task: {task.reads[0]} has seen it.")


def _check_order(tasks: Mapping[str, Task]) -> None:
    names = list(tasks)
    for place, (name, task) in enumerate(tasks.items()):
        late = [read for read in task.reads if read not in names[:place]]
        if late:
            raise MedmtlError(f"Task {name} must read tasks named before it {names[:place]}. Found {late}.")
        other = [f"{read}, which gives {tasks[read].gives}" for read in task.reads if tasks[read].gives != task.needs]
        if task.needs is not None and other:
            raise MedmtlError(f"Task {name} must read a task that gives {task.needs}. Found {', '.join(other)}.")
