"""Chooses the contours or segments that a case's mask is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from medmtl.dicom.found import DRAWINGS, FoundSeries
from medmtl.dicom.pairing import Fates, Pair
from medmtl.dicom.wishes import Rule, Wishes, matching_labels, narrow, one_of
from medmtl.errors import MedmtlError

GTV = {  # by default: the primary tumour and the involved nodes, as AAPM TG-263 and most clinics name them
    "GTVp": r"gtv[ _-]*(p|pt|t|prim|primary|tumou?r|mass)?[ _-]*\d*[ _-]*(ct|pet)?",
    "GTVn": r"gtv[ _-]*(n|ln|nd|nodes?|nodal|lymph[ _-]?nodes?)[ _-]*\d*[ _-]*(l|r|left|right)?[ _-]*(ct|pet)?",
}


@dataclass(frozen=True, slots=True)
class Drawings:
    """Which file each label is read from; a label that no file has is absent. See `Pair` for notes and fates."""

    labels: Mapping[str, FoundSeries] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fates: Fates = field(default_factory=dict)

    @property
    def files(self) -> tuple[FoundSeries, ...]:
        """The files to read, each once."""
        return tuple(dict.fromkeys(self.labels.values()))


def choose_drawings(
    usable: Sequence[FoundSeries], pair: Pair, patterns: Mapping[str, str], wishes: Wishes, required: bool
) -> Drawings:
    """Return for each label the file that has a region for it and shares the pair's frame of reference.

    Of several files: those named, then those drawn on the CT, then on the PET, then the newest by its own date. Where
    contours are there and none has a region asked for, `required` raises MedmtlError with all names; otherwise it is
    noted. Raises MedmtlError too where no rule tells two files apart.
    """
    drawn = [one for one in usable if one.first.modality in DRAWINGS]
    framed = [one for one in drawn if pair.pet.first.frame in one.drawn.frames]
    found = {label: [one for one in framed if label in matching_labels(one, patterns)] for label in patterns}
    best = {label: _best(label, files, pair, wishes) for label, files in found.items() if files}
    chosen = {label: one for label, (one, _) in best.items()}
    fates = {one: "of another frame of reference" for one in drawn if one not in framed}
    fates |= {one: _why_not(one, patterns) for one in framed if one not in chosen.values()}
    if framed and not chosen:
        return _none(framed, patterns, required, fates)
    told = [note for _, notes in best.values() for note in notes]
    lacking = [f"no region for {label}" for label in patterns if required and chosen and label not in chosen]
    aside = [f"contours {one.uid} are of another frame of reference" for one in drawn if one not in framed]
    return Drawings(chosen, (*told, *lacking, *aside), fates)


def _best(label: str, files: Sequence[FoundSeries], pair: Pair, wishes: Wishes) -> tuple[FoundSeries, tuple[str, ...]]:
    on_ct = set() if pair.ct is None else {pair.ct.uid}
    rules: tuple[Rule, ...] = (
        ("as named", wishes.named),
        ("drawn on the CT", lambda one: bool(on_ct & one.drawn.series)),
        ("drawn on the PET", lambda one: pair.pet.uid in one.drawn.series),
        ("the newest", lambda one: one.drawn.moment),
    )
    left, deciding = narrow(files, rules)
    best = one_of(left, f"set of contours for {label}", "Name it by --series UID")
    return best, (f"{label} of {len(files)} sets of contours: {', '.join(deciding)}",) if deciding else ()


def _why_not(one: FoundSeries, patterns: Mapping[str, str]) -> str:
    if matching_labels(one, patterns):
        return "other contours were chosen"
    return f"no region is asked for among: {', '.join(one.drawn.regions)}"


def _none(framed: Sequence[FoundSeries], patterns: Mapping[str, str], required: bool, fates: Fates) -> Drawings:
    names = ", ".join(dict.fromkeys(name for one in framed for name in one.drawn.regions))
    wanted = ", ".join(f"{label}=`{pattern}`" for label, pattern in patterns.items())
    if required:
        raise MedmtlError(f"a region must match --roi {wanted}. Found none among: {names}.")
    return Drawings({}, (f"no mask: no region is named as a GTV among: {names}; name it with --roi",), fates)
