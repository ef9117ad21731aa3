"""Trains one fold, from wherever it was left, to `model.ckpt`."""

import json
import logging
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from torch import Tensor

from medmtl.balancing.build import build_balancer
from medmtl.cohort.clinical import ClinicalEncoder, fit_clinical
from medmtl.cohort.labels import Levels, known_endpoints, known_labels, levels_of
from medmtl.data.dataset import CaseDataset, TrainingDataset
from medmtl.data.module import FoldData
from medmtl.data.settings import DataSettings
from medmtl.members import Member
from medmtl.network import MultiTaskNetwork, build_network, check_network
from medmtl.network_settings import NetworkSettings
from medmtl.records import Case, Cohort, Fold
from medmtl.tasks.base import Known
from medmtl.tensors import Inputs
from medmtl.training.combinations import check_batches, check_stopping
from medmtl.training.criterion import Validation, summarise
from medmtl.training.init_from import init_from
from medmtl.training.module import JointModule, Plan
from medmtl.training.precision import choose_device, choose_precision, fast_arithmetic
from medmtl.training.progress import EpochLines, EpochTable
from medmtl.training.saved import ModelDocument, save_model
from medmtl.training.settings import TrainingSettings
from medmtl.volume import read_volume
from medmtl.whole_file import whole_file

_LOG = logging.getLogger(__name__)


class Recipe(NamedTuple):
    """What training needs of an experiment."""

    network: NetworkSettings
    balancer: Member
    data: DataSettings
    training: TrainingSettings
    classes: int  # of the mask, background included
    endpoint: str | None
    seed: int
    bar: bool = True  # where there is a terminal; of several trainings at once, none may have one


def train_fold(fold: Fold, cohort: Cohort, files: Mapping[str, Path], recipe: Recipe, folder: Path) -> Path:
    """Train on the fold's train cases, stop on its validate cases, and return `folder/model.ckpt`.

    A training that was killed goes on from its last whole epoch, to the same end; a finished one is left as it is.
    `files` are the prepared cases by id.
    """
    model = folder / "model.ckpt"
    if model.is_file():
        return model
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed + fold.index)
    train = cohort.select(fold.train).cases
    encoder = fit_clinical(train, cohort.columns)
    levels = levels_of(cohort.select(fold.train))
    network = build_network(recipe.network, len(encoder.names), recipe.classes, recipe.endpoint, levels)
    check_network(network, recipe.data.patch)
    check_batches(network, recipe.data, recipe.training)
    _begin_from(network, recipe.network.init_from, frozenset(fold.test), folder)
    validation = cohort.select(fold.validate).cases
    seen = TrainingDataset(train, files, encoder.transform(train), recipe.data, recipe.seed + fold.index, levels)
    unseen = CaseDataset(validation, files, encoder.transform(validation), levels)
    data = FoldData(seen, unseen, recipe.data, recipe.seed + fold.index)
    trainer = _trainer(recipe, folder, validated=_can_choose(network, validation, recipe))
    known = Known(known_endpoints(train), known_labels(train, levels))
    module = _module(network, known, recipe, fold)
    check_stopping(network, module.balancer, module.losses, len(validation))
    weights = _fit(module, data, trainer, folder)
    network.load_state_dict(weights)
    shown = CaseDataset(train, files, encoder.transform(train))
    document = _document(encoder, levels, fold, recipe, _mean_log_hazard(network.eval(), shown, recipe))
    save_model(weights, document, model)
    return model


def _begin_from(network: MultiTaskNetwork, path: Path | None, tested: frozenset[str], folder: Path) -> None:
    """Take over the weights of a stored model, and note which in `folder/init_from.json`."""
    if path is None:
        return
    taken = init_from(network, path, tested)
    _LOG.info("%s: %d tensors from %s, %d fresh", folder.name, len(taken.matched), path, len(taken.fresh))
    with whole_file(folder / "init_from.json") as partial:
        partial.write_text(json.dumps({"file": str(path), **taken._asdict()}, indent=1) + "\n", "utf-8")


