from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medmtl.errors import CaseError
from medmtl.imaging.image import read_image, write_image
from medmtl.imaging.prepare import content_hash, normalise, prepare
from medmtl.imaging.prepared import load_prepared
from medmtl.imaging.settings import PrepareSettings
from medmtl.records import Case, Grid, Image


def test_pet_is_the_logarithm_of_suv_and_ct_its_window() -> None:
    suv, hu = np.array([-1.0, 0.0, 3.0, 30.0, 99.0]), np.array([-1024.0, -200.0, 50.0, 300.0, 3000.0])
    pet, ct = normalise(suv, hu, PrepareSettings())
    np.testing.assert_allclose(pet, [0, 0, 1.386294, 3.433987, 3.433987], atol=1e-6)
    np.testing.assert_allclose(ct, [-1, -1, 0, 1, 1], atol=1e-6)


def test_the_hot_box_of_the_pet_is_where_the_mask_is(case: Case, settings: PrepareSettings, tmp_path: Path) -> None:
    prepared = load_prepared(prepare(case, settings, tmp_path / "out"))
    assert prepared.case_id == "a-1"
    assert prepared.image.shape == (2, *prepared.grid.size[::-1])
    assert prepared.image.dtype == np.float32
    assert prepared.mask is not None
    suv = np.expm1(prepared.image[0])
    assert suv[prepared.mask == 1].mean() > 6.5
    assert suv[prepared.mask == 0].mean() < 3.3


def test_where_the_pet_ends_there_is_no_uptake(case: Case, settings: PrepareSettings, tmp_path: Path) -> None:
    small = Grid((8, 8, 8), (4.0, 4.0, 4.0), (0.0, 12.0, 40.0))
    write_image(Image(np.full((8, 8, 8), 5.0, np.float32), small), case.pet)
    pet, ct = load_prepared(prepare(case, settings, tmp_path / "out")).image
    assert pet[0, 0, 0] == 0.0
    assert pet.max() == pytest.approx(np.log(6))
    np.testing.assert_allclose(ct, -0.2, atol=1e-6)


def test_a_case_without_a_mask_is_prepared_without_one(case: Case, settings: PrepareSettings, tmp_path: Path) -> None:
    assert load_prepared(prepare(replace(case, mask=None), settings, tmp_path / "out")).mask is None


def test_a_prepared_case_comes_back_from_its_file_as_it_was(
    case: Case, settings: PrepareSettings, tmp_path: Path
) -> None:
    path = prepare(case, settings, tmp_path / "out")
    prepared = load_prepared(path)
    assert path.name == f"a-1-{content_hash(case, settings)}.npz"
    assert prepared.grid == Grid((12, 10, 12), (4.0, 4.0, 4.0), (-9.0, 6.0, 30.5))


def test_a_case_that_is_prepared_is_not_prepared_again(case: Case, settings: PrepareSettings, tmp_path: Path) -> None:
    path = prepare(case, settings, tmp_path / "out")
    path.write_bytes(b"left alone")
    assert prepare(case, settings, tmp_path / "out") == path
    assert path.read_bytes() == b"left alone"


def test_the_hash_changes_with_any_file_and_any_setting(case: Case, settings: PrepareSettings) -> None:
    first = content_hash(case, settings)
    assert content_hash(case, settings) == first
    assert content_hash(case, PrepareSettings(suv_ceiling=20.0)) != first
    assert content_hash(replace(case, mask=None), settings) != first
    assert content_hash(replace(case, pet=case.ct, ct=case.pet), settings) != first
    image = read_image(case.pet)
    write_image(Image(image.array + np.float32(0.5), image.grid), case.pet)
    assert content_hash(case, settings) != first


def test_a_pet_of_activity_instead_of_suv_is_refused(case: Case, settings: PrepareSettings, tmp_path: Path) -> None:
    pet = read_image(case.pet)
    write_image(Image(pet.array.astype(np.float32) * 3000, pet.grid), case.pet)

    with pytest.raises(CaseError, match=r"Case a-1: .*pet\.nii\.gz: PET must be SUVbw .* convert it first"):
        prepare(case, settings, tmp_path / "out")
