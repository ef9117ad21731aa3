"""One line of a table of images and masks, and what all lines are measured by."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from medmtl.features.engine.settings import ProfileSettings
from medmtl.features.regions import RegionName

DEFAULT_LABEL = 1


@dataclass(frozen=True, slots=True)
class ImageRow:
    """What to measure; `fault` says why the line cannot be, and is empty otherwise.

    `label` is None where the line names none; `pet` is a PET [SUV] of its own grid for thresholds; `others` are
    masks by other members of an ensemble; `carried` are the cells as given.
    """

    line: int
    case_id: str
    image: Path = Path()
    mask: Path = Path()
    label: int | None = None
    pet: Path | None = None
    others: tuple[Path, ...] = ()
    carried: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the result depends on."""
        return (self.image, self.mask, *([self.pet] if self.pet else []), *self.others)


@dataclass(frozen=True, slots=True)
class ExtractionPlan:
    """What is measured of every line.

    `labels` are mask values by name, empty: the line's own, else that of the settings; `union` adds all of them as one,
    `lesions` every connected component of it. With `suv` the images are PET in SUV, and have the clinic's measures as
    well. With `perturb` the plain regions are measured again and again, slightly changed.
    """

    settings: ProfileSettings
    regions: tuple[RegionName, ...] = (RegionName.MASK,)
    labels: Mapping[str, int] = field(default_factory=dict)
    union: bool = False
    lesions: bool = False
    suv: bool = False
    perturb: bool = False

    def labels_of(self, row: ImageRow) -> dict[str, int]:
        """Return the labels to measure in a line, by name."""
        if self.labels:
            return dict(self.labels)
        label = self._default_label() if row.label is None else row.label
        return {f"label {label}": label}

    def told(self) -> str:
        """Return all that changes a result, as text."""
        own = [self.regions, dict(self.labels), self.union, self.lesions, self.suv, self.perturb]
        return json.dumps([self.settings.model_dump(mode="json"), *own], default=str)

    def _default_label(self) -> int:
        return int(self.settings.parameters.setting.get("label", DEFAULT_LABEL))


@dataclass(frozen=True, slots=True)
class Measured:
    """One region of one line; features are by column, NaN where not measured, and the reason says why.

    `perturbation` is empty but for repeated measurements. `details` are of the provenance: voxels, spacings, versions.
    """

    part: str
    region: str
    status: str
    reason: str
    features: Mapping[str, float]
    volume_ml: float
    details: Mapping[str, object] = field(default_factory=dict)
    perturbation: str = ""