def _module(network: MultiTaskNetwork, known: Known, recipe: Recipe, fold: Fold) -> JointModule:
    tasks = network.named_tasks()
    balancer = build_balancer(recipe.balancer, tasks)
    losses = {name: task.loss(known) for name, task in tasks.items()}
    return JointModule(network, losses, balancer, Plan(recipe.training, recipe.data.patch, recipe.seed + fold.index))


def _can_choose(network: MultiTaskNetwork, validation: Sequence[Case], recipe: Recipe) -> bool:
    """Return whether the labels of the validation cases give a criterion; if not, every epoch is trained."""
    risk = None if network.risk_task is None else 0.0
    labels = [Validation(0.0 if case.mask else None, risk, case.observed(recipe.endpoint)) for case in validation]
    return "validate_criterion" in summarise(labels, recipe.training.survival_weight)


def _fit(module: JointModule, data: FoldData, trainer: Trainer, folder: Path) -> dict[str, Tensor]:
    best, last = folder / "best.ckpt", folder / "last.ckpt"
    if last.is_file():
        _LOG.info("%s: goes on from its last epoch", folder.name)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pytorch_lightning")  # advice on workers and logging, no faults
        trainer.fit(module, data, ckpt_path=last if last.is_file() else None, weights_only=True)
    stored = torch.load(best if best.is_file() else last, map_location="cpu", weights_only=True)
    prefix = "network." if module.averaged is None else "averaged.module."
    return {key.removeprefix(prefix): value for key, value in stored["state_dict"].items() if key.startswith(prefix)}


def _trainer(recipe: Recipe, folder: Path, validated: bool) -> Trainer:
    settings = recipe.training
    return Trainer(
        max_epochs=settings.epochs,
        accelerator=settings.accelerator,
        devices=settings.devices,
        strategy="auto" if settings.devices == 1 else "ddp_spawn",
        sync_batchnorm=settings.devices > 1 and choose_device(settings).type == "cuda",
        precision=choose_precision(settings),
        gradient_clip_val=settings.clip,
        accumulate_grad_batches=settings.accumulate,
        check_val_every_n_epoch=settings.validate_every,
        callbacks=_callbacks(settings, folder, validated),
        default_root_dir=folder,
        logger=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        enable_model_summary=False,
        enable_progress_bar=recipe.bar and sys.stderr.isatty(),
    )


def _callbacks(settings: TrainingSettings, folder: Path, validated: bool) -> list[Callback]:
    told: list[Callback] = [EpochTable(folder / "metrics.csv"), EpochLines(folder.name)]
    newest = ModelCheckpoint(
        folder, filename="last", save_top_k=1, enable_version_counter=False, save_on_train_epoch_end=True
    )
    if not validated:
        return [*told, newest]
    watched = "validate_criterion"
    rounds = max(1, settings.patience // settings.validate_every)
    choose = ModelCheckpoint(folder, filename="best", monitor=watched, enable_version_counter=False)
    return [*told, EarlyStopping(watched, patience=rounds), choose, newest]


def _document(encoder: ClinicalEncoder, levels: Levels, fold: Fold, recipe: Recipe, offset: float) -> ModelDocument:
    return ModelDocument(
        fold=fold.index,
        endpoint=recipe.endpoint,
        network=recipe.network,
        patch=recipe.data.patch,
        classes=recipe.classes,
        clinical=encoder.to_dict(),
        levels=dict(levels),
        offset=offset,
        trained_on=(*fold.train, *fold.validate),
    )


def _mean_log_hazard(network: MultiTaskNetwork, train: CaseDataset, recipe: Recipe) -> float:
    task = network.risk_task
    if task is None:
        return 0.0
    device = choose_device(recipe.training)
    network = network.to(device)
    risks = []
    for index in range(len(train)):
        sample = train[index, 0]
        inputs = Inputs(sample.image[None].to(device), sample.clinical[None].to(device))
        with fast_arithmetic(recipe.training):
            readings = read_volume(network, inputs, recipe.data.patch)
        risks.append(float(readings[task]))
    return sum(risks) / len(risks)
