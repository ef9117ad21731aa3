"""Places the frames of a DICOM SEG on an image's grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import highdicom
import numpy as np
import pydicom
import SimpleITK
from numpy.typing import NDArray

from medmtl.dicom.tags import text
from medmtl.records import Grid

BESIDE = 0.1  # of a voxel: what rounded positions may add up to; more is another grid
Inside = dict[int, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where each segment is [z, y, x], by its number, and what to report."""

    inside: Inside
    notes: tuple[str, ...]


def place_segments(
    segmentation: highdicom.seg.Segmentation, numbers: Sequence[int], grid: Grid, threshold: float
) -> Placed:
    """Return the segments on the grid, exactly where their frames lie on its voxels, else resampled to the nearest."""
    notes = []
    if text(segmentation, "SegmentationType") == "FRACTIONAL":
        notes.append(f"fractional segments are cut at {threshold:g}")
    placed = _exactly(segmentation, numbers, grid, threshold)
    if placed is None:
        notes.append("the segments lie on another grid and are resampled to the nearest voxel")
        placed = _resampled(segmentation, numbers, grid, threshold), 0
    inside, outside = placed
    if outside:
        notes.append(f"{outside} voxels of the segments lie outside the image")
    return Placed(inside, tuple(notes))


def _exactly(
    segmentation: highdicom.seg.Segmentation, numbers: Sequence[int], grid: Grid, threshold: float
) -> tuple[Inside, int] | None:
    """Return the segments and how many voxels fall outside, or None where a frame does not lie on the grid's voxels."""
    inside = {number: np.zeros(grid.size[::-1], dtype=np.bool_) for number in numbers}
    outside = 0
    top = float(segmentation.get("MaximumFractionalValue", 1) or 1)
    groups = segmentation.PerFrameFunctionalGroupsSequence
    for index, own in enumerate(groups, start=1):
        shared = segmentation.SharedFunctionalGroupsSequence[0]
        held = _segment(own, shared)
        if held is not None and held not in inside:
            continue
        placing = _placing(own, shared, grid)
        if placing is None:
            return None
        stored = segmentation.get_stored_frame(index)
        for number in numbers if held is None else [held]:  # a label map holds all segments in one frame
            rows, columns = np.nonzero(stored == number if held is None else stored / top >= threshold)
            offset, steps = placing
            voxels = offset[:, None] + steps @ np.stack([columns, rows])
            within = ((voxels >= 0) & (voxels < np.array(grid.size)[:, None])).all(axis=0)
            x, y, z = voxels[:, within]
            inside[number][z, y, x] = True
            outside += int((~within).sum())
    return inside, outside


def _segment(own: pydicom.Dataset, shared: pydicom.Dataset) -> int | None:
    item = _group(own, shared, "SegmentIdentificationSequence")
    return None if item is None else int(item.ReferencedSegmentNumber)


def _group(own: pydicom.Dataset, shared: pydicom.Dataset, name: str) -> pydicom.Dataset | None:
    """Return what a frame says of itself, else what it shares with all."""
    sequence = own.get(name) or shared.get(name)
    return sequence[0] if sequence else None


def _placing(
    own: pydicom.Dataset, shared: pydicom.Dataset, grid: Grid
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return the voxel [3] of a frame's first pixel and the steps [3, 2] per column and per row, if they are whole."""
    position = _group(own, shared, "PlanePositionSequence")
    orientation = _group(own, shared, "PlaneOrientationSequence")
    measures = _group(own, shared, "PixelMeasuresSequence")
    if position is None or orientation is None or measures is None:
        raise ValueError("a frame without position, orientation or pixel spacing")
    row_step, column_step = (float(step) for step in measures.PixelSpacing)
    across, down = np.array(orientation.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    axes = np.array(grid.direction).reshape(3, 3) * np.array(grid.spacing)
    first = np.array(position.ImagePositionPatient, dtype=np.float64) - np.array(grid.origin)
    offset = np.linalg.solve(axes, first)
    steps = np.linalg.solve(axes, np.stack([across * column_step, down * row_step], axis=1))
    whole, whole_steps = np.rint(offset).astype(np.int64), np.rint(steps).astype(np.int64)
    far = np.abs(offset - whole).max() + np.abs(steps - whole_steps).max() * max(grid.size)
    one_to_one = (np.abs(whole_steps).sum(axis=0) == 1).all() and (np.abs(whole_steps).sum(axis=1) <= 1).all()
    return (whole, whole_steps) if one_to_one and far <= BESIDE else None


def _resampled(
    segmentation: highdicom.seg.Segmentation, numbers: Sequence[int], grid: Grid, threshold: float
) -> Inside:
    """Return the segments resampled to the nearest voxel; a stack of frames that is uneven raises RuntimeError."""
    inside = {}
    for number in numbers:
        volume = segmentation.get_volume(segment_numbers=[number], combine_segments=False)
        binary = (np.asarray(volume.array)[..., 0] >= threshold).astype(np.uint8)
        moving = volume.with_array(binary).to_simpleitk()
        target = SimpleITK.Image([int(size) for size in grid.size], SimpleITK.sitkUInt8)
        target.SetSpacing(grid.spacing)
        target.SetOrigin(grid.origin)
        target.SetDirection(grid.direction)
        found = SimpleITK.Resample(moving, target, SimpleITK.Transform(), SimpleITK.sitkNearestNeighbor, 0)
        inside[number] = SimpleITK.GetArrayFromImage(found).astype(np.bool_)
    return inside
