"""The body is found without table and holder, and its top is the head's."""

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.imaging.grid import points_at
from medmtl.imaging.image import write_image
from medmtl.imaging.region.body import find_body
from medmtl.imaging.scan import open_scan
from medmtl.imaging.voxel_box import whole_box
from medmtl.records import Grid, Image

LEVEL = {"lean": (0.0, 0.0), "aside": (0.0, 0.0)}


def _top_mm(body) -> float:
    return float(points_at(body.inside.grid, np.array([[0.0, 0.0, body.top]]))[0, 2])


def _find(one):
    return find_body(one.scans.ct, whole_box(one.ct.grid))


@pytest.mark.parametrize("arms", ["down", "up", "crossed"])
@pytest.mark.parametrize("air", [4.0, 150.0])
def test_the_top_is_the_vertex_whatever_lies_above_it(arms: str, air: float, patient) -> None:
    for seed in range(2):
        body = _find(patient(seed, arms=arms, top=air, pet_top=air, length=700.0, **LEVEL))
        assert abs(_top_mm(body)) < 22  # the vertex is at 0, and voxels are 10 mm


@pytest.mark.parametrize("top", [-40.0, -120.0])
@pytest.mark.parametrize("arms", ["down", "up"])
def test_where_the_scan_cuts_the_head_its_end_is_the_top(top: float, arms: str, patient) -> None:
    body = _find(patient(1, top=top, pet_top=top, arms=arms, length=700.0, **LEVEL))
    assert _top_mm(body) == pytest.approx(top, abs=16)


def test_table_and_holder_are_no_part_of_the_body(patient) -> None:
    one = patient(2, voxel_mm=6.0, arms="down", top=20.0, pet_top=20.0, length=600.0, scale=1.0, **LEVEL)
    body = _find(one)
    z, y, x = np.nonzero(body.inside.array)
    places = points_at(body.inside.grid, np.stack([x, y, z], axis=1).astype(float))
    assert places[:, 1].max() < 140  # the table's upper side is at 144
    head = places[places[:, 2] > -100]
    assert np.hypot(head[:, 0], head[:, 1] - 10).max() < 120  # the holder's inner side is at 126
    assert np.hypot(head[:, 0], head[:, 1] - 10).max() > 80


def test_the_body_is_found_in_the_part_that_is_looked_at(patient) -> None:
    one = patient(2, top=10.0, pet_top=10.0, length=900.0, flips=(False,) * 3, **LEVEL)
    part = whole_box(one.ct.grid)
    lower = type(part)((0, 0, 0), (*part.size[:2], part.size[2] - 30))  # without the upper 300 mm
    assert _top_mm(find_body(one.scans.ct, lower)) == pytest.approx(-290, abs=16)


def test_a_ct_without_a_body_is_refused(tmp_path) -> None:
    air = np.full((20, 20, 20), -1000, np.int16)
    air[:, 10, :] = 100  # a plate
    write_image(Image(air, Grid((20, 20, 20), (8.0, 8.0, 8.0), (0.0, 0.0, 0.0))), tmp_path / "ct.nii.gz")
    scan = open_scan(tmp_path / "ct.nii.gz")
    with pytest.raises(MedmtlError, match=r"ct\.nii\.gz: a CT must show a body"):
        find_body(scan, whole_box(scan.grid))
