"""Every region, found by itself, keeps the promise of its base."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

import medmtl.imaging.region
from medmtl.errors import MedmtlError
from medmtl.imaging.image import from_sitk, to_sitk, write_image
from medmtl.imaging.prepare import prepare
from medmtl.imaging.prepared import load_prepared
from medmtl.imaging.region.base import Region, Scans
from medmtl.imaging.scan import open_scan
from medmtl.imaging.settings import PrepareSettings
from medmtl.imaging.voxel_box import Box, part_of, whole_box
from medmtl.members import build
from medmtl.records import Image

NEEDED = {  # what cannot be left out
    "Chain": {"steps": [{"class_path": "medmtl.imaging.region.body_top_slab.BodyTopSlab"}]},
    "MostUptake": {"size_mm": [200.0, 200.0, 200.0]},
}


def _members() -> list[type[Region]]:
    package = medmtl.imaging.region
    modules = [
        importlib.import_module(f"{package.__name__}.{one.name}") for one in pkgutil.iter_modules(package.__path__)
    ]
    found = [one for module in modules for one in vars(module).values() if inspect.isclass(one)]
    return sorted(
        {one for one in found if issubclass(one, Region) and not inspect.isabstract(one)}, key=lambda one: one.__name__
    )


def _member(kind: type[Region]) -> dict:
    return {"class_path": f"{kind.__module__}.{kind.__name__}", "init_args": NEEDED.get(kind.__name__, {})}


def _extent(grid, box):
    """Return the lowest and highest corner of a box [mm], whatever the grid's axes."""
    part = to_sitk(Image(np.zeros(box.size[::-1], np.uint8), part_of(grid, box)))
    ends = [part.TransformContinuousIndexToPhysicalPoint(at) for at in ((-0.5,) * 3, [n - 0.5 for n in box.size])]
    return np.sort(np.array(ends), axis=0)


def test_the_family_is_found() -> None:
    assert {"Whole", "BodyTopSlab", "PetGuided", "MostUptake", "PriorBox", "Chain"} <= {
        one.__name__ for one in _members()
    }


@pytest.mark.parametrize("kind", _members())
def test_a_region_lies_within_what_it_was_given(kind, patient) -> None:
    one = patient(3)
    whole = whole_box(one.ct.grid)
    lower = Box((5, 4, 0), (whole.size[0] - 9, whole.size[1] - 7, whole.size[2] - 6))
    found = build(_member(kind), Region).find(one.scans, lower)
    assert all(a <= b for a, b in zip(lower.start, found.start, strict=True))
    assert all(a >= b for a, b in zip(lower.stop, found.stop, strict=True))


@pytest.mark.parametrize("kind", _members())
def test_a_region_is_the_same_place_however_the_voxels_are_stored(kind, patient, tmp_path) -> None:
    one = patient(5, lean=(0.0, 0.0), flips=(False, False, False))
    region, first = build(_member(kind), Region), []
    for order in ("LPS", "RAI", "SAR", "PIL"):
        turned = from_sitk(_oriented(one.ct, order))
        write_image(turned, tmp_path / f"{order}.nii.gz")
        scans = Scans(one.scans.pet, open_scan(tmp_path / f"{order}.nii.gz"))
        first.append(_extent(turned.grid, region.find(scans, whole_box(turned.grid))))
    for other in first[1:]:
        np.testing.assert_allclose(other, first[0], atol=10.5)  # a voxel: which are taken depends on the first


@pytest.mark.parametrize("kind", _members())
def test_no_region_depends_on_the_mask(kind, patient, tmp_path) -> None:
    one = patient(7)
    settings = PrepareSettings(spacing_mm=(10, 10, 10), labels={"GTVp": 1, "GTVn": 2}, region=_member(kind))
    grids = []
    for n, array in enumerate((one.mask.array, np.roll(one.mask.array, 12, axis=0), np.zeros_like(one.mask.array))):
        write_image(Image(array, one.mask.grid), one.case.mask)
        grids.append(load_prepared(prepare(one.case, settings, tmp_path / str(n))).grid)
    assert grids[0] == grids[1] == grids[2]


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("body_top_slab.BodyTopSlab", {"length_mm": 0.0}, "length above 0"),
        ("body_top_slab.BodyTopSlab", {"margin_mm": -1.0}, "margin of 0"),
        ("pet_guided.PetGuided", {"size_mm": [0.0, 1.0, 1.0]}, "longer than 0 mm"),
        ("pet_guided.PetGuided", {"floor": 5.0, "ceiling": 5.0}, "floor of 0 or more to a higher ceiling"),
        ("pet_guided.PetGuided", {"reach_mm": 0.0}, "must be above 0"),
        ("prior_box.PriorBox", {"size_mm": [1.0, 1.0, -1.0]}, "longer than 0 mm"),
        ("most_uptake.MostUptake", {"size_mm": [200.0, 200.0]}, "must fit its type"),
        ("chain.Chain", {"steps": [{"class_path": "builtins.dict"}]}, "must be a Region"),
    ],
)
def test_options_that_make_no_region_are_refused(kind: str, options: dict, told: str) -> None:
    with pytest.raises(MedmtlError, match=told):
        build({"class_path": f"medmtl.imaging.region.{kind}", "init_args": options}, Region)


def _oriented(image: Image, order: str):
    return sitk.DICOMOrient(to_sitk(image), order)
