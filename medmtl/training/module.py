"""The LightningModule of joint training: task losses in, one step out."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import Cut, cut_pyramids
from medmtl.balancing.ranks import agreed
from medmtl.data.patch import Corner
from medmtl.errors import MedmtlError
from medmtl.losses.base import Loss, TaskLoss
from medmtl.network import MultiTaskNetwork
from medmtl.tensors import Batch
from medmtl.training.affinity import affinities
from medmtl.training.combinations import check_accumulation, check_balancer, check_sharpness, check_strategy
from medmtl.training.criterion import smoothed
from medmtl.training.groups import parameter_groups
from medmtl.training.probe import gradient_figures, shared_gradients
from medmtl.training.sam import SharpnessAware
from medmtl.training.second_look import Before, second_look
from medmtl.training.settings import TrainingSettings
from medmtl.training.validation import ValidationRound
from medmtl.training.validation_losses import ValidationLosses


class Plan(NamedTuple):
    """How the module is to train."""

    training: TrainingSettings
    patch: Corner
    seed: int


class JointModule(LightningModule):
    """Trains every task of the network at once; Lightning's automatic optimisation does the rest."""

    criterion: Tensor

    def __init__(
        self,
        network: MultiTaskNetwork,
        losses: Mapping[str, Loss],
        balancer: Balancer,
        plan: Plan,
    ) -> None:
        super().__init__()
        check_balancer(network, balancer)
        check_sharpness(balancer, plan.training)
        check_accumulation(balancer, plan.training)
        self.network = network
        self.losses = nn.ModuleDict(losses)
        self.balancer = balancer
        self._plan = plan
        self.averaged = _averaged(network, plan.training.ema) if plan.training.ema else None
        self._rounds = ValidationRound(network)
        self._steps = 0
        self._adversaries = tuple(name for name, task in network.named_tasks().items() if task.adversarial)
        self.register_buffer("criterion", torch.tensor(float("nan")))  # kept in checkpoints, so that it resumes

    def setup(self, stage: str) -> None:
        """Refuse what the trainer would do and the balancer cannot bear."""
        check_strategy(self.balancer, self.trainer.strategy)

    def on_train_epoch_start(self) -> None:
        """Draw the epoch's dropout from seed and epoch alone, so that a resumed run repeats an uninterrupted one."""
        self._steps = self.trainer.global_step
        torch.manual_seed(self._plan.seed * 1_000_003 + self.current_epoch)
        for name in self.balancer.stopped:
            self.network.tasks[name].eval()

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Leave the heads of stopped tasks out of the step: neither momentum nor decay moves them."""
        for name in self.balancer.stopped:
            for parameter in self.network.tasks[name].parameters():
                parameter.grad = None

    def on_train_epoch_end(self) -> None:
        """Let the balancer learn from the epoch."""
        self.balancer.end_epoch()

    def training_step(self, batch: Batch, batch_index: int) -> Tensor:
        """Return the balanced loss of the batch."""
        probed = self._probes(batch_index)
        if self.balancer.looks_again or probed:
            self._before_step = Before.now(self.losses)
        if probed:
            self._probe(batch)
        losses, cut = self._losses(batch, self.balancer.reads_gradients)
        total = self._total(losses, cut)
        if not bool(torch.isfinite(total)):
            raise MedmtlError(
                f"The loss must stay finite. Found {total.item()} at epoch {self.current_epoch} with cases "
                f"{batch.case_ids}. Lower training.learning_rate, or set training.precision to 32-true."
            )
        self._log_losses(total, losses, len(batch.case_ids))
        return total

    def on_train_batch_end(self, outputs: object, batch: Batch, batch_index: int) -> None:
        """Take the step into the mean weights, and show the balancer what it did to the losses of its batch."""
        stepped, self._steps = self.trainer.global_step != self._steps, self.trainer.global_step
        if self.averaged is not None and stepped:
            self.averaged.update_parameters(self.network)
        if self.balancer.look_due:
            self.balancer.look_again(self._again(batch))
        if self.trainer.is_last_batch:  # at the end of the epoch it would be told with the next one's figures
            figures = {f"sharing_{name}": value for name, value in self.network.sharing.figures().items()}
            self.log_dict(figures, on_step=False, on_epoch=True, batch_size=len(batch.case_ids))

    def _probes(self, batch_index: int) -> bool:
        every = self._plan.training.probe_every
        return every > 0 and batch_index % every == 0

    def _probe(self, batch: Batch) -> None:
        """Log how the tasks' gradients agree on this batch, and leave everything as it was."""
        with second_look(self.network, self.losses, self._before_step):
            told, cut = self._losses(batch, with_cut=True)
            losses = {name: loss for name, loss in told.items() if name not in self._adversaries}
            gradients = shared_gradients(losses, cut) if cut else {}
        before = {name: float(losses[name].value.detach()) for name in gradients}
        rate = float(self.trainer.optimizers[0].param_groups[0]["lr"])
        found = gradient_figures(gradients)
        found |= affinities(before, gradients, cut.shared if cut else (), rate, lambda: self._again(batch))
        self.log_dict(found, on_step=False, on_epoch=True, batch_size=len(batch.case_ids))

    def _again(self, batch: Batch) -> dict[str, TaskLoss]:
        """Return the losses of the batch as if nothing but the weights had changed since the step began."""
        with torch.no_grad(), second_look(self.network, self.losses, self._before_step):
            return self._losses(batch, with_cut=False)[0]

    def _losses(self, batch: Batch, with_cut: bool) -> tuple[dict[str, TaskLoss], Cut | None]:
        """Return every task's loss, computed behind a cut where gradients are to be looked at."""
        pyramids, cut = self.network.encode(batch.inputs), None
        if with_cut:
            cut, behind = cut_pyramids(pyramids, self.network.sharing, self.network.tasks)
            pyramids |= {name: behind[name] for name in behind if name not in self._adversaries}
        predictions = self.network.answer(pyramids, batch.inputs)
        return agreed({name: self.losses[name](predictions[name], batch) for name in predictions}), cut

    def _total(self, losses: Mapping[str, TaskLoss], cut: Cut | None) -> Tensor:
        """Return what is descended: the balanced losses, and beside them what no balancer may weigh."""
        balanced = {name: loss for name, loss in losses.items() if name not in self._adversaries}
        total: Tensor = self.balancer(balanced) if cut is None else self.balancer(balanced, cut)
        for name in self._adversaries:
            total = total + losses[name].value
        penalty: Tensor = self.network.sharing.penalty()
        return total + penalty.to(total.device)

    def on_validation_epoch_start(self) -> None:
        """Forget the last validation."""
        averaged = None if self.averaged is None else self.averaged.module
        network = averaged if isinstance(averaged, MultiTaskNetwork) else self.network
        self._rounds, self._unseen = ValidationRound(network), ValidationLosses(network, self.losses)

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """Keep what the network makes of one case."""
        self._rounds.add(batch, self._plan.patch)
        if self.balancer.wants_validation:
            self._unseen.add(batch, self._plan.patch)

    def on_validation_epoch_end(self) -> None:
        """Log the figures of the validation and the joint criterion, smoothed over validations."""
        found = self._rounds.figures(self._plan.training.survival_weight)
        if "validate_criterion" in found:
            self.criterion = smoothed(self.criterion, found["validate_criterion"])
            found["validate_criterion"] = float(self.criterion)
        if self.balancer.wants_validation:
            unseen = self._unseen.figures()
            self.balancer.see_validation(unseen)
            found |= {f"validate_loss_{name}": value for name, value in unseen.items()}
        self.log_dict(found)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return AdamW under one cycle of the learning rate; what a balancer learns does not decay."""
        rate, decay = self._plan.training.learning_rate, self._plan.training.weight_decay
        groups = parameter_groups(self.network, self._plan.training) + [
            {"params": list(part.parameters()), "weight_decay": part_decay, "lr": rate}
            for part, part_decay in ((self.losses, decay), (self.balancer, 0.0))
        ]
        groups = [group for group in groups if group["params"]]
        rho = self._plan.training.sharpness
        optimiser = SharpnessAware(groups, rho, lr=rate) if rho else torch.optim.AdamW(groups, lr=rate)
        steps = max(10, int(self.trainer.estimated_stepping_batches))
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, [group["lr"] for group in groups], total_steps=steps + 1, pct_start=0.1
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}

    def _log_losses(self, total: Tensor, losses: Mapping[str, TaskLoss], size: int) -> None:
        active = {f"train_{name}": loss.value.detach() for name, loss in losses.items() if loss.active}
        weights = {f"weight_{name}": weight for name, weight in self.balancer.weights.items()}
        told: dict[str, Tensor | float] = {"train_loss": total.detach(), **active, **weights}
        self.log_dict(told, on_step=False, on_epoch=True, batch_size=size)


def _averaged(network: MultiTaskNetwork, decay: float) -> AveragedModel:
    """Return a running mean of the network's weights and running figures; it is in the checkpoints."""
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)  # type: ignore[no-untyped-call]
    return averaged.requires_grad_(False)
