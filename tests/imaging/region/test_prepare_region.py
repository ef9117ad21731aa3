"""A case prepared from a part is what the whole would have shown there, and comes back to the whole CT."""

import numpy as np
import pytest

from medmtl.errors import CaseError
from medmtl.evaluation.overlap import overlap_counts
from medmtl.imaging.image import read_grid, write_image
from medmtl.imaging.prepare import content_hash, prepare
from medmtl.imaging.prepared import load_grid, load_prepared
from medmtl.imaging.region.base import Region
from medmtl.imaging.resample import resample_linear
from medmtl.imaging.settings import PrepareSettings
from medmtl.inference.mask import mask_on
from medmtl.inference.settings import InferenceSettings
from medmtl.members import build
from medmtl.records import Image

LABELS = {"GTVp": 1, "GTVn": 2}
SLAB = {"class_path": "medmtl.imaging.region.body_top_slab.BodyTopSlab", "init_args": {"length_mm": 300.0}}
GUIDED = {"class_path": "medmtl.imaging.region.pet_guided.PetGuided", "init_args": {"size_mm": [200.0, 200.0, 200.0]}}
CHAIN = {"class_path": "medmtl.imaging.region.chain.Chain", "init_args": {"steps": [SLAB, GUIDED]}}
PRIMARY = (1, (10.0, -20.0, -180.0), 26.0, 9.0)
BENT = [
    {},
    {"flips": (True, False, True)},
    {"lean": (0.09, -0.07)},
    {"flips": (False, True, True), "lean": (-0.1, 0.1)},
]


def _settings(region: dict) -> PrepareSettings:
    return PrepareSettings(spacing_mm=(12, 12, 12), labels=LABELS, region=region)


def test_a_part_shows_what_the_whole_shows_there(patient, tmp_path) -> None:
    one = patient(11, lean=(0.0, 0.0))
    part = load_prepared(prepare(one.case, _settings(CHAIN), tmp_path))
    whole = load_prepared(prepare(one.case, _settings({"class_path": "medmtl.imaging.region.whole.Whole"}), tmp_path))
    assert part.image[0].size < 0.1 * whole.image[0].size
    np.testing.assert_array_equal(part.image.shape[1:], part.grid.size[::-1])
    hu = resample_linear(one.ct, part.grid, -1024.0).array
    suv = resample_linear(one.pet, part.grid, 0.0).array
    np.testing.assert_allclose(part.image[0], np.log1p(np.clip(suv, 0, 30)), atol=1e-3)
    np.testing.assert_allclose(part.image[1], 2 * (np.clip(hu, -200, 300) + 200) / 500 - 1, atol=2e-3)


@pytest.mark.parametrize("bent", BENT, ids=str)
def test_what_is_found_in_a_part_comes_back_to_its_place_in_the_whole_ct(bent: dict, patient, tmp_path) -> None:
    one = patient(11, tumours=(PRIMARY,), **({"lean": (0.0, 0.0), "flips": (False,) * 3} | bent))
    prepared = load_prepared(prepare(one.case, _settings(CHAIN), tmp_path))
    per_class = np.stack([(prepared.mask == value).astype(np.float32) for value in (1, 2)])
    probability = Image(per_class.sum(axis=0), prepared.grid)
    found = mask_on(read_grid(one.case.ct), probability, per_class, (1, 2), InferenceSettings(min_component_ml=0))
    assert found.grid == read_grid(one.case.ct)
    counts = overlap_counts(found.array == 1, one.mask.array == 1)
    assert counts.dice > 0.75  # 12 mm voxels on 10 mm ones
    box = one.region(build(SLAB, Region), build(GUIDED, Region))
    outside = np.ones(found.array.shape, dtype=bool)
    outside[box.slices] = False
    certain = Image(np.ones(prepared.grid.size[::-1], np.float32), prepared.grid)
    everywhere = mask_on(found.grid, certain, certain.array[None], (1,), InferenceSettings())
    assert everywhere.array[box.slices].all()
    grown = outside.copy()  # the working grid ends up to a voxel of its own beyond the region
    for axis in range(3):
        grown &= np.roll(outside, 1, axis) & np.roll(outside, -1, axis)
    assert not everywhere.array[grown].any()


def test_tumour_outside_of_the_region_counts_as_missed(patient, tmp_path) -> None:
    one = patient(11, tumours=((1, (0.0, -20.0, -170.0), 20.0, 9.0), (1, (0.0, 0.0, -560.0), 20.0, 9.0)), length=900.0)
    prepared = load_prepared(prepare(one.case, _settings(CHAIN), tmp_path))
    assert prepared.mask is not None
    perfect = Image((prepared.mask == 1).astype(np.float32), prepared.grid)
    found = mask_on(read_grid(one.case.ct), perfect, perfect.array[None], (1,), InferenceSettings(min_component_ml=0))
    assert overlap_counts(found.array != 0, one.mask.array != 0).dice < 0.75  # half of it is beyond


def test_a_region_is_part_of_the_hash_and_all_of_the_ct_is_not(patient) -> None:
    one = patient(11)
    plain = PrepareSettings(spacing_mm=(12, 12, 12), labels=LABELS)
    assert "region" not in plain.told()
    assert content_hash(one.case, plain) != content_hash(one.case, _settings(CHAIN))
    assert content_hash(one.case, _settings(SLAB)) != content_hash(one.case, _settings(CHAIN))


def test_a_case_whose_region_cannot_be_found_is_named(patient, tmp_path) -> None:
    one = patient(11)
    write_image(Image(np.full_like(one.ct.array, -1000), one.ct.grid), one.case.ct)
    with pytest.raises(CaseError, match=r"Case p-11: .*a CT must show a body"):
        prepare(one.case, _settings(CHAIN), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_grid_alone_is_that_of_the_case(patient, tmp_path) -> None:
    path = prepare(patient(11).case, _settings(CHAIN), tmp_path)
    assert load_grid(path) == load_prepared(path).grid
