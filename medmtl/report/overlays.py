"""Chooses telling cases and shows their masks on PET/CT."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image
from medmtl.records import Case, Cohort, Image
from medmtl.report.contents import Contents
from medmtl.report.dice import dice_by_volume
from medmtl.report.planes import Plane, Point, around, box_of, box_of_mask, centroid, cut, project
from medmtl.report.viewing import View, picture
from medmtl.report.wording import number

_MARGIN, _SMALLEST_MM, _LARGEST_MM = 1.8, 120.0, 320.0  # of the mask's longest side; and what still shows a body
_PROJECTION_MM = 3.0  # PET is coarser
_AIR_HU = -1000.0


@dataclass(frozen=True, slots=True)
class Overlay:
    """One case in pictures: name of the view to base64 PNG; without pictures, `words` say why."""

    case_id: str
    role: str
    words: str
    pictures: Mapping[str, str]


def overlays(contents: Contents, cohort: Cohort) -> list[Overlay]:
    """Return the best, median and worst case by Dice; without Dice, the largest, median and smallest tumour."""
    by_id = {case.case_id: case for case in cohort.cases}
    return [_overlay(contents, by_id[case], role, words) for case, role, words in _chosen(contents) if case in by_id]


def _chosen(contents: Contents) -> list[tuple[str, str, str]]:
    by_dice = dice_by_volume(contents)
    if not by_dice.empty:
        return _spread(list(by_dice["case_id"]), [f"Dice {number(x)}" for x in by_dice["dice"]], "best", "worst")
    table = contents.cases.dropna(subset=["volume_ml"]).sort_values(["volume_ml", "case_id"], ascending=[False, True])
    return _spread(list(table["case_id"]), [f"{x:.1f} mL" for x in table["volume_ml"]], "largest", "smallest")


def _spread(ids: list[str], words: list[str], first: str, last: str) -> list[tuple[str, str, str]]:
    """Return the first, the middle and the last case, each once."""
    roles = {0: first, len(ids) - 1: last, len(ids) // 2: "median"} if len(ids) > 2 else dict(enumerate((first, last)))
    return [(ids[place], roles[place], words[place]) for place in sorted(roles) if place < len(ids)]


def _overlay(contents: Contents, case: Case, role: str, words: str) -> Overlay:
    try:
        pictures = _pictures(contents, case)
    except MedmtlError as error:
        return Overlay(case.case_id, role, f"{words}. It cannot be shown: {error}", {})
    return Overlay(case.case_id, role, words, pictures)


def _pictures(contents: Contents, case: Case) -> dict[str, str]:
    images = {"ct": read_image(case.needed_ct), "pet": read_image(case.pet), **_masks(contents, case)}
    centre, side = _window(images)
    shown = {plane.value: _cut(images, plane, centre, side) for plane in Plane} | {"projection": _project(images)}
    return {name: b64encode(picture(view)).decode("ascii") for name, view in shown.items()}


def _masks(contents: Contents, case: Case) -> dict[str, Image]:
    paths = {"reference": case.mask, "predicted": contents.predicted_mask(case.case_id)}
    known = {name: read_image(path) for name, path in paths.items() if path is not None and path.is_file()}
    return {name: _shares(mask) for name, mask in known.items()}


def _shares(mask: Image) -> Image:
    """Return the mask as 0 and 1, all labels as one, and only where it is: a body is large and a tumour small."""
    whole = Image((mask.array != 0).astype(np.float32), mask.grid)
    box = box_of_mask(whole)
    return around(whole, box.centre, box.side) if box else whole


def _window(images: Mapping[str, Image]) -> tuple[Point, float]:
    """Return the centre of the reference (else the predicted) mask, and the side [mm] that shows it in its place."""
    whole = box_of(images["ct"])
    for name in ("reference", "predicted"):
        mask = images.get(name)
        box = box_of_mask(mask) if mask else None
        if mask and box:
            side = min(max(_MARGIN * box.side, _SMALLEST_MM), _LARGEST_MM, max(whole.side, _SMALLEST_MM))
            return centroid(mask), side
    return whole.centre, min(whole.side, _LARGEST_MM)


def _cut(images: Mapping[str, Image], plane: Plane, centre: Point, side: float) -> View:
    outside = {"ct": _AIR_HU}
    layers = {name: cut(image, plane, centre, side, outside.get(name, 0.0)) for name, image in images.items()}
    return View(side_mm=side, right="P" if plane is Plane.SAGITTAL else "L", **layers)


def _project(images: Mapping[str, Image]) -> View:
    box = box_of(images["pet"])
    layers = {name: project(image, box, _PROJECTION_MM) for name, image in images.items() if name != "ct"}
    return View(side_mm=box.side, right="L", **layers)
