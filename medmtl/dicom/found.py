"""Groups the files of a case into series, and says of each series why it is of no use, if it is of none."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydicom.uid import UID

from medmtl.dicom.archive import FileRef
from medmtl.dicom.facts import Drawn, Facts

IMAGES, DRAWINGS = ("CT", "PT"), ("RTSTRUCT", "SEG")
_NOT_ANATOMY = {"SCREEN SAVE", "DOSE_INFO", "POSDISP", "PATIENT_PROTOCOL"}  # second or third words of ImageType
_SCOUTS, _PROJECTIONS = {"LOCALIZER", "SCOUT", "TOPOGRAM"}, {"MIP", "PROJECTION IMAGE", "PROJECTION", "MAX_IP"}


@dataclass(frozen=True, slots=True, eq=False)
class FoundSeries:
    """One series of a case: its first file's facts, its files in order, and from where to where it reaches [mm]."""

    first: Facts
    files: tuple[FileRef, ...]
    copies: int
    extent_mm: tuple[float, float]

    @property
    def uid(self) -> str:
        """The SeriesInstanceUID."""
        return self.first.series

    @property
    def drawn(self) -> Drawn:
        """What contours or segments say of themselves."""
        return self.first.drawn

    @property
    def length_mm(self) -> float:
        """How far the slices reach along their normal, first to last [mm]."""
        return self.extent_mm[1] - self.extent_mm[0]

    def __str__(self) -> str:
        name = f" '{self.first.description}'" if self.first.description else ""
        if self.first.modality in DRAWINGS:  # one series may hold several files, and --series takes either UID
            return f"{self.first.modality} {self.first.instance}{name} ({self.files[0].path.name})"
        return f"{self.first.modality} {self.uid}{name} ({len(self.files)} files)"


def group_series(facts: Iterable[Facts]) -> list[FoundSeries]:
    """Return the series of one case, by their UIDs; of a file met twice (a copy), the first is kept.

    Every file of contours or segments counts as a series of its own, since one series may hold several.
    """
    groups: dict[tuple[str, str], list[Facts]] = defaultdict(list)
    for one in facts:
        groups[one.series, one.instance if one.modality in DRAWINGS else ""].append(one)
    return [_series(groups[key]) for key in sorted(groups)]


def useless(series: FoundSeries) -> str:
    """Return why the series cannot be part of a case, empty where it can."""
    first = series.first
    if first.modality in DRAWINGS:
        return "" if first.drawn.regions else "it names no regions"
    if first.modality not in IMAGES:
        return f"modality {first.modality} is not used"
    return _no_volume(series) or _no_anatomy(first) or (_no_static_pet(first) if first.modality == "PT" else "")


def _series(facts: Sequence[Facts]) -> FoundSeries:
    once = {one.instance or str(one.ref): one for one in reversed(facts)}
    ordered = sorted(once.values(), key=lambda one: one.ref)
    depths = [one.depth_mm for one in ordered if one.depth_mm is not None] or [0.0]
    files = tuple(one.ref for one in ordered)
    return FoundSeries(ordered[0], files, len(facts) - len(ordered), (min(depths), max(depths)))


def _no_volume(series: FoundSeries) -> str:
    first = series.first
    if "Secondary Capture" in UID(first.sop_class).name:
        return "a secondary capture"
    if set(first.image_type) & _SCOUTS:
        return "a scout"
    if first.frames > 1:
        return "an enhanced file of several frames, which is not read"
    if len(series.files) < 2:
        return "a single image"
    return "the slices have no position" if first.depth_mm is None else ""


def _no_anatomy(first: Facts) -> str:
    words = set(first.image_type)
    if words & _NOT_ANATOMY:
        return f"no image of the patient ({', '.join(sorted(words & _NOT_ANATOMY))})"
    return "a projection" if words & _PROJECTIONS or "REPROJECTION" in first.series_type else ""


def _no_static_pet(first: Facts) -> str:
    if "ATTN" not in first.corrected:
        return "PET without attenuation correction"
    moving = {"DYNAMIC", "GATED"} & set(first.series_type)
    return f"a {moving.pop().lower()} PET" if moving else ""
