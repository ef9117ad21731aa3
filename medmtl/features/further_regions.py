"""Derives further regions from a case's mask, for radiomics beside those of the mask itself."""

from collections.abc import Iterator, Sequence

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)

from medmtl.features.case_parts import as_mask
from medmtl.features.conventional import suv_inside
from medmtl.features.regions import RegionName, derive, reach_mm


def further_regions(
    region: sitk.Image, suv: sitk.Image, names: Sequence[RegionName]
) -> Iterator[tuple[RegionName, sitk.Image]]:
    """Yield regions (1 inside) of a region that is not empty, on its grid, one at a time; thresholds are of the PET."""
    inside = sitk.GetArrayViewFromImage(region) > 0
    values = np.full(inside.shape, np.nan)
    values[inside] = suv_inside(suv, region)
    for name in names:
        yield name, as_mask(derive(inside, region.GetSpacing()[::-1], [name], values)[name], region)


def all_around(region: sitk.Image, names: Sequence[RegionName]) -> sitk.Image:
    """Return a region whose bounding box holds the region and all of these."""
    reach = {name: reach_mm(name) for name in names}
    widest = max(reach, key=lambda name: reach[name], default=RegionName.MASK)
    if not reach.get(widest):
        return region
    inside = sitk.GetArrayViewFromImage(region) > 0
    wide = derive(inside, region.GetSpacing()[::-1], [widest], None)[widest]
    return as_mask(wide | inside, region)
