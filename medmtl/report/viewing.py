"""Paints one view of a case: PET in colour over CT in grey, the masks as contours, and a bar of known length."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from medmtl.report.planes import Floats

REFERENCE, PREDICTED = "#ffffff", "#35e0ff"  # told apart by colour-blind eyes, and by dashes, on grey and on warm PET
_CT_LOW, _CT_HIGH = -160.0, 240.0  # HU: the usual soft-tissue window
_SUV_FLOOR, _SUV_TOP = 1.0, 10.0  # below the floor PET is clear; the top is lowered where the view holds less
_INCHES, _DPI = 3.0, 120


@dataclass(frozen=True, slots=True)
class View:
    """Layers of one square view [row, column]; a projection has no CT. Masks are shares between 0 and 1.

    `right` is the letter of the patient's side at the viewer's right: L for left, P for posterior.
    """

    side_mm: float
    right: str
    pet: Floats
    ct: Floats | None = None
    reference: Floats | None = None
    predicted: Floats | None = None


def picture(view: View) -> bytes:
    """Return the view as PNG, black behind."""
    figure = Figure(figsize=(_INCHES, _INCHES), dpi=_DPI, facecolor="black")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(_fused(view), interpolation="bilinear")
    _contour(axes, view.reference, REFERENCE, "solid")
    _contour(axes, view.predicted, PREDICTED, (0, (3.2, 1.4)))
    _bar(axes, view)
    _letter(axes, view)
    axes.set_axis_off()
    buffer = BytesIO()
    figure.savefig(buffer, format="png", facecolor="black", metadata={"Software": None})
    return buffer.getvalue()


def _fused(view: View) -> Floats:
    """Return [row, column, RGB]: PET over CT, or PET alone in reversed grey where there is no CT."""
    top = max(2 * _SUV_FLOOR, min(_SUV_TOP, float(view.pet.max())))
    if view.ct is None:
        return _colours(np.clip(view.pet / top, 0, 1), "gray")
    grey = np.clip((view.ct - _CT_LOW) / (_CT_HIGH - _CT_LOW), 0, 1)
    uptake = np.clip((view.pet - _SUV_FLOOR) / (top - _SUV_FLOOR), 0, 1)
    share = np.minimum(0.7, 1.6 * uptake)[..., None]  # faint where uptake is low, never hiding the CT
    fused: Floats = _colours(grey, "gray") * (1 - share) + _colours(uptake, "inferno") * share
    return fused


def _colours(values: Floats, name: str) -> Floats:
    colours: Floats = colormaps[name](values)[..., :3]
    return colours


def _contour(axes: Axes, mask: Floats | None, colour: str, style: str | tuple[int, tuple[float, ...]]) -> None:
    if mask is not None and mask.max() > 0.5 > mask.min():
        lines = axes.contour(mask, levels=[0.5], colors=[colour], linewidths=1.7, linestyles=[style])
        lines.set_path_effects([withStroke(linewidth=3.0, foreground="#000000a0")])


def _bar(axes: Axes, view: View) -> None:
    """Draw a bar of 5 cm, or 20 cm where the view is wide."""
    length = 50.0 if view.side_mm < 500 else 200.0
    pixels = view.pet.shape[1]
    end = 0.06 * pixels + length / view.side_mm * pixels
    stroke = [withStroke(linewidth=3, foreground="#000000c0")]
    axes.plot([0.06 * pixels, end], [0.94 * pixels] * 2, color="white", linewidth=2, path_effects=stroke)
    axes.text(0.06 * pixels, 0.925 * pixels, f"{length / 10:.0f} cm", color="white", fontsize=8, path_effects=stroke)


def _letter(axes: Axes, view: View) -> None:
    stroke = [withStroke(linewidth=3, foreground="#000000c0")]
    where: dict[str, Any] = {"transform": axes.transAxes, "ha": "right", "va": "center"}
    axes.text(0.975, 0.5, view.right, color="white", fontsize=9, path_effects=stroke, **where)
