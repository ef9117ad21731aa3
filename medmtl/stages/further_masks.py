"""Writes the mask of a case, and the further ones on which the stability of its features is measured."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from medmtl.features.stability_settings import StabilitySettings
from medmtl.imaging.image import write_image
from medmtl.imaging.prepared import PreparedCase
from medmtl.inference.ensemble import CasePrediction, Ensemble
from medmtl.inference.reading import FurtherMasks
from medmtl.records import Case

_SUFFIX = ".nii.gz"
_USUAL = 0.5  # the threshold of the mask itself


class MaskFolder(Protocol):
    """A folder of predictions: a run's, or one for new cases."""

    def mask(self, case_id: str) -> Path:
        """The predicted mask of a case."""

    def further_masks(self, case_id: str) -> Path:
        """The folder of the further ones."""


@dataclass(frozen=True, slots=True, eq=False)
class MaskWriter:
    """Models, the further masks that are wanted of them, and the folder to write into."""

    ensemble: Ensemble
    wanted: FurtherMasks
    folder: MaskFolder

    def write(self, case: Case, prepared: PreparedCase, unseen: bool = False) -> CasePrediction:
        """Predict a case, once for all of its masks; write these, and leave no others there."""
        reading = self.ensemble.read(case, prepared, unseen, self.wanted)
        prediction = self.ensemble.conclude(case, reading)
        write_image(prediction.mask, self.folder.mask(case.case_id))
        place = self.folder.further_masks(case.case_id)
        for path in place.glob(f"*{_SUFFIX}"):
            path.unlink()  # of settings before
        for name, mask in self.ensemble.further_masks(case, reading, self.wanted):
            write_image(mask, place / f"{name}{_SUFFIX}")
        return prediction


def wanted_masks(settings: StabilitySettings) -> FurtherMasks:
    """Return which further masks a network is to give."""
    cuts = [one for one in dict.fromkeys(settings.thresholds) if one != _USUAL and "thresholds" in settings.masks]
    return FurtherMasks("flips" in settings.masks, "ensemble" in settings.masks, tuple(cuts))


def further_masks(folder: MaskFolder, case_id: str) -> Iterator[tuple[str, Path]]:
    """Yield the further masks of a case by name, in the order of the names."""
    for path in sorted(folder.further_masks(case_id).glob(f"*{_SUFFIX}")):
        yield path.name.removesuffix(_SUFFIX), path
