"""Chooses the PET and the CT of a case, by rules that are told; where none decides, it asks."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from medmtl.dicom.found import DRAWINGS, FoundSeries, useless
from medmtl.dicom.wishes import FIRST, LAST, Rule, Wishes, matching_labels, narrow, one_of
from medmtl.errors import MedmtlError

LENGTH_MM = 50.0  # lengths are compared in steps of this: less is the thickness of slices, and no other region
_BY_NAME = (
    "Name it by --series UID, or by what its name holds, --pet or --ct REGEX; where patients share an id and have a "
    "folder each, use --case-by folder"
)
_BY_STUDY = "Say --study first, --study last, or --study UID"
Fates = Mapping[FoundSeries, str]


@dataclass(frozen=True, slots=True)
class Pair:
    """The PET and the CT of a case; `fates` say of the series that are not in it why, `notes` what was decided."""

    pet: FoundSeries
    ct: FoundSeries | None
    notes: tuple[str, ...] = ()
    fates: Fates = field(default_factory=dict)


def no_pet(series: Sequence[FoundSeries], fates: Fates) -> MedmtlError:
    """Return the error of a case without a usable PET, which says why each that was found is none."""
    pets = [f"{one}, {fates[one]}" for one in series if one.first.modality == "PT" and one in fates]
    found = "; ".join(pets[:6]) or f"none among {', '.join(map(str, series[:6]))}" + (", ..." * (len(series) > 6))
    return MedmtlError(f"there must be an attenuation-corrected PET series. Found {found}.")


def sort_out(series: Sequence[FoundSeries], wishes: Wishes) -> tuple[list[FoundSeries], dict[FoundSeries, str]]:
    """Return the series that may be part of a case, and the reasons against the others."""
    against = {one: useless(one) for one in series}
    usable = [one for one in series if not against[one]]
    against |= {one: wishes.unwanted(one, usable) for one in usable}
    return [one for one in series if not against[one]], {one: reason for one, reason in against.items() if reason}


def choose_pair(usable: Sequence[FoundSeries], wishes: Wishes, patterns: Mapping[str, str]) -> Pair:
    """Return PET and CT of one frame of reference; a PET without such a CT stands alone, with a note.

    Of several studies: those asked for, then those with a CT, then those with contours that have a region asked for.
    Of several PETs: with a CT, drawn upon, original, the longest. Of several CTs: of the PET's study, drawn upon,
    original, covering most of the PET, without contrast, with the most slices. Raises MedmtlError where there is no
    PET, and where several are left.
    """
    drawn = [one for one in usable if one.first.modality in DRAWINGS and matching_labels(one, patterns)]
    pets, cts = ([one for one in usable if one.first.modality == modality] for modality in ("PT", "CT"))
    if not pets:
        raise MedmtlError("there must be an attenuation-corrected PET series. Found none; see import_series.csv.")
    of_study, notes = _study(pets, cts, drawn, wishes)
    pet, by_pet = _pet(of_study, cts, drawn)
    framed = [ct for ct in cts if _share_frame(pet, ct)]
    ct, by_ct = _ct(framed, pet, drawn) if framed else (None, _alone(cts))
    fates = {one: "another series was chosen" for one in (*pets, *cts) if one not in (pet, ct)}
    fates |= {one: "of another frame of reference" for one in cts if one not in framed}
    fates |= {one: "of another study" for one in pets if one not in of_study}
    return Pair(pet, ct, (*notes, *by_pet, *by_ct), fates)


def _study(
    pets: Sequence[FoundSeries], cts: Sequence[FoundSeries], drawn: Sequence[FoundSeries], wishes: Wishes
) -> tuple[list[FoundSeries], tuple[str, ...]]:
    """Return the PETs of one study."""
    asked = _asked(pets, wishes)
    rules = (("the study with a CT", _with_ct(cts)), ("the study with contours", _drawn_upon(cts, drawn)))
    left, deciding = narrow(asked, rules if len(_studies(asked)) > 1 else ())
    studies = _studies(left)
    if len(studies) > 1:
        told = "; ".join(f"{uid} of {ones[0].first.study_date or 'no date'}" for uid, ones in studies.items())
        raise MedmtlError(f"one study must be chosen. Found {len(studies)} with a PET: {told}. {_BY_STUDY}.")
    several = len(_studies(pets)) > 1
    return left, (f"of {len(_studies(pets))} studies: {', '.join(deciding) or 'as asked'}",) if several else ()


def _asked(pets: Sequence[FoundSeries], wishes: Wishes) -> list[FoundSeries]:
    named = [pet for pet in pets if pet.first.study in wishes.studies]
    ends = [word for word in wishes.studies if word in (FIRST, LAST)]
    if named or not ends:
        return named or list(pets)
    dates = {uid: ones[0].first.study_date for uid, ones in _studies(pets).items()}
    end = min(dates.values()) if ends[0] == FIRST else max(dates.values())
    if "" in dates.values() or list(dates.values()).count(end) > 1:
        raise MedmtlError(f"studies must have dates that differ. Found {sorted(dates.values())}; name one by its UID.")
    return [pet for pet in pets if pet.first.study_date == end]


def _pet(
    pets: Sequence[FoundSeries], cts: Sequence[FoundSeries], drawn: Sequence[FoundSeries]
) -> tuple[FoundSeries, tuple[str, ...]]:
    rules: tuple[Rule, ...] = (
        ("with a CT of its frame of reference", _with_ct(cts)),
        ("with contours", _drawn_upon(cts, drawn)),
        ("original", _original),
        ("the longest", lambda pet: _steps(pet.length_mm)),
    )
    left, deciding = narrow(pets, rules)
    return one_of(left, "PET", _BY_NAME), _told("PET", len(pets), deciding)


def _ct(
    cts: Sequence[FoundSeries], pet: FoundSeries, drawn: Sequence[FoundSeries]
) -> tuple[FoundSeries, tuple[str, ...]]:
    rules: tuple[Rule, ...] = (
        ("of the PET's study", lambda ct: ct.first.study == pet.first.study),
        ("with contours", lambda ct: any(ct.uid in one.drawn.series for one in drawn)),
        ("original", _original),
        ("covers most of the PET", lambda ct: _steps(_covered(pet, ct))),
        ("without contrast", lambda ct: not ct.first.contrast),
        ("the most slices", lambda ct: len(ct.files)),
    )
    left, deciding = narrow(cts, rules)
    ct = one_of(left, "CT", _BY_NAME)
    aside = () if ct.first.study == pet.first.study else ("the CT is of another study than the PET",)
    return ct, (*_told("CT", len(cts), deciding), *aside)


def _alone(cts: Sequence[FoundSeries]) -> tuple[str, ...]:
    found = f"{len(cts)} CT of another frame of reference" if cts else "no CT"
    return (f"PET alone: {found}",)


def _told(what: str, count: int, deciding: Sequence[str]) -> tuple[str, ...]:
    return (f"{what} of {count}: {', '.join(deciding)}",) if deciding else ()


def _studies(series: Sequence[FoundSeries]) -> dict[str, list[FoundSeries]]:
    found: dict[str, list[FoundSeries]] = defaultdict(list)
    for one in series:
        found[one.first.study].append(one)
    return dict(sorted(found.items(), key=lambda item: item[1][0].first.study_date))


def _share_frame(one: FoundSeries, other: FoundSeries) -> bool:
    return bool(one.first.frame) and one.first.frame == other.first.frame


def _covered(pet: FoundSeries, ct: FoundSeries) -> float:
    """Return how much of the PET's length [mm] the CT covers."""
    (low, high), (ct_low, ct_high) = pet.extent_mm, ct.extent_mm
    return max(min(high, ct_high) - max(low, ct_low), 0.0)


def _steps(length_mm: float) -> int:
    return round(length_mm / LENGTH_MM)


def _original(series: FoundSeries) -> bool:
    return series.first.image_type[:1] == ("ORIGINAL",)


def _with_ct(cts: Sequence[FoundSeries]) -> Callable[[FoundSeries], bool]:
    return lambda pet: any(_share_frame(pet, ct) for ct in cts)


def _drawn_upon(cts: Sequence[FoundSeries], drawn: Sequence[FoundSeries]) -> Callable[[FoundSeries], bool]:
    """Return the claim that contours were drawn on the PET or on a CT of its frame."""
    uids = {uid for one in drawn for uid in one.drawn.series}
    return lambda pet: pet.uid in uids or any(ct.uid in uids and _share_frame(pet, ct) for ct in cts)
