"""What cannot be learned together is refused before anything is trained, with the reason."""

from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.nn.modules.batchnorm import SyncBatchNorm, _BatchNorm

from medmtl.balancing.base import Balancer
from medmtl.balancing.seeded import Draws
from medmtl.data.settings import DataSettings
from medmtl.errors import MedmtlError
from medmtl.losses.base import Loss
from medmtl.network import MultiTaskNetwork
from medmtl.training.settings import TrainingSettings

_WHOLE = ("SingleDeviceStrategy", "DDPStrategy")  # of Lightning: every process holds every parameter


def check_batches(network: nn.Module, data: DataSettings, training: TrainingSettings) -> None:
    """Raise MedmtlError where batches cannot be shared out, or batch norm would see one case at a time."""
    size, ranks = data.batch_size, training.devices
    if size % ranks:
        raise MedmtlError(f"data.batch_size must be a multiple of training.devices, {ranks}. Found {size}.")
    norms = [m for m in network.modules() if isinstance(m, _BatchNorm) and not isinstance(m, SyncBatchNorm)]
    if norms and size // ranks < 2:
        raise MedmtlError(
            f"data.batch_size must give every process 2 cases or more: the network has {len(norms)} batch norms, whose "
            f"figures of one case are not those of the running means it predicts with. Found {size} on {ranks}."
        )


def check_balancer(network: nn.Module, balancer: Balancer) -> None:
    """Raise MedmtlError where a method that asks for a gradient per task is to work on compiled or split modules."""
    if not balancer.reads_gradients:
        return
    for name, module in network.named_modules():
        if module.__dict__.get("_compiled_call_impl") is not None or hasattr(module, "_orig_mod"):
            raise MedmtlError(
                f"{type(balancer).__name__} walks back from every task by itself, which torch.compile frees the graph "
                f"for once only. Found {name or 'the network'} compiled; leave it be, or take a balancer of losses."
            )
        if isinstance(module, FullyShardedDataParallel):
            raise MedmtlError(_SPLIT.format(type(balancer).__name__, "FullyShardedDataParallel"))


def check_accumulation(balancer: Balancer, training: TrainingSettings) -> None:
    """Raise MedmtlError where a step is made of several batches and something asks what the step did to one batch."""
    if training.accumulate == 1:
        return
    if balancer.looks_again or training.sharpness:
        asks = type(balancer).__name__ if balancer.looks_again else "training.sharpness"
        raise MedmtlError(
            f"{asks} computes the losses of a step's batch twice, and a step of training.accumulate "
            f"{training.accumulate} has many. Set training.accumulate to 1, or leave {asks} out."
        )


def check_sharpness(balancer: Balancer, training: TrainingSettings) -> None:
    """Raise MedmtlError where a balancer would see other weights, or draw anew, in the second half of a step."""
    if training.sharpness and any(isinstance(part, Draws) for part in balancer.modules()):
        raise MedmtlError(
            f"{_deepest(balancer)} draws anew for every loss it is given, and training.sharpness computes two in a "
            "step: it would climb by one draw and descend by another. Set sharpness to 0, or take another balancer."
        )
    if training.sharpness and balancer.looks_again:
        raise MedmtlError(
            f"{_deepest(balancer)} compares a batch's losses before and after the step. With training.sharpness the "
            f"losses before are those of other weights. Found sharpness {training.sharpness}; set it to 0, or take "
            "another balancer."
        )


def _deepest(balancer: Balancer) -> str:
    within = getattr(balancer, "then", None)
    return _deepest(within) if isinstance(within, Balancer) else type(balancer).__name__


def check_strategy(balancer: Balancer, strategy: object) -> None:
    """Raise MedmtlError where a method that asks for a gradient per task is to work on parameters that are split."""
    known = {kind.__name__ for kind in type(strategy).__mro__}
    if balancer.reads_gradients and known.isdisjoint(_WHOLE):
        raise MedmtlError(_SPLIT.format(type(balancer).__name__, type(strategy).__name__))


def check_stopping(network: MultiTaskNetwork, balancer: Balancer, losses: nn.ModuleDict, validation: int) -> None:
    """Raise MedmtlError where a task is to be stopped by validation losses that cannot be had."""
    if not balancer.wants_validation:
        return
    if validation == 0:
        raise MedmtlError("Task-wise stopping needs validation cases. Found none; set folds.validate_fraction above 0.")
    for name in sorted(balancer.may_stop & set(network.named_tasks())):
        loss = losses[name]
        if isinstance(loss, Loss) and not loss.comparable:
            raise MedmtlError(
                f"Task {name}: its loss must have the same units on unseen cases to be stopped by. Found "
                f"{type(loss).__name__}, which grows with the batch; take likelihood cox."
            )


_SPLIT = (
    "{} needs every parameter of the shared part whole in each process, for one gradient per task. Found {}, which "
    "splits them; train by DDP, or take a balancer of losses."
)
