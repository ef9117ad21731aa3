"""Paints two small pictures of a case: the whole PET from the front, and the CT where the tumour is largest."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from scipy import ndimage

from medmtl.imaging.grid import points_at
from medmtl.records import Image
from medmtl.report.planes import Floats, Plane, Point, around, box_of, box_of_mask, cut, project

_SUV_TOP = 10.0  # black from here on
_CT_LOW, _CT_HIGH = -160.0, 240.0  # HU: the usual soft-tissue window
_AIR_HU = -1024.0
_PROJECTED = 200  # pixels of the longer side of the projection
_SLICE = 240  # pixels of the slice's side
_WIDEST_MM, _NARROWEST_MM = 320.0, 120.0  # of the slice: the tumour in its place
_ON_WHITE, _ON_GREY = (0, 134, 107), (53, 224, 255)  # contours that colour-blind eyes tell from what is below
_QUALITY = 62  # of WebP: some kilobytes a picture


def paint_case(images: Mapping[str, Image]) -> dict[str, bytes]:
    """Return WebP pictures by name, `projection` (with a PET) and `slice` (with a CT); empty masks draw no contour."""
    pet, ct, mask = (images.get(role) for role in ("pet", "ct", "mask"))
    tumour = _tight(mask) if mask else None
    painted = {}
    if pet:
        painted["projection"] = _projection(pet, tumour)
    if ct:
        painted["slice"] = _slice(ct, tumour, pet)
    return painted


def _projection(pet: Image, tumour: Image | None) -> bytes:
    """Return SUV 0 to 10 as white to black, head up, the patient's left at the right, in the PET's true proportions."""
    box = box_of(pet)
    spacing = box.side / _PROJECTED
    grey = 255 * (1 - np.clip(project(pet, box, spacing) / _SUV_TOP, 0, 1))
    outline = _outline(project(tumour, box, spacing) > 0.2, 2) if tumour else None
    rows, columns = ((high - low) / spacing for low, high in ((box.low[2], box.high[2]), (box.low[0], box.high[0])))
    picture = _coloured(grey, outline, _ON_WHITE)
    return _webp(_middle(picture, round(rows), round(columns)))


def _slice(ct: Image, tumour: Image | None, pet: Image | None) -> bytes:
    """Return the axial slice through the tumour's largest area, else through the highest uptake, else the middle."""
    whole = box_of(ct)
    box = box_of_mask(tumour) if tumour else None
    wanted = 2.5 * box.side if box else _WIDEST_MM
    field = max(whole.high[0] - whole.low[0], whole.high[1] - whole.low[1])
    side = min(max(wanted, _NARROWEST_MM), _WIDEST_MM, field)
    centre = _largest_slice(tumour) if tumour else _brightest(pet) if pet else whole.centre
    hu = cut(ct, Plane.AXIAL, centre, side, _AIR_HU)
    grey = 255 * np.clip((hu - _CT_LOW) / (_CT_HIGH - _CT_LOW), 0, 1)
    outline = _outline(cut(tumour, Plane.AXIAL, centre, side, 0.0) > 0.5, 4) if tumour else None
    picture = Picture.fromarray(_coloured(grey, outline, _ON_GREY))
    return _webp(np.asarray(picture.resize((_SLICE, _SLICE), Picture.Resampling.BILINEAR)))


def _tight(mask: Image) -> Image | None:
    """Return the labelled part of a mask, as 0 and 1; None where it is empty."""
    filled = Image((mask.array != 0).astype(np.uint8), mask.grid)
    box = box_of_mask(filled)
    return around(filled, box.centre, box.side) if box else None


def _largest_slice(tumour: Image) -> Point:
    """Return the middle of the slice across the patient that holds most of the tumour."""
    axes = np.array(tumour.grid.direction).reshape(3, 3)
    along = 2 - int(np.abs(axes[2]).argmax())  # the array's axis that runs towards the head
    index = np.argwhere(tumour.array)
    most = np.bincount(index[:, along]).argmax()
    return _point(tumour, index[index[:, along] == most].mean(axis=0))


def _brightest(pet: Image) -> Point:
    return _point(pet, np.array(np.unravel_index(int(pet.array.argmax()), pet.array.shape)))


def _point(image: Image, index: NDArray[np.generic]) -> Point:
    x, y, z = points_at(image.grid, index[None, ::-1].astype(np.float64))[0].tolist()
    return x, y, z


def _outline(inside: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Return a line of this width around the inside, so that it hides nothing of it."""
    outline: NDArray[np.bool_] = ndimage.binary_dilation(inside, iterations=pixels) & ~inside
    return outline


def _coloured(grey: Floats, outline: NDArray[np.bool_] | None, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    picture = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    if outline is not None:
        picture[outline] = colour
    return picture


def _middle(picture: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """Return the middle part of this size, at least of a pixel."""
    top, left = ((n - max(1, m)) // 2 for n, m in zip(picture.shape, (rows, columns), strict=False))
    return picture[max(0, top) : max(0, top) + max(1, rows), max(0, left) : max(0, left) + max(1, columns)]


def _webp(picture: NDArray[np.uint8]) -> bytes:
    buffer = BytesIO()
    Picture.fromarray(picture).save(buffer, "WEBP", quality=_QUALITY, method=4)
    return buffer.getvalue()
