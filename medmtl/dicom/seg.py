"""Reads the segments of a DICOM SEG as a mask on an image's grid."""

from pathlib import Path

import highdicom
import numpy as np
from numpy.typing import NDArray

from medmtl.dicom.readable import readable
from medmtl.dicom.regions import DrawnMask, Patterns, choose_regions, unite
from medmtl.dicom.seg_frames import place_segments
from medmtl.dicom.tags import text
from medmtl.errors import MedmtlError
from medmtl.records import Grid

THRESHOLD = 0.5  # of a fractional segment, at and above which a voxel is inside


def read_seg(path: Path, patterns: Patterns, grid: Grid, frame_of_reference: str) -> DrawnMask:
    """Return the segments whose labels match, by label; see `choose_regions` for how they are chosen.

    Frames that lie on the grid's voxels are placed exactly; others are resampled to the nearest voxel, with a note.
    A fractional segment is cut at 0.5, with a note. Raises MedmtlError where the file is no whole SEG, lies in another
    coordinate system, no label matches, or nothing is inside the grid.
    """
    with readable(path, "the segments must be a whole DICOM SEG"):
        return _placed(highdicom.seg.segread(path), patterns, grid, frame_of_reference, path)


def _placed(
    segmentation: highdicom.seg.Segmentation, patterns: Patterns, grid: Grid, frame_of_reference: str, path: Path
) -> DrawnMask:
    found = text(segmentation, "FrameOfReferenceUID")
    if found != frame_of_reference:
        pair = f"{found or 'none'} and {frame_of_reference or 'none'}"
        raise MedmtlError(f"{path}: segments and image must share a frame of reference. Found {pair}.")
    names = {int(item.SegmentNumber): text(item, "SegmentLabel") for item in segmentation.SegmentSequence}
    choice = choose_regions(names, patterns, path)
    numbers = [number for chosen in choice.numbers.values() for number in chosen]
    placed = place_segments(segmentation, numbers, grid, THRESHOLD)
    empty = np.zeros(grid.size[::-1], dtype=np.bool_)
    labels: list[tuple[str, NDArray[np.bool_]]] = [
        (label, np.logical_or.reduce([placed.inside[number] for number in chosen], initial=False) if chosen else empty)
        for label, chosen in choice.numbers.items()
    ]
    image, overlaps = unite(labels, grid)
    if not image.array.any():
        raise MedmtlError(f"{path}: a segment must have voxels on the image's grid. Found none.")
    regions = {label: tuple(names[number] for number in chosen) for label, chosen in choice.numbers.items()}
    return DrawnMask(image, regions, (*choice.notes, *placed.notes, *overlaps))
