from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from medmtl.errors import CaseError
from medmtl.imaging.image import read_image, write_image
from medmtl.imaging.prepare import prepare
from medmtl.imaging.settings import PrepareSettings
from medmtl.records import Case, Image


def _missing(case: Case) -> Case:
    case.pet.unlink()
    return case


def _truncated(case: Case) -> Case:
    whole = case.pet.read_bytes()
    case.pet.write_bytes(whole[: len(whole) // 2])
    return case


def _not_an_image(case: Case) -> Case:
    case.pet.write_bytes(b"no image")
    return case


def _not_finite(case: Case) -> Case:
    image = read_image(case.pet)
    array = image.array.copy()
    array[0, 0, :3] = np.nan
    write_image(Image(array, image.grid), case.pet)
    return case


def _elsewhere(case: Case) -> Case:
    image = read_image(case.pet)
    write_image(Image(image.array, replace(image.grid, origin=(-16.0, 0.0, 412.0))), case.pet)
    return case


def _strange_label(case: Case) -> Case:
    assert case.mask is not None
    mask = read_image(case.mask)
    write_image(Image(np.where(mask.array == 1, 4, 0).astype(np.uint8), mask.grid), case.mask)
    return case


def _mask_without_its_place(case: Case) -> Case:
    assert case.mask is not None
    mask = read_image(case.mask)
    write_image(Image(mask.array, replace(mask.grid, origin=(200.0, 0.0, 0.0))), case.mask)
    return case


Fault = tuple[Callable[[Case], Case], str, str]  # what is done to a case, what is told, and the remedy
FAULTS: list[Fault] = [
    (_missing, "pet.nii.gz: the file does not exist", "Correct the path in the manifest"),
    (_truncated, "pet.nii.gz: the image cannot be read", "Is the file complete?"),
    (_not_an_image, "pet.nii.gz: the image cannot be read", "Is the file complete?"),
    (_not_finite, "pet.nii.gz: every voxel must be a finite number. Found 3", "export the series again"),
    (_elsewhere, "must show the same region. They share 0%", "are one study"),
    (_strange_label, r"mask.nii.gz: a mask must hold 0 and the labels of `prepare.labels` {'GTVp': 1}. Found [0, 4]",
     "Name the label there, or mend the mask"),
    (_mask_without_its_place, "mask.nii.gz: a mask must lie in its CT. Found 0% of its labelled voxels there",
     "Write the mask with the CT's geometry"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0].__name__)
def test_a_fault_names_case_file_and_remedy_and_leaves_nothing(
    fault: Fault, case: Case, settings: PrepareSettings, tmp_path: Path
) -> None:
    spoil, told, remedy = fault
    spoilt = spoil(case)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CaseError) as found:
        prepare(spoilt, settings, tmp_path / "out")
    assert str(found.value).startswith("Case a-1: ")
    assert told in str(found.value)
    assert remedy in str(found.value)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("shape", [(6, 5), (4, 5, 6, 2)])
def test_an_image_must_have_three_dimensions(
    shape: tuple[int, ...], case: Case, settings: PrepareSettings, tmp_path: Path
) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros(shape, np.float32), isVector=False), str(tmp_path / "flat.nii.gz"))
    with pytest.raises(CaseError, match=f"must have 3 dimensions and 1 channel. Found {len(shape)} dimensions"):
        prepare(replace(case, pet=tmp_path / "flat.nii.gz"), settings, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_case_with_pet_alone_is_named_with_its_remedy(case: Case, tmp_path: Path) -> None:
    alone = replace(case, ct=None)
    with pytest.raises(CaseError, match=f"{case.case_id}: a case must have a CT .* add its CT"):
        prepare(alone, PrepareSettings(), tmp_path)
