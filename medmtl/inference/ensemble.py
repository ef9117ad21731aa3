"""One or several trained folds as one predictor: mean probability, mean log hazard."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from medmtl.cohort.clinical import ClinicalEncoder
from medmtl.errors import CaseError
from medmtl.imaging.image import read_grid
from medmtl.imaging.prepared import PreparedCase
from medmtl.inference.mask import mask_on
from medmtl.inference.settings import InferenceSettings
from medmtl.network import MultiTaskNetwork
from medmtl.records import Case, Image
from medmtl.tensors import Inputs
from medmtl.training.precision import choose_device, fast_arithmetic
from medmtl.training.saved import ModelDocument, load_model
from medmtl.training.settings import TrainingSettings
from medmtl.volume import ALL_FLIPS, NO_FLIP, read_volume


@dataclass(frozen=True, slots=True, eq=False)
class CasePrediction:
    """What the models make of a case: a mask on the CT's grid, and each model's log hazard (larger = sooner).

    A log hazard is less the mean over that model's training cases, so that models can be compared and averaged.
    """

    case_id: str
    mask: Image
    log_hazards: tuple[float, ...]

    @property
    def deep_log_hazard(self) -> float:
        """The mean over the models; NaN where the network has no survival task."""
        return float(np.mean(self.log_hazards)) if self.log_hazards else float("nan")

    @property
    def deep_spread(self) -> float:
        """The standard deviation over the models; NaN where there are fewer than two."""
        return float(np.std(self.log_hazards, ddof=1)) if len(self.log_hazards) > 1 else float("nan")

    @property
    def volume_ml(self) -> float:
        """The volume of the mask [mL]."""
        return float(np.count_nonzero(self.mask.array) * self.mask.grid.voxel_volume_ml)


class Ensemble:
    """The models of these files, loaded once."""

    def __init__(
        self,
        models: Sequence[Path],
        labels: tuple[int, ...],
        settings: InferenceSettings,
        training: TrainingSettings,
    ) -> None:
        self._device = choose_device(training)
        self._members = [_Member(*load_model(path), self._device) for path in models]
        self._labels = labels
        self._settings = settings
        self._training = training

    def predict(self, case: Case, prepared: PreparedCase, unseen: bool = False) -> CasePrediction:
        """Return the models' prediction of the case.

        With `unseen`, a model that was trained on the case is refused: its prediction would be in-sample.
        """
        for member in self._members:
            if unseen and case.case_id in member.document.trained_on:
                raise CaseError(case.case_id, f"the model of fold {member.document.fold} was trained on it.")
        flips = ALL_FLIPS if self._settings.flips else NO_FLIP
        found = []
        for member in self._members:
            with fast_arithmetic(self._training):
                found.append(member.read(case, prepared, flips))
        probability = np.mean([one for one, _ in found], axis=0)
        mask = self._mask(case, prepared, probability)
        return CasePrediction(case.case_id, mask, tuple(risk for _, risk in found if risk is not None))

    def _mask(self, case: Case, prepared: PreparedCase, probability: NDArray[np.float32]) -> Image:
        tumour = Image(1 - probability[0], prepared.grid)
        return mask_on(read_grid(case.needed_ct), tumour, probability[1:], self._labels, self._settings)


class _Member:
    """One fold's network, ready on the device."""

    def __init__(self, network: MultiTaskNetwork, document: ModelDocument, device: torch.device) -> None:
        self.network = network.to(device)
        self.document = document
        self._encoder = ClinicalEncoder.from_dict(document.clinical)
        self._device = device

    def read(
        self, case: Case, prepared: PreparedCase, flips: Sequence[tuple[int, ...]]
    ) -> tuple[NDArray[np.float32], float | None]:
        clinical = torch.as_tensor(self._encoder.transform([case]), dtype=torch.float32)
        image = torch.from_numpy(prepared.image)[None]
        inputs = Inputs(image.to(self._device), clinical.to(self._device))
        readings = read_volume(self.network, inputs, self.document.patch, flips)
        dense = readings[self.network.mask_task].cpu().numpy()
        risk_task = self.network.risk_task
        return dense, None if risk_task is None else float(readings[risk_task]) - self.document.offset
