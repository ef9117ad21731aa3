from dataclasses import replace

import numpy as np
import pytest

from medmtl.cohort.synthetic import Phantom, PhantomSettings, make_case

SETTINGS = PhantomSettings(seed=11, missing_mask=0.0, missing_endpoint=0.0, missing_clinical=0.0)


@pytest.fixture(scope="module")
def phantoms() -> list[Phantom]:
    return [make_case(SETTINGS, index) for index in range(12)]


def test_a_case_depends_on_the_seed_and_its_index_only(phantoms: list[Phantom]) -> None:
    again = make_case(replace(SETTINGS, n_cases=3), 7)
    np.testing.assert_array_equal(again.pet.array, phantoms[7].pet.array)
    assert again.traits == phantoms[7].traits
    assert again.endpoint == phantoms[7].endpoint
    assert make_case(replace(SETTINGS, seed=12), 7).traits != again.traits


def test_pet_and_ct_lie_on_different_grids_and_the_pet_reaches_further(phantoms: list[Phantom]) -> None:
    for phantom in phantoms:
        pet, ct = phantom.pet.grid, phantom.ct.grid
        assert pet.spacing != ct.spacing
        for axis in range(3):
            assert pet.origin[axis] < ct.origin[axis]
            reach = [grid.origin[axis] + (grid.size[axis] - 1) * grid.spacing[axis] for grid in (pet, ct)]
            assert reach[0] > reach[1]


def test_the_mask_lies_on_the_grid_of_the_ct_and_has_the_volume_of_the_truth(phantoms: list[Phantom]) -> None:
    for phantom in phantoms:
        assert phantom.mask is not None
        assert phantom.mask.grid == phantom.ct.grid
        volume = phantom.mask.array.sum() * phantom.ct.grid.voxel_volume_ml
        np.testing.assert_allclose(volume, phantom.traits.volume_ml)
        assert 1 < volume < 200


def test_the_tumour_stands_out_in_pet_at_the_same_place_in_space(phantoms: list[Phantom]) -> None:
    for phantom in phantoms:
        assert phantom.mask is not None
        hot = _at_points_of(phantom)
        assert hot.mean() > 0.35 * phantom.traits.uptake
        assert np.percentile(hot, 90) > 1.8  # muscle is at 0.9


def test_a_threshold_does_not_find_the_tumour(phantoms: list[Phantom]) -> None:
    healthy = [(phantom.pet.array > phantom.traits.uptake / 2).sum() for phantom in phantoms]
    tumours = [phantom.traits.volume_ml / phantom.pet.grid.voxel_volume_ml for phantom in phantoms]
    assert np.median(np.array(healthy) / np.array(tumours)) > 3  # brain and glands are as hot


def test_centres_differ_in_the_scale_of_their_pet() -> None:
    muscle = {}
    for scanner in SETTINGS.centres:
        array = make_case(replace(SETTINGS, centres=(scanner,)), 0).pet.array
        muscle[scanner.centre] = np.median(array[array > 0.5])
    assert muscle["Coldham"] < muscle["Aldgate"] < muscle["Borrow"]


def test_the_missing_fractions_are_kept() -> None:
    losing = replace(SETTINGS, missing_mask=1.0, missing_endpoint=1.0, missing_clinical=1.0)
    phantom = make_case(losing, 0)
    assert phantom.mask is None
    assert phantom.endpoint is None
    assert set(phantom.clinical.values()) == {None}


def test_losing_values_changes_nothing_else(phantoms: list[Phantom]) -> None:
    phantom = make_case(replace(SETTINGS, missing_mask=1.0), 0)
    assert phantom.endpoint == phantoms[0].endpoint
    np.testing.assert_array_equal(phantom.ct.array, phantoms[0].ct.array)


def _at_points_of(phantom: Phantom) -> np.ndarray:
    """Return the PET voxels nearest to the voxels of the mask."""
    assert phantom.mask is not None
    ct, pet = phantom.ct.grid, phantom.pet.grid
    indices = np.argwhere(phantom.mask.array > 0)[:, ::-1]
    points = np.array(ct.origin) + indices * np.array(ct.spacing)
    x, y, z = np.rint((points - np.array(pet.origin)) / np.array(pet.spacing)).astype(int).T
    return phantom.pet.array[z, y, x]
