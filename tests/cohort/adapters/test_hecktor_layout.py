from pathlib import Path

import pytest

from medmtl.cohort.adapters.hecktor.layout import Layout, find_cases, walk
from medmtl.errors import CaseError


def _tree(root: Path, *names: str) -> Layout:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return find_cases(list(walk(root)))


def _found(root: Path, layout: Layout, key: str) -> dict[str, str]:
    case = layout.cases[key]
    paths = {kind: case.one(kind) for kind in ("ct", "pet", "mask")}
    return {kind: path.relative_to(root).as_posix() for kind, path in paths.items() if path}


FLAT = ("hecktor_nii/CHGJ007_ct.nii.gz", "hecktor_nii/CHGJ007_pt.nii.gz", "hecktor_nii/CHGJ007_gtvt.nii.gz")
SHELVES = ("imagesTr/CHUM-001__CT.nii.gz", "imagesTr/CHUM-001__PT.nii.gz", "labelsTr/CHUM_001.nii.gz")
FOLDERS = ("CHUM-001/CHUM-001__CT.mha", "CHUM-001/CHUM-001__PT.mha", "CHUM-001/CHUM-001.mha")


@pytest.mark.parametrize(("names", "key"), [(FLAT, "CHGJ007"), (SHELVES, "CHUM001"), (FOLDERS, "CHUM001")])
@pytest.mark.parametrize("above", ["", "a/b/"])
def test_images_are_found_wherever_the_year_put_them(
    tmp_path: Path, names: tuple[str, ...], key: str, above: str
) -> None:
    placed = [above + name for name in names]
    assert list(_found(tmp_path, _tree(tmp_path, *placed), key).values()) == placed


def test_planning_images_and_doses_are_no_ct_of_the_patient(tmp_path: Path) -> None:
    more = [f"CHUM-001/CHUM-001__{kind}.nii.gz" for kind in ("CTPlanning", "RTDOSE", "dosimetry_CT")]
    layout = _tree(tmp_path, *FOLDERS, *more)
    assert list(_found(tmp_path, layout, "CHUM001").values()) == list(FOLDERS)
    assert set(layout.names) == {"ID__CT.mha", "ID__PT.mha", "ID.mha"}


def test_of_copies_the_most_complete_is_taken_and_the_others_are_told(tmp_path: Path) -> None:
    pair = ("CHUM-001__CT.nii.gz", "CHUM-001__PT.nii.gz")
    names = [f"{task}/CHUM-001/{name}" for task in ("Defaced ALL", "Task 2", "Task 1") for name in pair]
    layout = _tree(tmp_path, *names, "Task 1/CHUM-001/CHUM-001.nii.gz")
    assert {Path(path).parts[0] for path in _found(tmp_path, layout, "CHUM001").values()} == {"Task 1"}
    copies = [copy.relative_to(tmp_path).as_posix() for copy in layout.cases["CHUM001"].copies]
    assert copies == ["Defaced ALL/CHUM-001", "Task 2/CHUM-001"]
    assert not layout.cases["CHUM001"].joined


def test_a_mask_in_a_folder_of_its_own_is_joined_to_its_images(tmp_path: Path) -> None:
    layout = _tree(tmp_path, "a/CHUM-001__CT.nii.gz", "a/CHUM-001__PT.nii.gz", "b/CHUM-001.nii.gz")
    assert _found(tmp_path, layout, "CHUM001")["mask"] == "b/CHUM-001.nii.gz"
    assert (layout.cases["CHUM001"].joined, layout.cases["CHUM001"].copies) == (True, ())


def test_two_files_of_one_kind_in_one_folder_are_a_choice_that_is_not_made(tmp_path: Path) -> None:
    layout = _tree(tmp_path, *FOLDERS, "CHUM-001/CHUM-001_ct.nii.gz")
    with pytest.raises(CaseError, match=r"one ct file. Found .*CHUM-001__CT.mha"):
        layout.cases["CHUM001"].one("ct")


def test_hidden_files_other_names_and_imported_cohorts_are_passed_over(tmp_path: Path) -> None:
    names = (
        "._CHUM-001__CT.nii.gz",
        "__MACOSX/CHUM-001__CT.nii.gz",
        "readme.txt",
        "atlas.nii.gz",
        "a/patch_0001.nii.gz",
    )
    cohort = ("cohort/import_report.csv", "cohort/images/CHUM-001/CHUM-001__CT.nii.gz")
    assert not _tree(tmp_path, *names, *cohort).cases


def test_links_are_followed_once(tmp_path: Path) -> None:
    _tree(tmp_path / "store", *FOLDERS)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "linked").symlink_to(tmp_path / "store")
    (tmp_path / "store" / "CHUM-001" / "round").symlink_to(tmp_path / "source")
    layout = find_cases(list(walk(tmp_path / "source")))
    assert list(_found(tmp_path / "source" / "linked", layout, "CHUM001").values()) == list(FOLDERS)
