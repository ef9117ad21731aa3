from pathlib import Path
from typing import Any

import pytest

from medmtl.dicom.archive import FileRef
from medmtl.dicom.drawings import GTV, choose_drawings
from medmtl.dicom.facts import Drawn, Facts
from medmtl.dicom.found import FoundSeries
from medmtl.dicom.pairing import Pair, choose_pair, sort_out
from medmtl.dicom.wishes import Wishes
from medmtl.errors import MedmtlError

NOTHING = Wishes()
BARE = Drawn((), frozenset(), frozenset(), "")


def series(
    modality: str, uid: str, extent: tuple[float, float] = (0, 900), files: int = 300, **facts: Any
) -> FoundSeries:
    """Return a found series; without more, an original one of study S and frame F, without contrast."""
    usual = {
        **{"patient": "P", "study": "S", "study_date": "20250101", "series": uid, "instance": f"{uid}.1"},
        **{"sop_class": "", "frame": "F", "modality": modality, "description": uid, "contrast": False, "frames": 1},
        **{"image_type": ("ORIGINAL", "PRIMARY"), "series_type": (), "corrected": ("ATTN",), "depth_mm": 0.0},
        **{"ref": FileRef(Path(uid)), "drawn": BARE},
    }
    return FoundSeries(Facts(**usual | facts), tuple(FileRef(Path(f"{uid}{i}")) for i in range(files)), 0, extent)


def drawn(uid: str, *regions: str, on: str = "", moment: str = "", frame: str = "F") -> FoundSeries:
    """Return contours of these regions, drawn on a series."""
    facts = Drawn(regions, frozenset({on} - {""}), frozenset({frame}), moment)
    return series("RTSTRUCT", uid, files=1, drawn=facts)


def pair(*found: FoundSeries, wishes: Wishes = NOTHING, roi: dict[str, str] = GTV) -> Pair:
    """Return the pair that is chosen of these."""
    return choose_pair(sort_out(found, wishes)[0], wishes, roi)


PET = series("PT", "pet")


def test_pet_and_ct_of_one_frame_of_reference_are_a_pair() -> None:
    ct, other = series("CT", "ct"), series("CT", "other", frame="G")
    found = pair(PET, other, ct)
    assert (found.pet, found.ct, found.notes) == (PET, ct, ())
    assert found.fates == {other: "of another frame of reference"}


@pytest.mark.parametrize(
    ("others", "note"), [((), "PET alone: no CT"), (({"frame": "G"},), "PET alone: 1 CT of another frame of reference")]
)
def test_a_pet_without_a_ct_of_its_frame_stands_alone_and_says_so(
    others: tuple[dict[str, str], ...], note: str
) -> None:
    found = pair(PET, *(series("CT", "ct", **other) for other in others))
    assert (found.ct, found.notes) == (None, (note,))


def test_series_without_a_frame_of_reference_are_no_pair() -> None:
    assert pair(series("PT", "pet", frame=""), series("CT", "ct", frame="")).ct is None


BETTER = [  # of two CTs, what makes the first the better one
    ("the most slices", {}, {"files": 200}),
    ("without contrast", {"files": 200}, {"contrast": True}),
    ("covers most of the PET", {"contrast": True}, {"extent": (500, 900)}),
    ("original", {"extent": (500, 900)}, {"image_type": ("DERIVED", "SECONDARY")}),
    ("of the PET's study", {"image_type": ("DERIVED", "SECONDARY")}, {"study": "T"}),
]


@pytest.mark.parametrize(("rule", "better", "worse"), BETTER, ids=[rule for rule, _, _ in BETTER])
def test_of_several_cts_the_rules_choose_in_their_order_and_tell(rule: str, better: Any, worse: Any) -> None:
    good, bad = series("CT", "good", **better), series("CT", "bad", **worse)
    for order in ((good, bad), (bad, good)):
        found = pair(PET, *order)
        assert (found.ct, found.notes) == (good, (f"CT of 2: {rule}",))
        assert found.fates == {bad: "another series was chosen"}


