from dataclasses import replace

import numpy as np
import pytest

from medmtl.errors import CaseError
from medmtl.imaging.coverage import coverage
from medmtl.imaging.image import read_grid, read_image, write_image
from medmtl.imaging.voxel_box import Box, part_of
from medmtl.records import Image

LABELS = {"GTVp": 1, "GTVn": 2, "other": 7}


def test_the_part_of_each_label_in_the_box_is_counted(case) -> None:
    grid = read_grid(case.ct)
    drawn = np.zeros(grid.size[::-1], np.uint8)
    drawn[4:8, 5:9, 6:16] = 1
    drawn[10:12, 2:4, 2:4] = 2
    write_image(Image(drawn, grid), case.mask)
    region = part_of(grid, Box((0, 0, 0), (10, 20, 11)))  # x below 10 and z below 11
    primary, node, other = coverage(case, region, LABELS)
    assert (primary.case_id, primary.label, primary.inside) == ("a-1", "GTVp", pytest.approx(4 / 10))
    assert primary.volume_ml == pytest.approx(4 * 4 * 10 * 2 * 2 * 3 / 1000)
    assert (node.label, node.inside) == ("GTVn", pytest.approx(1 / 2))
    assert (other.label, other.volume_ml, other.inside) == ("other", 0, None)


def test_a_mask_on_a_turned_grid_counts_by_its_place(case) -> None:
    mask, grid = read_image(case.mask), read_grid(case.ct)
    region = part_of(grid, Box((0, 0, 0), (11, 20, 16)))
    before = coverage(case, region, {"GTVp": 1})
    far = (grid.origin[0] + 2.0 * 23, grid.origin[1] + 2.0 * 19, grid.origin[2])
    turned = replace(grid, origin=far, direction=(-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0))
    write_image(Image(mask.array[:, ::-1, ::-1], turned), case.mask)
    assert coverage(case, region, {"GTVp": 1}) == before
    assert 0 < before[0].inside < 1


def test_a_case_without_a_mask_has_no_coverage_and_a_lost_mask_is_named(case) -> None:
    assert coverage(replace(case, mask=None), read_grid(case.ct), LABELS) == ()
    case.mask.unlink()
    with pytest.raises(CaseError, match=r"Case a-1: .*mask\.nii\.gz: the file does not exist"):
        coverage(case, read_grid(case.ct), LABELS)
