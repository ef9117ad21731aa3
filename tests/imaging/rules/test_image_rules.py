"""Each rule on images, by its code, at both sides of its threshold."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medmtl.findings import Level
from medmtl.imaging.image import write_image
from medmtl.imaging.inspection import inspect
from medmtl.imaging.rules.duplicates import duplicate_images
from medmtl.imaging.rules.geometry import grid_faults, grid_warnings, length_notes, pair_warnings
from medmtl.imaging.rules.lesions import part_sizes
from medmtl.imaging.rules.masks import place_warnings
from medmtl.records import Grid, Image

CT = Grid((40, 40, 30), (3.0, 3.0, 3.0), (-60.0, -60.0, 0.0))
PET = Grid((30, 30, 22), (4.0, 4.0, 4.0), (-60.0, -60.0, 0.0))
LABELS = {"GTVp": 1, "GTVn": 2}
Arrays = dict[str, np.ndarray]


def _usual() -> Arrays:
    """Air around a body of water; uptake 1 in it, 8 in the tumour."""
    ct = np.full(CT.size[::-1], -1000, np.int16)
    ct[:, 8:32, 8:32] = 30
    pet = np.zeros(PET.size[::-1], np.float32)
    pet[:, 6:24, 6:24] = 1
    pet[8:14, 12:18, 12:18] = 8
    mask = np.zeros(CT.size[::-1], np.uint8)
    mask[12:17, 17:22, 17:22] = 1
    return {"ct": ct, "pet": pet, "mask": mask}


def _codes(folder: Path, arrays: Arrays, grids: Mapping[str, Grid] | None = None) -> list[str]:
    paths = {}
    for role, array in arrays.items():
        paths[role] = folder / f"{role}.nii.gz"
        grid = {"ct": CT, "pet": PET, "mask": CT, **(grids or {})}[role]
        write_image(Image(array, grid), paths[role])
    return [finding.code for finding in inspect(paths, LABELS).findings]


def test_a_usual_case_is_not_remarked_on(tmp_path: Path) -> None:
    assert _codes(tmp_path, _usual()) == []


def _speck(mask: np.ndarray) -> np.ndarray:
    spoilt = mask.copy()
    spoilt[25, 20, 20] = 1
    return spoilt


def _many(mask: np.ndarray) -> np.ndarray:
    spoilt = mask.copy()
    spoilt[2:10:2, 10:30:4, 12:16] = 2
    return spoilt


CHANGES: list[tuple[str, Callable[[np.ndarray], np.ndarray], list[str]]] = [
    ("pet", lambda a: a * 250, ["pet-activity"]),
    ("pet", lambda a: a * 0.01, ["pet-faint"]),
    ("pet", lambda a: a * 0.05, ["pet-background", "mask-cold"]),
    ("pet", lambda a: a * 6, ["pet-background"]),
    ("pet", lambda a: a - 0.2, ["pet-negative"]),
    ("pet", lambda a: a * 300 - 1000, ["pet-hu"]),
    ("ct", lambda a: a + 1024, ["ct-shifted"]),
    ("ct", lambda a: np.maximum(a, -500), ["ct-range"]),
    ("ct", lambda a: a.astype(np.int32) * 5, ["ct-range"]),
    ("mask", lambda a: a * 0, ["mask-empty"]),
    ("mask", lambda a: a * 3, ["mask-labels"]),
    ("mask", lambda a: a * np.float32(0.25), ["mask-labels"]),
    ("mask", lambda a: a * np.int16(-1), ["mask-labels"]),
    ("mask", lambda a: 1 - a, ["mask-inverted"]),
    ("mask", lambda a: np.roll(a, 16, axis=2), ["mask-cold"]),
    ("mask", _speck, ["mask-specks"]),
    ("mask", _many, ["mask-parts"]),
    ("mask", lambda a: np.where(np.arange(a.size).reshape(a.shape) == np.flatnonzero(a)[60], 1, 0).astype(np.uint8),
     ["mask-tiny"]),
]  # fmt: skip


@pytest.mark.parametrize(("role", "change", "codes"), CHANGES)
def test_one_slip_gives_its_own_finding_and_no_other(
    role: str, change: Callable[[np.ndarray], np.ndarray], codes: list[str], tmp_path: Path
) -> None:
    arrays = _usual()
    arrays[role] = change(arrays[role])
    assert _codes(tmp_path, arrays) == codes


@pytest.mark.parametrize(
    ("role", "origin", "codes"),
    [
        ("pet", (-60.0, -60.0, 400.0), ["no-overlap"]),
        ("pet", (-60.0, -60.0, 40.0), ["overlap-small", "mask-cut-pet"]),
        ("mask", (300.0, -60.0, 0.0), ["mask-outside-ct"]),
        ("mask", (-60.0, -60.0, 9.0), ["mask-grid"]),
    ],
)
def test_images_in_the_wrong_place_are_told(
    role: str, origin: tuple[float, float, float], codes: list[str], tmp_path: Path
) -> None:
    grid = replace(PET if role == "pet" else CT, origin=origin)
    assert _codes(tmp_path, _usual(), {role: grid}) == codes


def test_a_mask_outside_the_pet_is_a_fault(tmp_path: Path) -> None:
    arrays = _usual()
    arrays["pet"] = arrays["pet"][11:]
    short = Grid((30, 30, 11), PET.spacing, (-60.0, -60.0, 44.0))
    arrays["mask"] = np.roll(arrays["mask"], -8, axis=0)
    assert "mask-outside-pet" in _codes(tmp_path, arrays, {"pet": short})


def test_a_mask_on_the_pets_grid_is_a_warning_since_its_geometry_is_followed(tmp_path: Path) -> None:
    arrays = _usual() | {"mask": (_usual()["pet"] > 5).astype(np.uint8)}
    assert _codes(tmp_path, arrays, {"mask": PET}) == ["mask-other-grid"]


def test_what_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    write_image(Image(_usual()["ct"] + np.int16(1024), CT), tmp_path / "ct.nii.gz")
    (tmp_path / "pet.nii.gz").write_bytes(b"no image")
    paths = {"ct": tmp_path / "ct.nii.gz", "pet": tmp_path / "pet.nii.gz"}
    seen = inspect(paths, LABELS)
    assert [finding.code for finding in seen.findings] == ["image", "ct-shifted"]
    assert list(seen.images) == ["ct"]


def test_the_measures_are_those_of_the_tumour(tmp_path: Path) -> None:
    arrays = _usual()
    arrays["pet"][20, 20, 20] = 30  # elsewhere
    for role, grid in (("ct", CT), ("pet", PET), ("mask", CT)):
        write_image(Image(arrays[role], grid), tmp_path / f"{role}.nii.gz")
    facts = inspect({role: tmp_path / f"{role}.nii.gz" for role in arrays}, LABELS).facts
    assert facts.suv_max == 8
    assert facts.volume_ml == pytest.approx(125 * 0.027)


@pytest.mark.parametrize(
    ("spacing", "level"),
    [((3.0, 3.0, 3.0), None), ((0.2, 0.2, 1.0), Level.WARNING), ((3.0, 3.0, 15.0), Level.WARNING)],
)
def test_unusual_spacing_is_a_warning(spacing: tuple[float, float, float], level: Level | None) -> None:
    grid = replace(CT, spacing=spacing)
    found = [*grid_faults(grid, Path("x")), *grid_warnings(grid, Path("x"))]
    assert [finding.level for finding in found] == ([level] if level else [])


@pytest.mark.parametrize("spacing", [(0.003, 0.003, 0.003), (1.0, 1.0, 3000.0)])
def test_impossible_spacing_is_a_fault(spacing: tuple[float, float, float]) -> None:
    assert [finding.code for finding in grid_faults(replace(CT, spacing=spacing), Path("x"))] == ["spacing"]


def test_axes_that_are_not_perpendicular_are_a_fault() -> None:
    sheared = replace(CT, direction=(1.0, 0.0, 0.0, 0.1, 1.0, 0.0, 0.0, 0.0, 1.0))
    assert [finding.code for finding in grid_faults(sheared, Path("x"))] == ["direction"]


def test_turned_axes_are_told_in_degrees() -> None:
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    turned = replace(CT, direction=(c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0))
    found = [finding for finding in pair_warnings(turned, CT) if finding.code == "axes-differ"]
    assert "turned by 20 degrees" in found[0].message


def test_flipped_and_swapped_axes_are_parallel() -> None:
    flipped = replace(CT, origin=(57.0, -60.0, 0.0), direction=(-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    assert list(pair_warnings(flipped, CT)) == []


def test_a_long_ct_is_a_note() -> None:
    (finding,) = length_notes(replace(CT, size=(40, 40, 300)), Path("x"))
    assert finding.level is Level.NOTE
    assert "900 mm" in finding.message


def test_a_mask_that_the_ct_cuts_is_a_warning() -> None:
    array = np.zeros((30, 40, 40), np.uint8)
    array[:10, 10, 10] = 1
    found = place_warnings(Image(array, replace(CT, origin=(-60.0, -60.0, -9.0))), Path("x"), CT, None)
    assert [(one.code, "30% of the mask" in one.message) for one in found] == [("mask-cut-ct", True)]


def test_parts_that_share_a_corner_are_one() -> None:
    array = np.zeros((5, 5, 5), bool)
    array[0, 0, 0] = array[1, 1, 1] = array[4, 4, 4] = True
    assert part_sizes(array) == [2, 1]
    assert part_sizes(np.zeros((2, 2, 2), bool)) == []


def test_the_same_voxels_in_two_cases_are_told_once_and_by_role() -> None:
    hashes = [("a", {"ct": "1", "pet": "2"}), ("b", {"ct": "3", "pet": "2"}), ("c", {"ct": "4", "pet": "4"})]
    found = [(position, finding.code) for position, finding in duplicate_images(hashes)]
    assert found == [(1, "duplicate-pet"), (2, "same-image")]