def test_contours_decide_before_coverage_and_originality() -> None:
    planned = series("CT", "planned", (500, 900), image_type=("DERIVED",))
    found = pair(PET, series("CT", "whole"), planned, drawn("rs", "GTVp", on="planned"))
    assert (found.ct, found.notes) == (planned, ("CT of 2: with contours",))


def test_contours_without_a_region_that_is_asked_for_decide_nothing() -> None:
    found = pair(PET, series("CT", "whole"), series("CT", "part", (500, 900)), drawn("rs", "Heart", on="part"))
    assert found.ct is not None
    assert found.ct.uid == "whole"


def test_cts_that_no_rule_tells_apart_are_named_with_the_remedy() -> None:
    with pytest.raises(MedmtlError, match=r"one CT must be chosen. Found 2 .*soft.*sharp.*--series UID.*--ct REGEX"):
        pair(PET, series("CT", "soft"), series("CT", "sharp"))


@pytest.mark.parametrize("wishes", [Wishes(series=("sharp",)), Wishes(ct="SHA")])
def test_a_wish_decides_and_the_fate_of_the_others_tells_it(wishes: Wishes) -> None:
    soft, sharp = series("CT", "soft"), series("CT", "sharp")
    usable, fates = sort_out((PET, soft, sharp), wishes)
    assert choose_pair(usable, wishes, GTV).ct is sharp
    assert list(fates) == [soft]
    assert "--series" in fates[soft] or "its name lacks `SHA`" in fates[soft]


def test_a_wish_for_another_patient_changes_nothing() -> None:
    assert pair(PET, series("CT", "ct"), wishes=Wishes(series=("of another",), studies=("T",))).pet is PET


def test_of_several_pets_the_one_with_a_ct_then_with_contours_then_the_longest_is_taken() -> None:
    ct, short = series("CT", "ct"), series("PT", "short", (600, 900))
    lone = series("PT", "lone", frame="G")
    assert pair(PET, lone, ct).notes == ("PET of 2: with a CT of its frame of reference",)
    assert pair(PET, short, ct).pet is PET
    found = pair(PET, short, ct, drawn("rs", "GTV", on="short"))
    assert (found.pet, found.notes) == (short, ("PET of 2: with contours",))
    with pytest.raises(MedmtlError, match=r"one PET must be chosen.*--case-by folder"):
        pair(PET, series("PT", "again", (0, 890)), ct)


def test_a_case_without_pet_is_named() -> None:
    with pytest.raises(MedmtlError, match="attenuation-corrected PET"):
        pair(series("CT", "ct"))
    with pytest.raises(MedmtlError, match="attenuation-corrected PET"):
        pair(series("CT", "ct"), series("PT", "nac", corrected=("DECY",)))


STUDIES = (
    series("PT", "before", study="S1", frame="F1", study_date="20240101"),
    series("PT", "after", study="S2", frame="F2", study_date="20250101"),
)


def test_of_several_studies_the_one_with_a_ct_or_with_contours_is_taken() -> None:
    found = pair(*STUDIES, series("CT", "ct", study="S2", frame="F2"))
    assert (found.pet, found.notes) == (STUDIES[1], ("of 2 studies: the study with a CT",))
    assert found.fates == {STUDIES[0]: "of another study"}
    found = pair(*STUDIES, drawn("rs", "GTV", on="before", frame="F1"))
    assert found.notes[0] == "of 2 studies: the study with contours"


@pytest.mark.parametrize(("study", "uid"), [("first", "before"), ("last", "after"), ("S2", "after")])
def test_of_studies_alike_the_user_says_which(study: str, uid: str) -> None:
    with pytest.raises(MedmtlError, match=r"S1 of 20240101; S2 of 20250101. Say --study first"):
        pair(*STUDIES)
    found = pair(*STUDIES, wishes=Wishes(studies=(study,)))
    assert (found.pet.uid, found.notes[0]) == (uid, "of 2 studies: as asked")


