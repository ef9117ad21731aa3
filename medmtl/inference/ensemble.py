"""One or several trained folds as one predictor: mean probability, mean log hazard."""

from collections.abc import Iterator, Sequence
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
from medmtl.inference.reading import NO_FURTHER, FurtherMasks, Reading, Readings
from medmtl.inference.settings import InferenceSettings
from medmtl.network import MultiTaskNetwork
from medmtl.records import Case, Image
from medmtl.tensors import Inputs
from medmtl.training.precision import choose_device, fast_arithmetic
from medmtl.training.saved import ModelDocument, load_model
from medmtl.training.settings import TrainingSettings
from medmtl.volume import ALL_FLIPS, NO_FLIP, Flip, read_volume


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
        """Return the models' prediction of the case; `unseen` as in `read`."""
        return self.conclude(case, self.read(case, prepared, unseen))

    def read(
        self, case: Case, prepared: PreparedCase, unseen: bool = False, further: FurtherMasks = NO_FURTHER
    ) -> Reading:
        """Return what the models read in the case, and the parts of it that further masks need.

        With `unseen`, a model that was trained on the case is refused: its prediction would be in-sample.
        """
        for member in self._members:
            if unseen and case.case_id in member.document.trained_on:
                raise CaseError(case.case_id, f"the model of fold {member.document.fold} was trained on it.")
        flips = ALL_FLIPS if self._settings.flips else NO_FLIP
        readings = Readings(further)
        for place, member in enumerate(self._members):
            with fast_arithmetic(self._training):
                for flip, dense, risk in member.views(case, prepared, flips):
                    readings.add(place, flip, dense, risk)
        return readings.together(prepared.grid)

    def conclude(self, case: Case, reading: Reading) -> CasePrediction:
        """Return the prediction that follows from what was read."""
        mask = self._mask(case, reading, reading.probability)
        return CasePrediction(case.case_id, mask, reading.log_hazards)

    def further_masks(self, case: Case, reading: Reading, further: FurtherMasks) -> Iterator[tuple[str, Image]]:
        """Yield by name the masks of single views, of single models, and of the mean probability cut elsewhere."""
        for name, probability in reading.parts.items():
            yield name, self._mask(case, reading, probability)
        for threshold in further.thresholds:
            yield f"threshold_{threshold:g}", self._mask(case, reading, reading.probability, threshold)

    def _mask(self, case: Case, reading: Reading, probability: NDArray[np.float32], threshold: float = 0.5) -> Image:
        raised = (1 - probability[0]) + np.float32(0.5 - threshold)  # a mask begins at 0.5, interpolation is linear
        tumour = Image(raised, reading.grid)
        return mask_on(read_grid(case.needed_ct), tumour, probability[1:], self._labels, self._settings)


class _Member:
    """One fold's network, ready on the device."""

    def __init__(self, network: MultiTaskNetwork, document: ModelDocument, device: torch.device) -> None:
        self.network = network.to(device)
        self.document = document
        self._encoder = ClinicalEncoder.from_dict(document.clinical)
        self._device = device

    def views(
        self, case: Case, prepared: PreparedCase, flips: Sequence[Flip]
    ) -> Iterator[tuple[Flip, NDArray[np.float32], float | None]]:
        clinical = torch.as_tensor(self._encoder.transform([case]), dtype=torch.float32)
        image = torch.from_numpy(prepared.image)[None]
        inputs = Inputs(image.to(self._device), clinical.to(self._device))
        risk_task = self.network.risk_task
        for flip in flips:
            readings = read_volume(self.network, inputs, self.document.patch, (flip,))
            dense = readings[self.network.mask_task].cpu().numpy()
            yield flip, dense, None if risk_task is None else float(readings[risk_task]) - self.document.offset
