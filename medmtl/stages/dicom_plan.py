"""Plans the import of one case: which series, which contours, and what the table gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from medmtl.cohort.patient_table import PatientTable
from medmtl.dicom.drawings import GTV, Drawings, choose_drawings
from medmtl.dicom.found import DRAWINGS, FoundSeries, group_series
from medmtl.dicom.groups import Group
from medmtl.dicom.overrides import SuvOverrides
from medmtl.dicom.pairing import Pair, choose_pair, no_pet, sort_out
from medmtl.dicom.wishes import Wishes
from medmtl.errors import MedmtlError
from medmtl.stages.dicom_case import DicomCase, DrawnFile
from medmtl.stages.suv_overrides import overrides_at

NO_LINE = "no line in the table"


@dataclass(frozen=True, slots=True)
class Choosing:
    """How to choose: `roi` are patterns by label as given, None for the usual names of a GTV."""

    wishes: Wishes = field(default_factory=Wishes)
    roi: Mapping[str, str] | None = None

    @property
    def patterns(self) -> Mapping[str, str]:
        """The patterns of region names by label, in the order of the mask's values from 1."""
        return GTV if self.roi is None else self.roi


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be converted, or why nothing is (`fault`); `fates` say what becomes of every series."""

    group: Group
    fates: Mapping[FoundSeries, str]
    case: DicomCase | None = None
    fault: str = ""
    has_pet: bool = True


def plan_case(group: Group, choosing: Choosing, patients: PatientTable | None) -> Planned:
    """Return the plan of a case; whatever is wrong with it becomes its `fault`."""
    series = group_series(group.facts)
    usable, fates = sort_out(series, choosing.wishes)
    has_pet = any(one.first.modality == "PT" for one in series)
    undecided = fates | dict.fromkeys(usable, "no choice was made")
    if group.fault:
        return Planned(group, undecided, fault=group.fault, has_pet=has_pet)
    try:
        if not any(one.first.modality == "PT" for one in usable):
            raise no_pet(series, fates)
        overrides, notes = _from_table(group, patients)
        pair = choose_pair(usable, choosing.wishes, choosing.patterns)
        drawings = choose_drawings(usable, pair, choosing.patterns, choosing.wishes, choosing.roi is not None)
    except MedmtlError as error:
        return Planned(group, undecided, fault=str(error), has_pet=has_pet)
    case = _case(
        pair, drawings, choosing.patterns, overrides, (*_renamed(group), *notes, *_copies(series), *_empty(fates))
    )
    return Planned(group, fates | dict(pair.fates) | dict(drawings.fates) | _used(pair, drawings), case)


def _from_table(group: Group, patients: PatientTable | None) -> tuple[SuvOverrides, tuple[str, ...]]:
    if patients is None:
        return SuvOverrides(), ()
    line = patients.line_of(group.name) or patients.line_of(group.case_id)
    if line is None:
        return SuvOverrides(), (NO_LINE,)
    exact = {group.name, group.case_id} & patients.lines.keys()
    return overrides_at(patients, line), () if exact else (f"line {line} of the table is taken for {group.name}",)


def _case(
    pair: Pair, drawings: Drawings, patterns: Mapping[str, str], overrides: SuvOverrides, notes: tuple[str, ...]
) -> DicomCase:
    chosen = {"PET": pair.pet.uid} | ({"CT": pair.ct.uid} if pair.ct else {})
    chosen |= {label: one.first.instance for label, one in drawings.labels.items()}
    files = pair.ct.files if pair.ct else ()
    told = (*notes, *pair.notes, *drawings.notes)
    drawn = tuple(_drawn_file(one, pair, drawings, patterns) for one in drawings.files)
    return DicomCase(pair.pet.files, files, drawn, tuple(patterns), overrides, chosen, told)


def _drawn_file(one: FoundSeries, pair: Pair, drawings: Drawings, patterns: Mapping[str, str]) -> DrawnFile:
    own = {label: pattern for label, pattern in patterns.items() if drawings.labels.get(label) is one}
    return DrawnFile(one.files[0], one.first.modality, own, _on_pet(one, pair))


def _on_pet(one: FoundSeries, pair: Pair) -> bool:
    """Say whether contours are filled on the PET: where they were drawn on it, or where there is no CT."""
    on_ct = pair.ct is not None and pair.ct.uid in one.drawn.series
    return pair.ct is None or (pair.pet.uid in one.drawn.series and not on_ct)


def _used(pair: Pair, drawings: Drawings) -> dict[FoundSeries, str]:
    images = {pair.pet: "used as PET"} | ({pair.ct: "used as CT"} if pair.ct else {})
    labels = {one: [label for label, file in drawings.labels.items() if file is one] for one in drawings.files}
    return images | {one: f"used for the mask: {', '.join(names)}" for one, names in labels.items()}


def _copies(series: Sequence[FoundSeries]) -> tuple[str, ...]:
    count = sum(one.copies for one in series)
    return (f"{count} files are copies of others and passed over",) if count else ()


def _empty(fates: Mapping[FoundSeries, str]) -> tuple[str, ...]:
    """Tell of contours without a region: their file may be cut short."""
    return tuple(f"{one}: {why}" for one, why in fates.items() if one.first.modality in DRAWINGS)


def _renamed(group: Group) -> tuple[str, ...]:
    return (f"stands for {group.name!r}",) if group.name != group.case_id else ()