def test_first_and_last_need_dates_that_differ() -> None:
    undated = series("PT", "undated", study="S3", study_date="")
    with pytest.raises(MedmtlError, match="studies must have dates that differ"):
        pair(*STUDIES, undated, wishes=Wishes(studies=("first",)))


def test_a_description_must_be_a_regular_expression() -> None:
    with pytest.raises(MedmtlError, match=r"regular expression. Found '\('"):
        Wishes(ct="(")


def masks(*found: FoundSeries, roi: dict[str, str] = GTV, wishes: Wishes = NOTHING, required: bool = False) -> Any:
    """Return the drawings that are chosen for a PET and a CT."""
    both = Pair(PET, series("CT", "ct"))
    return choose_drawings(found, both, roi, wishes, required)


def test_contours_on_the_ct_win_over_those_on_the_pet_and_newer_over_older() -> None:
    on_pet, old, new = (
        *(drawn("p", "GTV", on="pet", moment="9"), drawn("o", "GTV", on="ct", moment="1")),
        drawn("n", "GTV", on="ct", moment="2"),
    )
    chosen = masks(on_pet, old, new)
    assert chosen.labels == {"GTVp": new}
    assert chosen.notes == ("GTVp of 3 sets of contours: drawn on the CT, the newest",)
    assert masks(on_pet, old, new, wishes=Wishes(series=("o",))).labels == {"GTVp": old}
    assert masks(on_pet, old, new, wishes=Wishes(series=("p.1",))).labels == {"GTVp": on_pet}


def test_contours_that_no_rule_tells_apart_are_named() -> None:
    with pytest.raises(MedmtlError, match="one set of contours for GTVp must be chosen"):
        masks(drawn("a", "GTV", on="ct", moment="1"), drawn("b", "GTV", on="ct", moment="1"))


def test_labels_may_come_from_files_of_their_own() -> None:
    tumour, nodes = drawn("t", "GTVp", on="ct"), drawn("n", "GTVn1", "GTVn2", on="ct")
    chosen = masks(tumour, nodes)
    assert chosen.labels == {"GTVp": tumour, "GTVn": nodes}
    assert chosen.files == (tumour, nodes)


def test_contours_of_another_frame_are_not_used_and_that_is_told() -> None:
    elsewhere = drawn("e", "GTV", frame="G")
    chosen = masks(elsewhere)
    assert (chosen.labels, chosen.fates) == ({}, {elsewhere: "of another frame of reference"})
    assert chosen.notes == ("contours e are of another frame of reference",)


def test_a_region_not_found_fails_only_where_it_was_asked_for() -> None:
    other = drawn("o", "Heart", "PTV")
    chosen = masks(other)
    assert chosen.labels == {}
    assert "no mask: no region is named as a GTV among: Heart, PTV; name it with --roi" in chosen.notes
    with pytest.raises(MedmtlError, match=r"--roi T=`tumou\?r`. Found none among: Heart, PTV"):
        masks(other, roi={"T": "tumou?r"}, required=True)
    assert masks(roi={"T": "tumou?r"}, required=True).labels == {}
    both = masks(drawn("a", "tumor"), roi={"T": "tumou?r", "N": "node"}, required=True)
    assert both.notes == ("no region for N",)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        *[
            (name, "GTVp")
            for name in ("GTV", "gtvp", "GTV-1", "GTV T", "GTV_primary", "GTVp2", "GTV_Mass_CT", "GTV_PET")
        ],
        *[(name, "GTVn") for name in ("GTVn", "GTV_N", "GTV-LN3", "gtv nodes", "GTVn1_left", "GTV-N_PET")],
        *[(name, None) for name in ("CTV", "PTV GTV", "GTV+1cm", "no GTV", "GTVsum", "Heart")],
    ],
)
def test_the_usual_names_of_a_gtv_are_known(name: str, label: str | None) -> None:
    assert list(masks(drawn("rs", name)).labels) == ([label] if label else [])
