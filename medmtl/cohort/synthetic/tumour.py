"""The tumour: a deformed ellipsoid of known volume with uneven uptake and, where large, a dead core."""

from dataclasses import dataclass

import numpy as np

from medmtl.cohort.synthetic.anatomy import Anatomy, Tissue, clearance
from medmtl.cohort.synthetic.waves import Array, Waves, draw_waves

VOLUME_ML = (2.2, 140.0)
TUMOUR_HU, NECROSIS_HU = 88.0, 22.0
NECROSIS_UPTAKE = 0.25  # of what the rim takes up


@dataclass(frozen=True, slots=True)
class Tumour:
    """One tumour: where [mm], how large [mm], its axes [3, 3] (rows, of determinant 1), and what it takes up [g/mL].

    `unevenness` is the spread of the uptake's logarithm; `core` is the radius of the dead part over the tumour's.
    """

    centre: Array
    radius: float
    axes: Array
    boundary: Waves
    uptake: float
    unevenness: float
    texture: Waves
    core: float


def draw_tumour(rng: np.random.Generator, body: Anatomy) -> Tumour:
    """Draw a tumour, in muscle as far as its size allows; volumes and uptakes are log-normal."""
    volume_ml = float(np.clip(rng.lognormal(np.log(16.0), 1.1), *VOLUME_ML))
    radius = float(np.cbrt(3000 * volume_ml / (4 * np.pi)))
    return Tumour(
        centre=_place(rng, body, radius),
        radius=radius,
        axes=_draw_axes(rng),
        boundary=draw_waves(rng, 8, 1.2, 2.5),
        uptake=float(np.clip(rng.lognormal(np.log(8.0), 0.45), 3.0, 22.0)),
        unevenness=float(rng.uniform(0.05, 0.5)),
        texture=draw_waves(rng, 14, 0.6, 1.5),
        core=float(rng.uniform(0.3, 0.65)) if rng.uniform() < min(0.8, volume_ml / 60) else 0.0,
    )


def grow(tumour: Tumour, tissue: Tissue, points: tuple[Array, Array, Array]) -> tuple[Tissue, Array]:
    """Return the tissue with the tumour in it, and where it is (1 or 0); it spares bone, air and brain."""
    u, v, w = _own_coordinates(tumour, points)
    distance = np.sqrt(u**2 + v**2 + w**2)
    inside = (distance < 1 + 0.13 * tumour.boundary.at(u, v, w)) & tissue.soft
    texture = tumour.texture.at(u[inside], v[inside], w[inside])
    dead = distance[inside] < tumour.core * (1 + 0.15 * texture)
    uneven = np.exp(tumour.unevenness * texture - tumour.unevenness**2 / 2)
    hu, uptake = tissue.hu.copy(), tissue.uptake.copy()
    hu[inside] = np.where(dead, NECROSIS_HU, TUMOUR_HU + 6 * texture)
    uptake[inside] = tumour.uptake * uneven * np.where(dead, NECROSIS_UPTAKE, 1.0)
    return Tissue(hu, uptake, tissue.soft), inside.astype(np.float64)


def _place(rng: np.random.Generator, body: Anatomy, radius: float) -> Array:
    """Take the first of 60 places with room for the tumour, or the roomiest."""
    places: Array = rng.uniform((-45, -45, -48), (45, 45, 28), size=(60, 3))
    room = clearance(body, places)
    enough = np.flatnonzero(room > radius)
    chosen: Array = places[enough[0] if enough.size else int(room.argmax())]
    return chosen


def _draw_axes(rng: np.random.Generator) -> Array:
    rotation = np.linalg.qr(rng.normal(size=(3, 3))).Q
    stretch = rng.normal(0, 0.18, size=3)
    axes: Array = np.exp(stretch - stretch.mean())[:, None] * rotation
    return axes


def _own_coordinates(tumour: Tumour, points: tuple[Array, Array, Array]) -> list[Array]:
    """Return coordinates in which the undeformed tumour is the unit ball."""
    x, y, z = (axis - middle for axis, middle in zip(points, tumour.centre, strict=True))
    return [(a * x + b * y + c * z) / tumour.radius for a, b, c in tumour.axes]
