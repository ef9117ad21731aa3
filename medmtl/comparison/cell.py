"""One cell of a grid: one way of learning, one seed, trained and scored on the cases that it never saw."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict

from medmtl.cohort.clinical import ClinicalEncoder
from medmtl.errors import MedmtlError
from medmtl.evaluation.overlap import dice
from medmtl.experiment import Experiment
from medmtl.imaging.prepared import load_prepared
from medmtl.network import MultiTaskNetwork
from medmtl.recipe import recipe_of
from medmtl.records import Case, Cohort, Fold
from medmtl.tensors import Inputs
from medmtl.training.fit import train_fold
from medmtl.training.precision import choose_device, fast_arithmetic
from medmtl.training.saved import ModelDocument, load_model
from medmtl.volume import read_volume
from medmtl.whole_file import whole_file


class Reading(BaseModel):
    """What a model made of a case: Dice on the network's grid, and the log hazard; None where it does not say."""

    model_config = ConfigDict(frozen=True)

    dice: float | None = None
    log_hazard: float | None = None


class Cell(BaseModel):
    """What is kept of a cell."""

    model_config = ConfigDict(frozen=True)

    name: str
    seed: int
    fold: int = 0
    tested: dict[str, Reading]  # by case id; none of them was trained on
    trained: dict[str, Reading]
    seconds: float  # of the training
    parameters: int

    @property
    def part(self) -> tuple[int, int]:
        """Seed and fold: what the cells of all variants have in common."""
        return self.seed, self.fold


class Material(NamedTuple):
    """What every cell of a grid is computed from."""

    cohort: Cohort
    files: Mapping[str, Path]  # the prepared cases by id


def compute_cell(name: str, experiment: Experiment, material: Material, fold: Fold, folder: Path) -> Cell:
    """Train and score; `folder/cell.json` says that it is done, and is read again where it is there."""
    done = folder / "cell.json"
    if done.is_file():
        return _read_cell(done)
    cohort, files = material
    began = time.perf_counter()
    model = train_fold(fold, cohort, files, recipe_of(experiment)._replace(bar=False), folder)
    seconds = time.perf_counter() - began
    network, document = load_model(model)
    reader = _Reader(network, document, experiment, files)
    cell = Cell(
        name=name,
        seed=experiment.seed,
        fold=fold.index,
        tested=reader.read(cohort.select(fold.test).cases),
        trained=reader.read(cohort.select(fold.train).cases[: len(fold.test)]),
        seconds=seconds,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
    )
    with whole_file(done) as partial:
        partial.write_text(json.dumps(cell.model_dump(), indent=1) + "\n", "utf-8")
    for checkpoint in (*folder.glob("best.ckpt"), *folder.glob("last.ckpt")):
        checkpoint.unlink()
    return cell


def _read_cell(path: Path) -> Cell:
    try:
        return Cell.model_validate_json(path.read_text("utf-8"))
    except ValueError as error:
        raise MedmtlError(f"{path} must be what `medmtl bench` wrote. It cannot be read; delete it: {error}") from error


class _Reader:
    """A trained network that reads prepared cases."""

    def __init__(
        self, network: MultiTaskNetwork, document: ModelDocument, experiment: Experiment, files: Mapping[str, Path]
    ) -> None:
        self._device = choose_device(experiment.training)
        self._network = network.to(self._device)
        self._document = document
        self._encoder = ClinicalEncoder.from_dict(document.clinical)
        self._training = experiment.training
        self._files = files

    def read(self, cases: Sequence[Case]) -> dict[str, Reading]:
        return {case.case_id: self._case(case) for case in cases}

    def _case(self, case: Case) -> Reading:
        prepared = load_prepared(self._files[case.case_id])
        clinical = torch.as_tensor(self._encoder.transform([case]), dtype=torch.float32)
        inputs = Inputs(torch.from_numpy(prepared.image)[None].to(self._device), clinical.to(self._device))
        with fast_arithmetic(self._training):
            found = read_volume(self._network, inputs, self._document.patch)
        overlap = None
        if self._network.dense_tasks and prepared.mask is not None:
            mask = found[self._network.mask_task].argmax(dim=0).cpu().numpy()
            overlap = dice(mask > 0, np.asarray(prepared.mask) > 0)
        risk = self._network.risk_task
        return Reading(dice=overlap, log_hazard=None if risk is None else float(found[risk]))
